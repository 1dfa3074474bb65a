"""Files as they go wrong in practice: one of each kind, with invented debtors, made here."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

import openpyxl
import xlwt
from openpyxl.cell.cell import Cell
from support.binary_workbooks import write_excel_5, write_xlsb

HEADINGS = (
    *("creditor_reference", "currency", "date", "due_date", "amount_to_recover"),
    *("debtor_type", "debtor_name", "debtor_zip_code", "debtor_country"),
)
LONG = (
    *("case_ref", "creditor_company_name", "creditor_country", "currency", "date", "due_date", "amount_to_recover"),
    *("creditor_reference", "debtor_type", "debtor_name", "debtor_zip_code", "debtor_city", "debtor_country"),
    *("debtor_email", "debtor_phone", "claim_description", "comments"),
)
ODS_NAMES = "urn:oasis:names:tc:opendocument:xmlns"

Write = Callable[[Path], object]


def row(ref: Any = "R-1", name: Any = "Tove Lind", amount: Any = 750.25, zip_code: Any = "4000", **more: Any) -> list[Any]:
    """The cells of a claim; ``currency`` and ``country`` may be others."""
    day, due = date(2025, 5, 2), date(2025, 6, 2)
    return [ref, more.get("currency", "DKK"), day, due, amount, "Person", name, zip_code, more.get("country", "DK")]


# --- delimited texts --------------------------------------------------------------------------------------------------


def text(*lines: str, end: str = "\r\n", encoding: str = "utf-8") -> Write:
    return lambda path: path.write_bytes("".join(line + end for line in lines).encode(encoding))


def short(ref: str = "R-1", name: str = "Tove Lind", *, zip_code: str = "4000", tail: str = "") -> str:
    """A line of a table with few columns."""
    return f"{ref};DKK;2025-05-02;2025-06-02;750,25;Person;{name};{zip_code};DK{tail}"


def long(number: int, tail: str = ";;;;", *, name: str = "Tove Lind") -> str:
    """A line of a table with all columns."""
    fields = f"T{number};Fjordens Planter A/S;DK;DKK;2{number}-05-2025;2{number}-06-2025;750,25;{number}01"
    return f"{fields};Person;{name};4000;Roskilde;DK{tail}"


HEAD, LONG_HEAD = ";".join(HEADINGS), ";".join(LONG)


def apart(line: str, space: str) -> str:
    return line.replace(";", f";{space}")


def quoted(line: str, quote: str = '"') -> str:
    return ";".join(f"{quote}{cell}{quote}" for cell in line.split(";"))


TEXTS: dict[str, Write] = {
    "A2-bigq.csv": text(HEAD, short(), short("R-2", '"Bo Ravn'), short("R-3"), short("R-4", 'Ib"'), short("R-5")),
    "A2-inch.csv": text(f"{HEAD};comments", short(tail=';"32 tommer'), short("R-2", tail=';kasse 32"'), short("R-3", tail=";")),
    "A3-sp_c.csv": text(*(apart(line, " ") for line in (HEAD, short(name='"Åse Lind"'), short("R-2", '"Åse Lind"'))), end="\n"),
    "A3-spaces.csv": text(*(apart(quoted(line), " ") for line in (HEAD, short(), short("R-2", "Øst, Ida")))),
    "A4-eqquote.csv": text(HEAD, short('="00456"', zip_code='="0800"'), short('="00457"', zip_code='="4000"')),
    "A9-dos850l.csv": text(HEAD, short(name="Jørn Fjæld"), encoding="cp850"),
    "A9-repl.csv": text(HEAD, short(name="J\ufffdrn")),
    "A9-ctrl.csv": text(HEAD, short(name="Ib\x0bLind\x01"), short("R-\u200b2\u00ad", "\u202eTove")),
    "A12-apos.csv": text(HEAD, short("'00456", zip_code="'0800"), short("'00457", zip_code="'4000")),
    "B10-hash.csv": text("# udtræk 2025", "# bruger Y", HEAD, short(), short("R-2")),
    "B11-csv_q_then.csv": text(HEAD, short(name='"Åse Lind" '), end="\n"),
    "c_swallow_names.csv": text(LONG_HEAD, long(1, name='"Klubben af 1969 t'), long(2), long(3, name='Rør 32"'), long(4)),
    "a_three_stray.csv": text(
        LONG_HEAD, long(1, name='"Stjernen" ApS'), long(2), long(3, name='"Fyret" I/S'), long(4, name='"Molen" ApS')
    ),
    "b_stray_in_quoted.csv": text(LONG_HEAD, long(1, ';;;"Leje; juni";'), long(2, name='"Stjernen" ApS')),
    "05_lone_quote_starts_cell.csv": text(LONG_HEAD, long(1), long(2, ';;;"bro;'), long(3)),
    "g_last_three_one_cell.csv": text(
        LONG_HEAD, *(long(number) for number in range(1, 6)), *(f'"{long(number)}"' for number in (6, 7, 8))
    ),
    "07_last_row_one_cell.csv": text(LONG_HEAD, long(1), long(2), f'"{long(3)}"'),
    "f_middle_row_one_cell.csv": text(LONG_HEAD, long(1), f'"{long(2)}"', long(3)),
    "01_extra_delim_blank_tail.csv": text(LONG_HEAD, long(1, ";;1;Leje;"), long(2, ";;;1;Leje;"), long(3, ";;1;Leje;")),
    "j_header_short_one.csv": text(LONG_HEAD.replace("debtor_phone;", ""), long(1, ";;;Leje;"), long(2, ";;+45 2000;;")),
    "15_trailing_delims_all.csv": text(LONG_HEAD, *(long(number, ";;;;;") for number in (1, 2, 3))),
    "16_short_rows_legit.csv": text(LONG_HEAD, long(1, ";;+45 20304050;a;b"), *(long(number, "") for number in (2, 3, 4))),
    "11_cp850.csv": text(LONG_HEAD, long(1, name="Jørn Fjæld"), long(2, name="Gårdejer Søe"), encoding="cp850"),
    "m_c1_controls.csv": text(LONG_HEAD, long(1, name="Hôtel d\x92Or")),
    "10_ctrl_z.csv": lambda path: path.write_bytes(f"{LONG_HEAD}\r\n{long(1)}\r\n{long(2)}\r\n\x1a".encode()),
    "17_backslash_escape.csv": text(
        LONG_HEAD, long(1, r";;;D:\\data\\ny;", name=r'"Kano 14\" ApS"'), long(2, r';;;"D:\data\ny";')
    ),
    "18_single_quotes_apostrophe.csv": text(LONG_HEAD, *(quoted(long(n, name=f"O'Hara {n}"), "'") for n in (1, 2, 3))),
    "28_space_after_quote.csv": text(LONG_HEAD, long(1, ';;;"Leje; juni" ;')),
    "e_legit_multiline.csv": text(LONG_HEAD, long(1, ';;;;"ring først\r\nskriv så"'), long(2)),
}


# --- xlsx -------------------------------------------------------------------------------------------------------------


def xlsx(*rows: list[Any], formats: Mapping[tuple[int, str], str] | None = None, headings: tuple[str, ...] = HEADINGS) -> Write:
    """A workbook; ``formats`` are by row (1 is the first below the headings) and heading."""

    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.title = "Cases"
        for cells in (headings, *rows):
            book.active.append(list(cells))
        for (number, heading), code in (formats or {}).items():
            book.active.cell(number + 1, headings.index(heading) + 1).number_format = code
        book.save(path)

    return write


def without(column: str, cells: list[Any]) -> list[Any]:
    return [cell for heading, cell in zip(HEADINGS, cells, strict=True) if heading != column]


def parts_of(write: Write, path: Path) -> dict[str, bytes]:
    write(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replaced(part: bytes, *changes: tuple[str, str]) -> bytes:
    for old, new in changes:
        part = part.replace(old.encode(), new.encode()) if old else part
    return part


def changed(
    write: Write, *changes: tuple[str, str], renamed: tuple[str, str] = ("", ""), more: Mapping[str, bytes] | None = None
) -> Write:
    """Write a workbook and change texts in all its parts; names of parts and texts by ``renamed``; add parts."""

    def rewrite(path: Path) -> None:
        parts = parts_of(write, path)
        assert all(any(old.encode() in part for part in parts.values()) for old, _ in changes)
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name.replace(*renamed) if renamed[0] else name, replaced(part, *changes, renamed))
            for name, content in (more or {}).items():
                archive.writestr(name, content)

    return rewrite


def backslashed(path: Path) -> None:
    parts = parts_of(xlsx(row()), path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.filename = name.replace("/", "\\")
            archive.writestr(entry, content)


def two_sheets(name: str, *rows: list[Any], state: str = "visible") -> Write:
    def write(path: Path) -> None:
        xlsx(["C1", *row()], headings=("case_ref", *HEADINGS))(path)
        book = openpyxl.load_workbook(path)
        other = book.create_sheet(name)
        other.sheet_state = state
        for cells in rows:
            other.append(cells)
        book.save(path)

    return write


def merged(path: Path) -> None:
    xlsx(row(), row("R-2"))(path)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("G2:G3")
    book.active._cells[3, 7] = Cell(book.active, row=3, column=7, value="Ib Skjult")
    book.save(path)


POWER_QUERY = '<?xml version="1.0" encoding="utf-16"?><DataMashup/>'.encode("utf-16")
VOUCHERS = (["case_ref", "voucher_type", "voucher_amount", "currency", "date", "source"],)
VOUCHER = ["C1", "invoice", 750.25, "DKK", date(2025, 5, 2), "CREDITOR"]
WITHOUT_CURRENCY = tuple(heading for heading in HEADINGS if heading != "currency")
EUROS = "#,##0.00\\ [$€-407]"

WORKBOOKS: dict[str, Write] = {
    "A1-eurfmt.xlsx": xlsx(
        *(without("currency", row(f"R-{number}")) for number in range(1, 5)),
        formats={
            (number, "amount_to_recover"): code
            for number, code in enumerate((EUROS, '"€" #,##0.00', "[$USD] 0.00", "0.00 [$SEK]"), 1)
        },
        headings=WITHOUT_CURRENCY,
    ),
    "A5-refdate.xlsx": xlsx(
        *(row(ref) for ref in (date(2025, 4, 1), date(2025, 4, 12), time(11, 15), date(2025, 4, 12))),
        formats=dict(zip([(n, "creditor_reference") for n in (1, 2, 3, 4)], ("mmm-yy", "d-mmm", "hh:mm", "d/m"), strict=True)),
    ),
    "A6-refprefix.xlsx": xlsx(row(3071), formats={(1, "creditor_reference"): '"FAK-"0'}),
    "A6-refdec.xlsx": xlsx(row(2024.3), formats={(1, "creditor_reference"): "0.00"}),
    "A6-refcond.xlsx": xlsx(row(3071), formats={(1, "creditor_reference"): "[<=99999]00000;0"}),
    "A6-zipus.xlsx": xlsx(row(zip_code=704, country="US"), formats={(1, "debtor_zip_code"): "[<=99999]00000;00000-0000"}),
    "A8-vsheet.xlsx": changed(two_sheets("Kladde", *VOUCHERS, VOUCHER), ('name="Kladde"', 'name="Bilag\nmaj"')),
    "A10-veryhidden.xlsx": two_sheets("Gamle", ["case_ref", *HEADINGS], ["C2", *row("R-2")], state="veryHidden"),
    "A10-mergehid.xlsx": merged,
    "B1-pq.xlsx": changed(xlsx(row()), more={"customXml/item1.xml": POWER_QUERY}),
    "B4-sstname.xlsx": changed(xlsx(row()), renamed=("sharedStrings.xml", "texts.xml")),
    "B4-wb22.xlsx": changed(xlsx(row()), renamed=("workbook.xml", "workbook22.xml")),
    "B7-dim6.xlsx": changed(xlsx(row()), ('ref="A1:I2"', 'ref="$A$1:$I$2"')),
    "B7-dimno.xlsx": changed(xlsx(row()), ('<dimension ref="A1:I2"', "<dimension")),
    "B7-mergecol.xlsx": changed(
        xlsx(row()), ("</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="K:K"/></mergeCells>')
    ),
    "B8-backslash.xlsx": backslashed,
    "B9-relid.xlsx": changed(two_sheets("Modul"), ('r:id="rId2"', 'r:id=""')),
    "B9-gd.xlsx": changed(
        xlsx([*row(), "#N/A"], headings=(*HEADINGS, "Note")), ('t="e"><v>#N/A</v>', 't="e"><v>#GETTING_DATA</v>')
    ),
    "B9-cdata.xlsx": changed(xlsx(row(name="Lind og Ravn")), ("<t>Lind og Ravn</t>", "<t><![CDATA[Lind & Ravn]]></t>")),
}


# --- ods --------------------------------------------------------------------------------------------------------------


def ods_cell(inner: str, attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}>{inner}</table:table-cell>"


def ods(*, styles: str = "", between: str = "", mimetype: bool = True, **cells: str) -> Write:
    """A sheet of one claim. ``cells`` are by heading; ``between`` is white space between the elements of the table."""
    plain = {
        heading: ods_cell(f"<text:p>{value}</text:p>")
        for heading, value in zip(HEADINGS, row(), strict=True)
        if isinstance(value, str)
    }
    for heading, day in (("date", "2025-05-02"), ("due_date", "2025-06-02")):
        plain[heading] = ods_cell(
            f"<text:p>{day[8:]}.{day[5:7]}.25</text:p>", f'office:value-type="date" office:date-value="{day}"'
        )
    plain["amount_to_recover"] = ods_cell("<text:p>750,25</text:p>", 'office:value-type="float" office:value="750.25"')
    found = plain | cells
    lines = [[ods_cell(f"<text:p>{heading}</text:p>") for heading in HEADINGS], [found[heading] for heading in HEADINGS]]
    table = "".join(
        f"{between}<table:table-row>{between}{between.join(line)}{between}</table:table-row>{between}" for line in lines
    )
    names = " ".join(f'xmlns:{one}="{ODS_NAMES}:{one}:1.0"' for one in ("office", "table", "text", "style"))
    names += f' xmlns:draw="{ODS_NAMES}:drawing:1.0" xmlns:number="{ODS_NAMES}:datastyle:1.0"'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="Cases">{table}</table:table></office:spreadsheet></office:body></office:document-content>'
    )

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            if mimetype:
                archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", content)

    return write


PREFIX_STYLE = (
    '<number:number-style style:name="N1"><number:text>F-</number:text><number:number number:min-integer-digits="5"/>'
    '</number:number-style><style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
)

SHEETS_OF_OPENDOCUMENT: dict[str, Write] = {
    "A5-dateref.ods": ods(
        creditor_reference=ods_cell("<text:p>12-4</text:p>", 'office:value-type="date" office:date-value="2025-04-12"')
    ),
    "A6-prefixref.ods": ods(
        styles=PREFIX_STYLE,
        creditor_reference=ods_cell(
            "<text:p>F-00456</text:p>", 'office:value-type="float" office:value="456" table:style-name="ce1"'
        ),
    ),
    "A11-lb.ods": ods(debtor_name=ods_cell("<text:p>Tove<text:line-break/>Lind</text:p>")),
    "A11-frame.ods": ods(
        debtor_name=ods_cell("<draw:custom-shape><text:p>Se her</text:p></draw:custom-shape><text:p>Tove Lind</text:p>"),
        amount_to_recover=ods_cell(
            "<draw:frame><draw:text-box><text:p>12</text:p></draw:text-box></draw:frame><text:p>750,25</text:p>",
            'office:value-type="float" office:value="750.25"',
        ),
    ),
    "B5-pretty.ods": ods(between="\n      "),
}


# --- old and binary workbooks -----------------------------------------------------------------------------------------


def _xls(*rows: list[Any]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Cases")
    for number, cells in enumerate((HEADINGS, *rows)):
        for column, value in enumerate(cells):
            style = xlwt.easyxf(num_format_str="yyyy-mm-dd") if isinstance(value, date) else xlwt.Style.default_style
            sheet.write(number, column, value, style)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def formulas_of_old_programs(path: Path) -> None:
    """Amounts that are formulas, in records of the kind 0x0406."""
    data = bytearray(_xls(row(amount=xlwt.Formula("700+50.25")), row("R-2", amount=xlwt.Formula("700+50.25"))))
    for found in list(re.finditer(rb"\x06\0[\x16-\x30]\0[\x01\x02]\0\x04\0", data)):
        at = found.start()
        data[at : at + 2] = struct.pack("<H", 0x406)
        data[at + 10 : at + 18] = struct.pack("<d", 750.25)
    path.write_bytes(data)


def code_page_of_windows(path: Path) -> None:
    """A workbook in UTF-16 that claims to be in Windows-1252."""
    data = _xls(row(name="Jørn Ågren"))
    stated = struct.pack("<HHH", 0x42, 2, 1200)
    assert data.count(stated) == 1
    path.write_bytes(data.replace(stated, struct.pack("<HHH", 0x42, 2, 1252)))


def _texts(cells: list[Any]) -> list[str | float]:
    return [value.isoformat() if isinstance(value, date) else value for value in cells]


def _serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


OLD_AND_BINARY: dict[str, Write] = {
    "A7-f406.xls": formulas_of_old_programs,
    "B2-biff5.xls": lambda path: write_excel_5(path, "Sager", [list(HEADINGS), _texts(row(name="Jørn Ågren"))]),
    "B3-cp1252.xls": code_page_of_windows,
    "B6-rkint.xlsb": lambda path: write_xlsb(
        path,
        {
            "Cases": [
                list(HEADINGS),
                [(_serial(value), "yyyy-mm-dd") if isinstance(value, date) else value for value in row()],
            ]
        },
    ),
}

KINDS: dict[str, Write] = TEXTS | WORKBOOKS | SHEETS_OF_OPENDOCUMENT | OLD_AND_BINARY
"""What writes a file of each kind, by the name of a file of this kind."""
