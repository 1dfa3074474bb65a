"""The drop of files, and the page of the work that it begins."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import BinaryIO

from starlette.datastructures import UploadFile
from starlette.responses import Response

from importer.errors import UsageError
from importer.web.page_request import PageRequest
from importer.web.work.jobs import PageJob
from importer.web.work.staging import notes_of, stage_files
from importer.web.work.uploads import Uploads

MOST_FILES = 50


async def drop(request: PageRequest) -> Response:
    """Keep the dropped files, and begin to stage them."""
    files = [one for one in request.form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    if not files:
        raise UsageError("No file was chosen. Choose a spreadsheet, or drop one on the page.")
    services = request.services
    job_id = services.jobs.new_id()
    named = [(file.filename or "", file.file) for file in files]
    paths = await request.work(_keep, services.uploads, job_id, named)
    work = partial(stage_files, services.environments, paths=paths)
    services.jobs.start(job_id, ", ".join(path.name for path in paths), request.user.person, work)
    return request.to(f"/jobs/{job_id}")


def _keep(uploads: Uploads, job_id: str, files: list[tuple[str, BinaryIO]]) -> list[Path]:
    """Write the files of a drop. If one of them cannot be taken, none is."""
    try:
        return [uploads.keep(job_id, name, content) for name, content in files]
    except (UsageError, OSError) as error:
        uploads.forget(job_id)
        if isinstance(error, OSError):
            raise UsageError(f"The files cannot be kept ({error.strerror}). Ask who runs this server to make room.") from None
        raise


async def job(request: PageRequest) -> Response:
    """Show how far a piece of work is; once it has made one batch, that batch."""
    found = own_job(request)
    if found.result is None:
        return request.page("job", job=found, notes=notes_of(found.console), files=[])
    if len(found.result.batches) == 1 and not found.result.messages:
        return request.to(f"/batches/{found.result.batches[0]}")
    names = await request.work(names_in, request.services.uploads, found.id)
    return request.page("job", job=found, notes=notes_of(found.console), files=list(enumerate(names)))


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
