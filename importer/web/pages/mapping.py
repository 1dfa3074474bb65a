"""The questions about the columns of a dropped file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from starlette.responses import Response

from importer.domain.row_states import IN_WORDS
from importer.errors import FileRefused, UsageError
from importer.web.page_request import PageRequest
from importer.web.pages.drop import names_in, own_job
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.mapping import MEANINGS, MapView, map_view, save_profile
from importer.web.work.mapping_encoding import encoding_ways
from importer.web.work.mapping_form import OTHER, Answers, MapStep
from importer.web.work.parties import dropped_file, info_of
from importer.web.work.staging import stage_in_place, staged_of
from importer.web.work.uploads import Uploads

READ_OTHERWISE = "what the columns mean was answered, and the file was read again"
CHOSEN, WRITTEN, ROWS = "chosen.", "written.", "rows."
MOST_STEPS = 100
"""The most answers that are kept of one file, so that memory stays bounded."""


async def of_batch(request: PageRequest) -> Response:
    """Go to the questions about the dropped file of a batch, if it is still here."""
    environments = request.services.environments
    info = await request.work(info_of, environments, request.number("batch"))
    path = await request.work(dropped_file, environments, info)
    if path is None:
        raise UsageError(f"{info.source_name} is not here any more. Drop it again.")
    names = await request.work(names_in, request.services.uploads, path.parent.name)
    return request.to(f"/map/{path.parent.name}/{names.index(path.name)}")


async def show(request: PageRequest) -> Response:
    """Show the questions about a file: the first ones, or those of the step that the address names, as it was sent.

    Which encoding a text has is asked alone and first, because its headings are not known before.
    """
    path = await request.work(_path, request)
    step = _step(request)
    try:
        view = await request.work(map_view, request.services.environments, path, step.given)
    except FileRefused as refused:
        if not (ways := await request.work(encoding_ways, path)):
            raise
        why = str(refused) if step.given.encoding else ""
        return request.page("map_encoding", file=path.name, ways=ways, given=step.given, refused=why)
    return _page(request, view, path, step)


async def answer(request: PageRequest) -> Response:
    """Take the answers: go on to what is still asked, or write the profile and read the files again with it."""
    path, environments, given = await request.work(_path, request), request.services.environments, _answers(request)
    problem, name, is_agreed = "", request.field("name"), request.field("replace") == "yes"
    if request.field("save") == "yes":
        try:
            await request.work(save_profile, environments, path, given, name, replace=is_agreed)
            return await _read_again(request)
        except UsageError as error:
            problem = str(error)
    steps = own_job(request).steps.setdefault(request.number("file"), [])
    steps[MOST_STEPS - 1 :] = []  # the newest takes the place of the last one that is kept
    steps.append(MapStep(given, name, is_agreed, problem))
    return request.to(f"{request.raw.url.path}?step={len(steps)}")


def _step(request: PageRequest) -> MapStep:
    """Return the step that the address names; one that is not kept any more is the last one."""
    steps = own_job(request).steps.get(request.number("file"), [])
    number = request.query("step")
    if not steps or not (number.isascii() and number.isdecimal()):
        return MapStep(Answers(request.query("sheet")))
    return steps[min(max(1, int(number[:4])), len(steps)) - 1]


def _page(request: PageRequest, view: MapView, path: Path, step: MapStep) -> Response:
    meanings = {sort.value: {one.value: IN_WORDS[one] for one in found} for sort, found in MEANINGS.items()}
    shown: dict[str, Any] = {"view": view, "file": path.name, "given": step.given, "step": step, "meanings": meanings}
    words = {meaning.value: text for meaning, text in IN_WORDS.items()}
    return request.page("map", **shown, in_words=words)


async def _read_again(request: PageRequest) -> Response:
    """Stage all files of the drop again, now with the profile."""
    services, before = request.services, own_job(request)
    folder = services.uploads.folder(before.id)
    paths = [folder / name for name in await request.work(names_in, services.uploads, before.id)]
    work = partial(_stage_again, services.environments, before=before, paths=paths)
    job = services.jobs.start(services.jobs.new_id(), before.about, request.user.person, work, reads=before.id)
    return request.to(f"/jobs/{job.id}")


def _stage_again(environments: PageEnvironments, job: PageJob, before: PageJob, paths: Sequence[Path]) -> JobResult:
    """Stage the files of a drop in place of what they were read as before; the drop has the new batches from then on."""
    former = {*(before.result.batches if before.result else ()), *staged_of(environments, paths)}
    found = stage_in_place(environments, job, paths, sorted(former), READ_OTHERWISE)
    if found.batches and before.result:
        before.result = replace(before.result, batches=found.batches)
    return found


def _path(request: PageRequest) -> Path:
    """Return the file of the address. Raises UsageError if it is not the user's own, or not here any more."""
    uploads: Uploads = request.services.uploads
    job = own_job(request)
    names, number = names_in(uploads, job.id), request.number("file")
    if number >= len(names):
        raise UsageError("That file is not here any more. Drop it again.")
    return uploads.file(job.id, names[number])


def _answers(request: PageRequest) -> Answers:
    found = [(name, value) for name, value in request.form.multi_items() if isinstance(value, str)]
    chosen = {name.removeprefix(CHOSEN): value for name, value in found if name.startswith(CHOSEN)}
    written = {name.removeprefix(WRITTEN): value.strip() for name, value in found if name.startswith(WRITTEN)}
    rows = {name.removeprefix(ROWS): value.strip() for name, value in found if name.startswith(ROWS)}
    encoding = request.field("encoding_name").strip() if request.field("encoding") == OTHER else request.field("encoding")
    return Answers(request.field("sheet"), chosen, written, rows, is_sent=True, encoding=encoding)
