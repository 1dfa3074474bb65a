"""The first page with the drop and the batches, the list of all batches, and the status."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from importer.domain.batches import BatchState
from importer.web.page_request import PageRequest
from importer.web.work.batches import BatchList, batch_list, ids_of
from importer.web.work.environments import PageEnvironments
from importer.web.work.progress import status_lines
from importer.workspace.schedule_record import LastRun, ScheduleRecord


@dataclass(frozen=True)
class ScheduleLine:
    """A schedule of the settings, with its last run."""

    name: str
    at: str
    last: LastRun | None


async def home(request: PageRequest) -> Response:
    """Show the drop, and the open and newest batches."""
    found = await request.work(_batches, request.services.environments)
    return request.page("home", found=found, waiting=ids_of(found.lines, [BatchState.STAGED, BatchState.VOID]), is_all=False)


async def every_batch(request: PageRequest) -> Response:
    """Show all batches."""
    found = await request.work(_batches, request.services.environments, every=True)
    return request.page("batches", found=found)


async def status(request: PageRequest) -> Response:
    """Show who sends, what is left of the quotas, and the last runs of the schedules."""
    environments = request.services.environments
    found = await request.work(_batches, environments)
    lines, schedules = status_lines(found.status), await request.work(_schedules, environments)
    place = found.status.environment.place() if found.status else ""
    report = request.services.sender.report()
    return request.page("status", lines=lines, schedules=schedules, place=place, report=report)


def _batches(environments: PageEnvironments, *, every: bool = False) -> BatchList:
    with environments.reading() as environment:
        return batch_list(environment, every=every)


def _schedules(environments: PageEnvironments) -> list[ScheduleLine]:
    root = environments.workspace.root.absolute()
    return [
        ScheduleLine(name, ", ".join(one.at), ScheduleRecord(root, name, environments.access).last())
        for name, one in environments.settings.schedule.items()
    ]
