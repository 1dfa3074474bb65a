"""The first page with the drop and the batches, the list of all batches, and the status."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from importer.domain.batches import BatchState
from importer.web.visit import Visit
from importer.web.work.batches import BatchList, batch_list, ids_of
from importer.web.work.desk import Desk
from importer.web.work.progress import status_lines
from importer.workspace.schedule_record import LastRun, ScheduleRecord


@dataclass(frozen=True)
class ScheduleLine:
    """A schedule of the settings, with its last run."""

    name: str
    at: str
    last: LastRun | None


async def home(visit: Visit) -> Response:
    """Show the drop, and the open and newest batches."""
    found = await visit.work(_batches, visit.office.desk)
    return visit.page("home", found=found, waiting=ids_of(found.lines, [BatchState.STAGED, BatchState.VOID]), is_all=False)


async def every_batch(visit: Visit) -> Response:
    """Show all batches."""
    found = await visit.work(_batches, visit.office.desk, every=True)
    return visit.page("batches", found=found)


async def status(visit: Visit) -> Response:
    """Show who sends, what is left of the quotas, and the last runs of the schedules."""
    desk = visit.office.desk
    found = await visit.work(_batches, desk)
    lines, schedules = status_lines(found.status), await visit.work(_schedules, desk)
    place = found.status.environment.place() if found.status else ""
    report = visit.office.sender.report()
    return visit.page("status", lines=lines, schedules=schedules, place=place, report=report)


def _batches(desk: Desk, *, every: bool = False) -> BatchList:
    with desk.reading() as environment:
        return batch_list(environment, every=every)


def _schedules(desk: Desk) -> list[ScheduleLine]:
    root = desk.workspace.root.absolute()
    return [
        ScheduleLine(name, ", ".join(one.at), ScheduleRecord(root, name, desk.access).last())
        for name, one in desk.settings.schedule.items()
    ]
