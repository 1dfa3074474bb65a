"""The questions about the columns of a dropped file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from starlette.responses import Response

from importer.errors import UsageError
from importer.web.pages.drop import names_in, own_job
from importer.web.visit import Visit
from importer.web.work.mapping import Answers, map_view, save_profile
from importer.web.work.staging import stage_files
from importer.web.work.uploads import Uploads

CHOSEN, WRITTEN = "chosen.", "written."


async def show(visit: Visit) -> Response:
    """Show the first questions about a file."""
    path = await visit.work(_path, visit)
    view = await visit.work(map_view, visit.office.desk, path, Answers(visit.query("sheet")))
    return visit.page("map", view=view, file=path.name, answers={}, problem="")


async def answer(visit: Visit) -> Response:
    """Take the answers: show what is still asked, or write the profile and read the files again with it."""
    path, desk, given = await visit.work(_path, visit), visit.office.desk, _answers(visit)
    problem = ""
    if visit.field("save") == "yes":
        try:
            replace = visit.field("replace") == "yes"
            await visit.work(save_profile, desk, path, given, visit.field("name"), replace=replace)
            return await _read_again(visit)
        except UsageError as error:
            problem = str(error)
    view = await visit.work(map_view, desk, path, given)
    return visit.page("map", 422 if problem else 200, view=view, file=path.name, answers=given.chosen, problem=problem)


async def _read_again(visit: Visit) -> Response:
    """Stage all files of the drop again, now with the profile."""
    office, before = visit.office, own_job(visit)
    folder = office.uploads.folder(before.id)
    paths = [folder / name for name in await visit.work(names_in, office.uploads, before.id)]
    job = office.jobs.start(office.jobs.new_id(), before.about, visit.user.person, partial(stage_files, office.desk, paths=paths))
    return visit.to(f"/jobs/{job.id}")


def _path(visit: Visit) -> Path:
    """Return the file of the address. Raises UsageError if it is not the user's own, or not here any more."""
    uploads: Uploads = visit.office.uploads
    job = own_job(visit)
    names, number = names_in(uploads, job.id), visit.number("file")
    if number >= len(names):
        raise UsageError("That file is not here any more. Drop it again.")
    return uploads.file(job.id, names[number])


def _answers(visit: Visit) -> Answers:
    found = [(name, value) for name, value in visit.form.multi_items() if isinstance(value, str)]
    chosen = {name.removeprefix(CHOSEN): value for name, value in found if name.startswith(CHOSEN)}
    written = {name.removeprefix(WRITTEN): value.strip() for name, value in found if name.startswith(WRITTEN)}
    return Answers(visit.field("sheet"), chosen, written)
