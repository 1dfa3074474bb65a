"""Tests that the plain writer writes the same sheets as the fast one, and replaces it with untested XlsxWriter versions."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from support.examples import examples
from test_fast_rows import AWKWARD, tables

from importer.domain.cells import Cell
from importer.domain.records import SheetHead
from importer.reporter.xlsx import sheet_writer
from importer.reporter.xlsx.package import RowBook
from importer.reporter.xlsx.plain_book import PlainBook
from importer.reporter.xlsx.sheet_writer import CellHighlight, Colour, SheetWriter, open_book

UNKNOWN = "3.99.0"
MARKUP = ("<r>&</r>", "<r><t>x</t></r>", "<r></r>", "<r>", "http://example.com", "mailto:a@b.example", "{=1}", "12", "1e5")
OTHER = (True, False, 0, -7, 12.5, 1e300, 0.1, 10**15, 10**400, float("nan"), float("-inf"), Decimal("1.50"))
TIMES = (
    *(date(2026, 6, 15), date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), time(8, 15), timedelta(hours=30)),
    *(datetime(2026, 6, 15, 13, 5, 7, 500_000), datetime(2026, 6, 15, 13, tzinfo=UTC), time(8, 15, tzinfo=UTC)),  # noqa: DTZ001
    *(datetime(1900, 1, 1, 12), timedelta(days=-1)),  # noqa: DTZ001
)


def contents(path: Path) -> dict[str, Any]:
    """Return all that a workbook shows: cells, their formats, colours and notes, widths and frozen panes."""
    return {
        sheet.title: (
            cells_of(sheet),
            {letter: column.width for letter, column in sheet.column_dimensions.items()},
            sheet.freeze_panes,
        )
        for sheet in openpyxl.load_workbook(path, rich_text=False)
    }


def cells_of(sheet: Any) -> dict[str, tuple[Any, ...]]:
    cells = [cell for row in sheet.iter_rows() for cell in row]
    return {cell.coordinate: seen(cell) for cell in cells if cell.value is not None or cell.has_style}


def seen(cell: Any) -> tuple[Any, ...]:
    note = cell.comment and (cell.comment.text, cell.comment.width, cell.comment.height)
    return cell.value, cell.data_type, cell.number_format, cell.fill.fgColor.rgb, cell.font.b, cell.font.name, cell.font.sz, note


def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    fast, plain = tmp_path / "fast.xlsx", tmp_path / "plain.xlsx"
    write(fast)
    with monkeypatch.context() as patch:
        patch.setattr(xlsxwriter, "__version__", UNKNOWN)
        write(plain)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fast.xlsx", "plain.xlsx"]
    return contents(fast), contents(plain)


@pytest.mark.parametrize(
    ("version", "writer"),
    [
        *(("3.2.9", RowBook), ("3.3.1", RowBook), ("3.3", RowBook)),
        *(("3.4.0", PlainBook), ("3.30.1", PlainBook), ("4.0.0rc1", PlainBook), ("3", PlainBook), ("unknown", PlainBook)),
    ],
)
def test_only_an_xlsxwriter_that_is_known_is_written_with_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, writer: type
) -> None:
    monkeypatch.setattr(xlsxwriter, "__version__", version)
    book = open_book(tmp_path / "a.xlsx")
    book.discard()
    assert type(book) is writer


def test_the_xlsxwriter_that_is_installed_is_known(tmp_path: Path) -> None:
    """When this fails after an update: run the tests of `fast_rows` with it, and add the version to `KNOWN_VERSIONS`."""
    book = open_book(tmp_path / "a.xlsx")
    book.discard()
    assert type(book) is RowBook


def test_both_writers_make_the_same_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_writer, "SHEET_ROWS", 40)
    heads = [SheetHead("data", ("a", "#old", "b"), (None,) * 3), SheetHead("empty", ("x" * 50,), (None,))]

    def write(path: Path) -> None:
        with SheetWriter(path, heads, ("#row", "#errors")) as writer:
            for number, cell in enumerate([*AWKWARD, *MARKUP, *OTHER, *TIMES, None]):
                highlights = (
                    {0: CellHighlight(Colour.WRONG, f"note\n{cell}"[:100]), None: CellHighlight(Colour.WAITS)}
                    if number % 3
                    else {}
                )
                writer.add(0, [number, "why"], [cell, "gone", cell, "beyond"], highlights)
            writer.append_sheet("Sums", ("#rows", "#DKK"), [[1, 0.5], [2, 1234.0, "text"], []], {"#rows": 9})

    fast, plain = both(tmp_path, monkeypatch, write)
    assert list(fast) == ["data", "empty", "data 2", "Sums"]
    assert plain == fast


@pytest.mark.slow
@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
def test_both_writers_give_the_same_cells(tmp_path: Path, table: list[list[Cell]]) -> None:
    def write(path: Path) -> None:
        with SheetWriter(path, [SheetHead("x", ("a", "b"), (None, None))], ("#row",)) as writer:
            for number, cells in enumerate(table):
                writer.add(0, [number], cells)

    with pytest.MonkeyPatch.context() as patch:
        fast, plain = both(tmp_path, patch, write)
    assert plain == fast


def test_half_a_letter_stops_neither_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, plain = both(tmp_path, monkeypatch, lambda path: one_row(path, ["a\ud800b", "\udfff"]))
    assert [fast["x"][0]["B2"][0], plain["x"][0]["B2"][0]] == ["a_xD800_b", "a\ufffdb"]


def one_row(path: Path, cells: Sequence[Cell]) -> None:
    with SheetWriter(path, [SheetHead("x", ("a",), (None,))], ("#row",)) as writer:
        writer.add(0, [2], cells)


@pytest.mark.parametrize("version", [UNKNOWN, xlsxwriter.__version__])
def test_nothing_is_left_of_a_workbook_that_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(xlsxwriter, "__version__", version)

    def rows_of_no_sheet() -> None:
        with SheetWriter(tmp_path / "a.xlsx", [SheetHead("x", ("a",), (None,))], ("#row",)) as writer:
            writer.add(0, [2], ["a row"])
            writer.add(1, [2], ["there is no such sheet"])

    with pytest.raises(IndexError):
        rows_of_no_sheet()
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # XlsxWriter leaves a file of its own open
@pytest.mark.parametrize("version", [UNKNOWN, xlsxwriter.__version__])
def test_a_workbook_that_cannot_be_written_is_an_oserror_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(xlsxwriter, "__version__", version)
    (tmp_path / "a.xlsx").mkdir()
    with pytest.raises(OSError, match="directory") as raised:
        one_row(tmp_path / "a.xlsx", ["x"])
    assert raised.value.strerror
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]
    del raised
    gc.collect()
