"""OpenDocument sheets that are written unusually: pretty printed, without a type, with drawings, tabs and line breaks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from test_reader_files import rows_of, write_zip

from importer.errors import FileRefused
from importer.loader.files.ods_text import CellText, plain_text
from importer.loader.files.reader import ReadOptions, open_source
from importer.loader.files.xlsx_scan import parse_xml

KIND = "application/vnd.oasis.opendocument.spreadsheet"
NAMES = "urn:oasis:names:tc:opendocument:xmlns"


def content(*rows: str, styles: str = "", table: str = 'table:name="Sager"') -> str:
    names = " ".join(f'xmlns:{one}="{NAMES}:{one}:1.0"' for one in ("office", "table", "text", "draw", "style"))
    return (
        f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet><table:table {table}>{''.join(rows)}</table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def ods_file(path: Path, *rows: str, kind: str | None = KIND, **more: str) -> Path:
    parts = {"mimetype": kind} if kind is not None else {}
    return write_zip(path, {**parts, "content.xml": content(*rows, **more)})


def text(inner: str, attributes: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{attributes}>{inner}</table:table-cell>'


PLAIN = f"<table:table-row>{text('<text:p>x</text:p>')}</table:table-row>"


@pytest.mark.parametrize("kind", [None, "", KIND + "\n", "application/zip"])
def test_the_type_of_the_file_is_a_hint(tmp_path: Path, kind) -> None:
    assert rows_of(ods_file(tmp_path / "a.ods", PLAIN, kind=kind)) == {1: ["x"]}


def test_a_document_of_text_is_no_sheet(tmp_path: Path) -> None:
    parts = {"content.xml": content(PLAIN).replace("office:spreadsheet", "office:text")}
    with pytest.raises(FileRefused, match="is an OpenDocument file but not a sheet"):
        open_source(write_zip(tmp_path / "a.ods", parts))


def test_pretty_printed(tmp_path: Path) -> None:
    row = (
        "\n  <table:table-row>\n    " + text("\n      <text:p>x</text:p>\n    ") + "\n    "
        '<table:table-cell office:value-type="float" office:value="1234.5">\n<text:p>1.234,50</text:p>\n</table:table-cell>\n'
        '    <table:table-cell office:value-type="date" office:date-value="2025-03-01"><text:p>01.03.25</text:p>'
        "</table:table-cell>\n  </table:table-row>\n"
    )
    assert rows_of(ods_file(tmp_path / "a.ods", row)) == {1: ["x", 1234.5, dt.date(2025, 3, 1)]}


@pytest.mark.parametrize(
    ("inner", "read"),
    [
        ("<text:p>Vibeke<text:line-break/>Holm</text:p>", "Vibeke\nHolm"),
        ("<text:p>Vibeke<text:tab/>Holm</text:p>", "Vibeke\tHolm"),
        ("<text:p>Vibeke</text:p><text:p>Holm</text:p>", "Vibeke\nHolm"),
        ("<text:p>Vibeke<text:s/>Holm</text:p>", "Vibeke Holm"),
        ('<text:p>Vibeke <text:s text:c="2"/>Holm</text:p>', "Vibeke   Holm"),
        ("<text:p>Vibeke <text:span>Holm</text:span></text:p>", "Vibeke Holm"),
        ("<text:p>\n  Vibeke\n  Holm\n</text:p>", "Vibeke Holm "),
        ("<text:p><![CDATA[Vibeke & ]]>Holm</text:p>", "Vibeke & Holm"),
        ("<draw:custom-shape><text:p>Form</text:p></draw:custom-shape><text:p>Vibeke</text:p>", "Vibeke"),
        ("<draw:frame><draw:text-box><text:p>99</text:p></draw:text-box></draw:frame><text:p>Vibeke</text:p>", "Vibeke"),
        ("<text:p>Vibeke</text:p><draw:g><draw:rect><text:p>a</text:p></draw:rect></draw:g>", "Vibeke"),
        ("<office:annotation><text:p>note</text:p></office:annotation><text:p>Vibeke</text:p>", "Vibeke"),
        ("<text:p>A &lt; B &amp; C</text:p>", "A < B & C"),
    ],
)
def test_texts(tmp_path: Path, inner, read) -> None:
    path = ods_file(tmp_path / "a.ods", f"<table:table-row>{text(inner)}{text('<text:p>last</text:p>')}</table:table-row>")
    assert rows_of(path) == {1: [read, "last"]}


def test_a_drawing_changes_no_number(tmp_path: Path) -> None:
    cell = (
        '<table:table-cell office:value-type="float" office:value="99"><draw:frame><draw:text-box><text:p>00</text:p>'
        "</draw:text-box></draw:frame><text:p>99</text:p></table:table-cell>"
    )
    assert rows_of(ods_file(tmp_path / "a.ods", f"<table:table-row>{cell}</table:table-row>")) == {1: [99]}


def test_what_is_repeated_is_repeated_in_a_rewritten_file_too(tmp_path: Path) -> None:
    row = (
        '<table:table-row table:number-rows-repeated="2">'
        + text("<text:p>a<text:tab/>b</text:p>", ' table:number-columns-repeated="2"')
        + '<table:table-cell/><table:table-cell office:value-type="boolean" office:boolean-value="true"/></table:table-row>'
    )
    assert rows_of(ods_file(tmp_path / "a.ods", row)) == {1: ["a\tb", "a\tb", None, True], 2: ["a\tb", "a\tb", None, True]}


def test_covered_cells_of_opendocument(tmp_path: Path) -> None:
    covered = '<table:covered-table-cell office:value-type="string"><text:p>y</text:p></table:covered-table-cell>'
    row = f"<table:table-row>{text('<text:p>x</text:p>')}{covered}</table:table-row>"
    path = ods_file(tmp_path / "a.ods", row)
    assert rows_of(path) == {1: ["x", ""]}
    assert rows_of(path, ReadOptions(reads_covered=True)) == {1: ["x", "y"]}


def test_hidden_sheets_rows_and_columns(tmp_path: Path) -> None:
    style = '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
    rows = (
        '<table:table-column/><table:table-column table:number-columns-repeated="2" table:visibility="collapse"/>',
        PLAIN,
        PLAIN.replace("<table:table-row>", '<table:table-row table:visibility="filter">'),
    )
    path = ods_file(tmp_path / "a.ods", *rows, styles=style, table='table:name="Gammel" table:style-name="ta2"')
    with open_source(path) as source:
        sheet = source.sheets[0]
        assert sheet.hidden
        assert sheet.hides.rows.ranges == [(2, 2)]
        assert sheet.hides.columns == ((2, 3),)


def whole(inner: str) -> tuple[str, bool]:
    found = CellText()
    parse_xml(
        [f'<c xmlns:text="t" xmlns:draw="d">{inner}</c>'.encode()],
        start=lambda tag, attributes: found.start(tag, int(attributes.get("text:c", 1))) if tag != "c" else None,
        end=lambda tag: found.end(tag) if tag != "c" else None,
        data=found.data,
    )
    return found.whole(), found.is_plain


@pytest.mark.parametrize(
    ("inner", "read", "is_plain"),
    [
        ("<text:p>a</text:p>", "a", True),
        ("<text:p>a b</text:p><text:p/><text:p>c</text:p>", "a b\n\nc", True),
        ("<text:p>a<text:s text:c='3'/>b</text:p>", "a   b", True),
        ("<text:p>a  b</text:p>", "a b", False),
        ("<text:p> a </text:p>", "a ", False),
        ("<text:p>a<text:span> b</text:span></text:p>", "a b", True),
        ("<text:p>a <text:span> b</text:span></text:p>", "a b", False),
        ("<text:p>a <text:s/></text:p>", "a  ", True),
        ("<text:p><text:s/>a </text:p>", " a ", True),
        ("stray", "", False),
        ("<text:p>a</text:p><draw:g><text:p>b</text:p></draw:g>", "a", False),
    ],
)
def test_white_space_as_the_standard_says(inner, read, is_plain) -> None:
    assert whole(inner) == (read, is_plain)


INNER = f'<table:table table:name="Inner">{PLAIN}</table:table>'


def test_a_table_in_a_cell_is_no_sheet(tmp_path: Path) -> None:
    row = f"<table:table-row>{text('<text:p>a</text:p>' + INNER)}{text('<text:p>b</text:p>')}</table:table-row>"
    path = ods_file(tmp_path / "a.ods", row, PLAIN)
    assert rows_of(path) == {1: ["a", "b"], 2: ["x", None]}
    with open_source(path, ReadOptions()) as source:
        assert [sheet.name for sheet in source.sheets] == ["Sager"]


def test_what_a_link_held_when_it_was_last_asked_is_no_sheet(tmp_path: Path) -> None:
    table = f"<table:table>{PLAIN}</table:table>"
    links = f"<table:dde-links><table:dde-link>{table}</table:dde-link></table:dde-links>"
    parts = {"mimetype": KIND, "content.xml": content(PLAIN).replace("</office:spreadsheet>", f"{links}</office:spreadsheet>")}
    path = write_zip(tmp_path / "a.ods", parts)
    assert rows_of(path) == {1: ["x"]}


def test_a_spreadsheet_in_a_drawing_hides_no_sheet_after_it(tmp_path: Path) -> None:
    inside = f"<draw:g><office:document><office:spreadsheet>{INNER}</office:spreadsheet></office:document></draw:g>"
    second = f'<table:table table:name="Andre">{PLAIN}</table:table>'
    whole_row = f"<table:table-row>{text('<text:p>a</text:p>' + inside)}</table:table-row>"
    beside = content(whole_row, PLAIN).replace(
        "</office:spreadsheet></office:body>", f"{second}</office:spreadsheet></office:body>"
    )
    path = write_zip(tmp_path / "a.ods", {"mimetype": KIND, "content.xml": beside})
    with open_source(path, ReadOptions()) as source:
        assert {sheet.name: [list(cells) for _, cells in sheet.rows()] for sheet in source.sheets} == {
            "Sager": [["a"], ["x"]],
            "Andre": [["x"]],
        }


def test_a_text_of_thousands_of_pieces_is_read_whole(tmp_path: Path) -> None:
    pieces = "".join(f"<text:span>{number}</text:span><text:tab/>" for number in range(1200))
    path = ods_file(tmp_path / "a.ods", f"<table:table-row>{text(f'<text:p>{pieces}</text:p>')}</table:table-row>", PLAIN)
    assert rows_of(path) == {1: ["".join(f"{number}\t" for number in range(1200))], 2: ["x"]}


@pytest.mark.parametrize(
    "written", ["a b", "a ", " a", "a  b", "a\nb", "a\tb", "a\u00a0 b", "a\u00a0\u00a0b", "a\u200bb  c", "å", " "]
)
def test_a_plain_paragraph_is_taken_as_the_standard_composes_it(written: str) -> None:
    taken = plain_text([("text:p", {}), written, None])
    composed = CellText()
    composed.start("text:p", 0)
    composed.data(written)
    composed.end("text:p")
    assert taken in (None, composed.close())
    assert (taken is not None) == (composed.is_plain and composed.close() == written)
