"""A column gives what its kind's own reader gives, whether it remembers a text or not."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.domain.cells import Cell
from importer.domain.columns import CASE_COLUMNS, VOUCHER_COLUMNS, Column, ValueKind
from importer.domain.special_cells import CellError, FalseDate, LostDigits, shows_error
from importer.loader.records.column_readers import MAX_REMEMBERED, RowDecoder, readers_for, takes_no_dates
from importer.loader.sheets.plan import ColumnBinding
from importer.loader.values.formats import Formats
from importer.loader.values.identifiers import refuse_date
from importer.loader.values.parsers import READERS, ValueProblem, is_blank
from importer.loader.values.placeholders import is_placeholder, is_required

COLUMNS = {column.value_kind: column for column in (*CASE_COLUMNS, *VOUCHER_COLUMNS)}
FORMATS = [Formats(), Formats(decimal=","), Formats(text_doubt="is doubtful"), Formats(date_cell_doubt="is doubtful")]
WRITTEN = [
    *(
        "",
        " ",
        " a ",
        "#N/A",
        "#12",
        "Err:502",
        " #N/A",
        "#n/a ",
        "n/a",
        " - ",
        "1E+05",
        "12.0",
        "120",
        "0012",
        "e-post",
        "1.234",
        "E5",
        "1e05",
        "+1E+05",
        "-1,5e-05",
        "1.234,50 kr",
        "-5",
    ),
    *(
        "x1E+05",
        "A-10",
        "x.0",
        "+12.0",
        "+45 12 34 56 00",
        "EUR 1E+05",
        "A\u030a",
        "\ufb2c",
        "\u00a0x\u00a0",
        "2026-01-31",
        "31.01.2026",
        "DK",
        "Denmark",
        "dkk",
        "yes",
        "x",
        "8,05 %",
        "[]",
    ),
    *("invoice", "3c90c3cc-0d44-4b50-8888-8dd25736052a", "\ufb2c" * 20_000, "x" * 40_000),
]
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.sampled_from(WRITTEN),
    st.text(max_size=12),
    st.integers(-(10**18), 10**18),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.none(),
    st.sampled_from([CellError("#N/A"), LostDigits("1234567890123456"), FalseDate("1900-02-29"), time(1, 2)]),
)


def outcome(read: Any, *given: Any) -> object:
    try:
        value = read(*given)
    except ValueProblem as problem:
        return (problem.code, str(problem))
    return type(value), value


def by_its_reader(column: Column, cell: Cell, formats: Formats) -> Any:
    if is_blank(cell):
        return None
    if type(cell) is str and shows_error(cell.strip()):
        cell = CellError(cell.strip())
    if type(cell) is str and is_placeholder(cell, column):
        if is_required(column):
            raise ValueProblem("placeholder", "stands for a value that is missing. Write the value, or take the row out")
        return None
    if takes_no_dates(ColumnBinding(column, "Heading", 0)):
        refuse_date(cell)
    return READERS[column.value_kind](cell, formats)


@pytest.mark.parametrize("value_kind", list(COLUMNS))
@given(cells=st.lists(CELLS, max_size=4), formats=st.sampled_from(FORMATS))
@example(cells=[1, True, 1.0, "1", date(2026, 1, 31), datetime(2026, 1, 31), "1"], formats=Formats())  # noqa: DTZ001
@example(cells=WRITTEN, formats=Formats())
def test_every_cell_has_the_value_that_its_reader_gives(value_kind: ValueKind, cells: list[Cell], formats: Formats) -> None:
    (made,) = readers_for([(ColumnBinding(COLUMNS[value_kind], "Heading", 0), formats)])
    for cell in (*cells, *cells):
        remembered = made.known.get(cell) if type(cell) is str else None
        found = (type(remembered), remembered) if remembered is not None else outcome(made.read, cell)
        assert found == outcome(by_its_reader, COLUMNS[value_kind], cell, formats), repr(cell)


def test_what_is_remembered_has_an_end() -> None:
    (made,) = readers_for([(ColumnBinding(COLUMNS[ValueKind.CURRENCY], "Heading", 0), Formats())])
    for number in range(MAX_REMEMBERED + 10):
        assert made.read(f"c{number}") == f"C{number}"
    assert len(made.known) == MAX_REMEMBERED
    assert made.read("dkk") == "DKK"


def test_rows_share_no_list() -> None:
    (made,) = readers_for([(ColumnBinding(COLUMNS[ValueKind.JSON], "Heading", 0), Formats())])
    assert made.read("[{}]") is not made.read("[{}]")
    assert not made.known


@pytest.mark.parametrize("positions", [[2], [None], [3, None, 0, None], []])
@pytest.mark.parametrize("cells", [(), ("a",), ("a", "b", "c", "d"), ("a", "b", "c", "d", "beyond")])
def test_a_row_of_any_width_gives_each_field_its_own_cell(positions: list[int | None], cells: tuple[Cell, ...]) -> None:
    bounds = [
        ColumnBinding(COLUMNS[ValueKind.TEXT], f"Heading {at}", position, None if position is not None else f"constant {at}")
        for at, position in enumerate(positions)
    ]
    columns = RowDecoder(readers_for((bound, Formats()) for bound in bounds))
    assert [cell for _, cell in columns.with_cells(cells)] == [reader.cell(cells) for reader in columns.readers]


def test_an_amount_is_a_text_only_where_its_reader_gets_one() -> None:
    values = {"none": "12,50 kr", "7": "7 kr"}
    (plain, mapped) = readers_for(
        (ColumnBinding(COLUMNS[ValueKind.MONEY], "Amount", 0, None, table), Formats()) for table in ({}, values)
    )
    assert [plain.text((cell,)) for cell in ("5 kr", 5, None, " ", "#N/A")] == ["5 kr", None, None, None, None]
    assert [mapped.text((cell,)) for cell in ("none", 7, 8, None)] == ["12,50 kr", "7 kr", None, None]
