"""A few bytes that stand for gigabytes are refused before a parser writes them out; what ordinary files repeat is read."""

from __future__ import annotations

import zipfile
from pathlib import Path
from unittest import mock

import pytest
from test_reader_files import rows_of, xlsx

from importer.errors import FileRefused
from importer.loader.files.reader import open_source
from importer.loader.files.reader_process import POOL

NAMES = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{OPEN_DOCUMENT}"/></manifest:manifest>'
)


def ods(path: Path, *tables: str) -> Path:
    """A sheet of OpenDocument for each table, which is the XML of its rows."""
    sheets = "".join(f'<table:table table:name="S{number}">{rows}</table:table>' for number, rows in enumerate(tables, 1))
    body = f"<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", OPEN_DOCUMENT)
        archive.writestr("content.xml", f"<office:document-content {NAMES}>{body}</office:document-content>", 8)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    return path


def row(*cells: str, repeated: str = "") -> str:
    attribute = f' table:number-rows-repeated="{repeated}"' if repeated else ""
    return f"<table:table-row{attribute}>{''.join(cells)}</table:table-row>"


def cell(text: str = "x", repeated: str = "", kind: str = "table-cell", value: str = 'office:value-type="string"') -> str:
    attribute = f' table:number-columns-repeated="{repeated}"' if repeated else ""
    content = f"<text:p>{text}</text:p>" if text else ""
    return f"<table:{kind} {value}{attribute}>{content}</table:{kind}>"


def blanks(count: str, attribute: str = "text:c") -> str:
    return f'a<text:s {attribute}="{count}"/>b'


def refused(path: Path) -> str:
    """The message of a file that is refused before a parser gets it."""
    with mock.patch.object(POOL, "open", side_effect=AssertionError), pytest.raises(FileRefused) as caught:
        open_source(path).close()
    assert path.name in str(caught.value)
    return str(caught.value)


LARGE = "2000000000"


@pytest.mark.parametrize("count", [LARGE, f"+{LARGE}", f"000{LARGE}", "9" * 40, "32766"])
@pytest.mark.parametrize("attribute", ["text:c", "c"])
def test_blanks_that_are_counted(tmp_path: Path, count: str, attribute: str) -> None:
    message = refused(ods(tmp_path / "a.ods", row(cell(blanks(count, attribute)))))
    assert "sheet 'S1', row 1, holds a cell of " in message
    assert "a cell holds at most 32,767. Shorten it." in message


def test_blanks_in_a_comment_and_in_several_pieces(tmp_path: Path) -> None:
    comment = f"<office:annotation><text:p>{blanks(LARGE)}</text:p></office:annotation>"
    assert "holds a cell of 2,000,000,0" in refused(
        ods(tmp_path / "a.ods", row(f"<table:table-cell>{comment}</table:table-cell>"))
    )
    assert "holds a cell of 40,004 " in refused(ods(tmp_path / "b.ods", row(cell(blanks("20000") * 2))))


REPEATED = "repeats cells or blanks far more often than can be held in memory. Delete what is repeated, and save it again."


@pytest.mark.parametrize(
    "rows",
    [
        row(*[cell(blanks("30000"))] * 2500),
        row(cell(blanks("30000"), repeated="1000"), repeated="3"),
        row(cell(repeated=LARGE)),
        row(cell(repeated="1000"), repeated="40000"),
        row(cell(kind="covered-table-cell", repeated=LARGE)),
        row(cell(), repeated=LARGE),
        row(cell("", value='office:boolean-value="true"', repeated="1000"), repeated="40000"),
        row(cell("", value='office:string-value="x"', repeated="1000"), repeated="40000"),
        row(cell("", value='table:formula="of:=1"', repeated="1000"), repeated="40000"),
        row(cell("x" * 30_000), repeated="9000"),
    ],
)
def test_cells_and_rows_that_are_repeated(tmp_path: Path, rows: str) -> None:
    assert refused(ods(tmp_path / "a.ods", rows)).endswith(REPEATED)


def test_all_sheets_count_together_because_they_are_read_at_once(tmp_path: Path) -> None:
    text = row(cell(blanks("30000"), repeated="1000"))
    assert "sheet 'S3'" in refused(ods(tmp_path / "a.ods", text, text, text))
    far = row(cell()) + row(cell("", value=""), repeated="900000") + row(*[cell("", value="")] * 39, cell())
    assert "holds more cells than can be held in memory" in refused(ods(tmp_path / "b.ods", far, far))


def test_what_ordinary_sheets_repeat_is_read(tmp_path: Path) -> None:
    rows = row(cell("a", repeated="3"), cell(blanks("40")), repeated="500")
    rest = row(cell("", value="", repeated="16384"), repeated="1048000")
    found = rows_of(ods(tmp_path / "a.ods", '<table:table-column table:number-columns-repeated="16384"/>' + rows + rest))
    assert len(found) == 500
    assert found[500] == ["a", "a", "a", f"a{' ' * 40}b"]


SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"{}><si><t>{}</t></si></sst>'


def shared(path: Path, counts: str, text: str, rows: int) -> Path:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, rows + 1))
    return xlsx(path, cells, parts={"xl/sharedStrings.xml": SST.format(counts, text)})


@pytest.mark.parametrize("counts", [f' count="1" uniqueCount="{LARGE}"', f' count="{LARGE}"', f" uniqueCount = '+00{LARGE}'"])
def test_a_count_of_shared_texts_that_are_not_there(tmp_path: Path, counts: str) -> None:
    message = refused(shared(tmp_path / "a.xlsx", counts, "x", 1))
    assert "claims 2,000,000,000 shared texts and holds 1. Fetch it again" in message


def test_a_wrong_count_that_costs_nothing_is_read(tmp_path: Path) -> None:
    assert len(rows_of(shared(tmp_path / "a.xlsx", ' count="7" uniqueCount="5000"', "x", 3))) == 3


def test_a_long_text_that_many_cells_share(tmp_path: Path) -> None:
    message = refused(shared(tmp_path / "a.xlsx", "", "x" * 32_000, 30_000))
    assert "sheet 'Sheet', shows 917 MB of texts that many cells share" in message
    assert len(rows_of(shared(tmp_path / "b.xlsx", "", "x" * 500, 1000))) == 1000


@pytest.mark.parametrize(
    ("before", "row_", "after"),
    [
        ('<dimension ref="A1:XFD1048576"/>', "", ""),
        ('<cols><col min="1" max="2000000000" width="9"/></cols>', "", ""),
        ("", ' spans="1:2000000000"', ""),
        ("", "", '<mergeCells count="4000000000"><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
    ],
)
@pytest.mark.parametrize(
    "formula", ["", '<f t="shared" ref="A1:XFD1048576" si="0">B1</f>', '<f t="array" ref="A1:XFD1048576">B1</f>']
)
def test_hints_of_a_workbook_are_not_written_out(tmp_path: Path, before: str, row_: str, after: str, formula: str) -> None:
    cells = f'<row r="1"{row_}><c r="A1">{formula}<v>1</v></c></row>'
    assert rows_of(xlsx(tmp_path / "a.xlsx", cells, before=before, after=after)) == {1: [1]}
