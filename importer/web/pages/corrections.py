"""The corrections of cells: kept row by row, checked together, taken back, and their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from importer.domain.records import SheetHead
from importer.errors import UsageError
from importer.web.page_request import PageRequest
from importer.web.work.added_columns import AddedColumn, offered
from importer.web.work.corrected_sheets import CorrectedRows, corrected_rows, stage_corrections
from importer.web.work.correction_store import changes_of, corrections_of, history_of, origin_of
from importer.web.work.corrections import batch_info, correct_row, row_to_correct, undo_row
from importer.web.work.environments import PageEnvironments
from importer.web.work.row_files import CHOICES, ShownRow

KEEP = "keep"
"""The choice to correct further rows before they are checked."""
LARGEST_CELL_PLACE = 100_000


@dataclass(frozen=True)
class RowView:
    """A row with all its cells, to be corrected."""

    name: str
    head: SheetHead
    row: ShownRow
    made: Mapping[int, str]

    @property
    def positions(self) -> list[int]:
        """Return the positions of the cells that can be corrected: those of the sheet itself, and not those of the report."""
        return [at for at, heading in enumerate(self.head.header) if not heading.startswith("#")]

    @property
    def lacking(self) -> tuple[AddedColumn, ...]:
        """Return the columns that the sheet lacks, and that can be filled in for this row."""
        return offered(self.head, self.row.row) if self.row.row else ()

    def text(self, position: int, otherwise: str = "") -> str:
        """Return what a cell is to hold as it is known now; ``otherwise`` if the sheet lacks its column."""
        return self.made.get(position, otherwise or self.row.text(position))


@dataclass(frozen=True)
class HistoryView:
    """What was corrected of a batch: every change of a cell, and the batches of corrected rows."""

    batch: int
    changes: list[dict[str, Any]]
    checked: list[dict[str, Any]]
    corrected: CorrectedRows


async def correct(request: PageRequest) -> Response:
    """Keep corrections of a row. Then the rows are shown again, or all corrected rows are checked."""
    batch_id, environments = request.number("batch"), request.services.environments
    place = request.whole("sheet"), request.whole("number")
    await request.work(correct_row, environments, batch_id, place, _texts(request))
    if request.field("next") != KEEP:
        return _checking(request, batch_id)
    notice = request.rendering.texts("rows.kept", row=place[1])
    return request.to(f"/batches/{batch_id}/rows?{_shown(request)}#r{place[0]}-{place[1]}", notice)


async def check(request: PageRequest) -> Response:
    """Begin to check the corrected rows of a batch."""
    return _checking(request, request.number("batch"))


async def undo(request: PageRequest) -> Response:
    """Take the corrections of a row back."""
    batch_id, place = request.number("batch"), (request.whole("sheet"), request.whole("number"))
    await request.work(undo_row, request.services.environments, batch_id, place)
    return request.to(f"/batches/{batch_id}/rows", request.rendering.texts("rows.undone", row=place[1]))


async def row(request: PageRequest) -> Response:
    """Show all cells of a row, to be corrected."""
    place = request.number("sheet"), request.number("number")
    view = await request.work(_row, request.services.environments, request.number("batch"), place)
    return request.page("whole_row", view=view, batch=request.number("batch"))


async def history(request: PageRequest) -> Response:
    """Show who has corrected which cell, from what to what, and what became of it."""
    view = await request.work(_history, request.services.environments, request.number("batch"))
    return request.page("corrections", view=view)


def _row(environments: PageEnvironments, batch_id: int, place: tuple[int, int]) -> RowView:
    info = batch_info(environments, batch_id)
    found = row_to_correct(environments, batch_id, place)
    is_first = origin_of(environments, batch_id).batch == batch_id
    made = {one.position: one.text for one in corrections_of(environments, batch_id) if is_first and one.row == place}
    return RowView(info.source_name, info.heads[found.sheet], found, made)


def _history(environments: PageEnvironments, batch_id: int) -> HistoryView:
    corrected = corrected_rows(environments, batch_id)
    first = origin_of(environments, batch_id).batch
    return HistoryView(first, changes_of(environments, first), history_of(environments, first), corrected)


def _checking(request: PageRequest, batch_id: int) -> Response:
    environments, jobs = request.services.environments, request.services.jobs
    work = partial(stage_corrections, environments, batch_id=batch_id)
    about = request.rendering.texts("rows.corrections_of", batch=batch_id)
    return request.to(f"/jobs/{jobs.start(jobs.new_id(), about, request.user.person, work).id}")


def _texts(request: PageRequest) -> dict[int, str]:
    """Return what the cells are to hold, by position."""
    positions, texts = request.form.getlist("position"), request.form.getlist("text")
    found = {}
    for position, text in zip(positions, texts, strict=False):
        if not isinstance(position, str) or not isinstance(text, str) or not position.isascii() or not position.isdecimal():
            raise UsageError("The form names no cell. Load the page again.")
        found[min(int(position[:9]), LARGEST_CELL_PLACE)] = text.strip()
    return found


def _shown(request: PageRequest) -> str:
    """Return the choice and the page of rows from which a form came, as they are shown again."""
    show, page = request.field("show"), request.field("page")
    is_plain = show in CHOICES and page.isascii() and page.isdecimal()
    return f"show={show}&page={page[:9]}" if is_plain else ""
