"""The drop of files, and the page of the work that it begins."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from starlette.datastructures import UploadFile
from starlette.responses import Response

from importer.errors import UsageError
from importer.web.page_request import PageRequest
from importer.web.work.attachments import can_be_attached, forget_attachments, is_document, keep_attachment
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import PageJob
from importer.web.work.row_files import unclear_parties
from importer.web.work.staging import notes_of, stage_files
from importer.web.work.uploads import Uploads
from importer.workspace.input_files import SPREADSHEETS, is_by_a_user


class DroppedFile(NamedTuple):
    """The name that the browser gives, which may have folders, the content, and whether it is attached to what a sheet holds."""

    name: str
    content: BinaryIO
    is_document: bool


async def drop(request: PageRequest) -> Response:
    """Keep the dropped files, and begin to stage them."""
    given = [*_files(request, "files"), *dropped_folder(_files(request, "folder"))]
    if not given:
        raise UsageError(request.rendering.texts("home.no_file"))
    if all(one.is_document for one in given):
        raise UsageError(request.rendering.texts("home.only_documents"))
    services = request.services
    job_id = services.jobs.new_id()
    services.jobs.require_few(request.user.person)
    for one in await request.work(services.uploads.make_room, job_id, sum(map(_size, given)), services.jobs.is_read):
        await request.work(forget_attachments, services.environments, one)
    paths = await request.work(_keep, services.environments, services.uploads, job_id, given)
    work = partial(stage_files, services.environments, paths=paths)
    try:
        services.jobs.start(job_id, ", ".join(path.name for path in paths), request.user.person, work)
    except UsageError:
        await request.work(_forget, services.environments, services.uploads, job_id)
        raise
    return request.to(f"/jobs/{job_id}")


def _size(one: DroppedFile) -> int:
    return one.content.seek(0, os.SEEK_END) - one.content.seek(0)


def _files(request: PageRequest, field: str) -> list[DroppedFile]:
    found = (one for one in request.form.getlist(field) if isinstance(one, UploadFile) and one.filename)
    return [DroppedFile(one.filename or "", one.file, is_document(one.filename or "")) for one in found]


def dropped_folder(files: list[DroppedFile]) -> list[DroppedFile]:
    """Return what is taken of a folder: the spreadsheets in it, as `importer run` takes them, and what can be attached.

    Documents are named as seen from the folder of the sheet: that is the dropped folder if it holds a spreadsheet, else the
    one that the dropped folder lies in.
    """
    sheets = [one for one in files if _is_sheet(one)]
    others = [one._replace(is_document=True) for one in files if one not in sheets and can_be_attached(one.name)]
    return [*sheets, *(one._replace(name=one.name.partition("/")[2] or one.name) if sheets else one for one in others)]


def _is_sheet(one: DroppedFile) -> bool:
    folder, _, last = one.name.rpartition("/")
    return "/" not in folder and is_by_a_user(last) and Path(last).suffix.casefold() in SPREADSHEETS


def _keep(environments: PageEnvironments, uploads: Uploads, job_id: str, files: list[DroppedFile]) -> list[Path]:
    """Write the files of a drop, and return its spreadsheets. If one of them cannot be taken, none is."""
    try:
        for one in files:
            if one.is_document:
                keep_attachment(environments, job_id, one.name, one.content)
        return [uploads.keep(job_id, one.name, one.content) for one in files if not one.is_document]
    except (UsageError, OSError) as error:
        _forget(environments, uploads, job_id)
        if isinstance(error, OSError):
            raise UsageError(f"The files cannot be kept ({error.strerror}). Ask who runs this server to make room.") from None
        raise


def _forget(environments: PageEnvironments, uploads: Uploads, job_id: str) -> None:
    uploads.forget(job_id)
    forget_attachments(environments, job_id)


async def job(request: PageRequest) -> Response:
    """Show how far a piece of work is; once it has made one batch, that batch."""
    found = own_job(request)
    if found.result is None:
        return request.page("job", job=found, notes=notes_of(found.console), files=[])
    if len(found.result.batches) == 1 and not found.result.messages:
        return request.to(await request.work(_first_page, request.services.environments, found))
    names = await request.work(names_in, request.services.uploads, found.id)
    return request.page("job", job=found, notes=notes_of(found.console), files=list(enumerate(names)))


def _first_page(environments: PageEnvironments, job: PageJob) -> str:
    """Return the page of the one batch of a job; the question what its debtors are comes first, once."""
    assert job.result is not None
    batch = job.result.batches[0]
    asks = job.result.asks_parties and bool(unclear_parties(environments, batch))
    return f"/batches/{batch}/parties" if asks else f"/batches/{batch}"


def own_job(request: PageRequest) -> PageJob:
    """Return the job of the address, if it is the user's own. Raises UsageError."""
    found = request.services.jobs.find(request.raw.path_params["job"])
    if found is None or found.person != request.user.person:
        raise UsageError("There is no such work any more. The list of batches shows what it has made; else drop the file again.")
    return found


def names_in(uploads: Uploads, job_id: str) -> list[str]:
    """Return the names of the files that are kept for a job, in the order by which pages name them."""
    folder = uploads.folder(job_id)
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
