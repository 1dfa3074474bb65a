"""What a cell shows counts: currencies and identifiers that only a number format shows, from every kind of workbook."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import xlsxwriter
import xlwt
from odf.number import CurrencyStyle, CurrencySymbol, Number, NumberStyle
from odf.number import Text as NumberText
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from support.sheets import read_sheet

from importer.domain.notes import Note, NoteKind
from importer.domain.records import CaseRecord, Reject
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.source import open_file

DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK"}
HEADINGS = ("creditor_reference", "date", "amount_to_recover", "debtor_type", "debtor_name", "debtor_zip_code", "debtor_country")
DAY = date(2026, 1, 31)
EUROS, INVOICE, ZIP = "#,##0.00\\ [$€-407]", '"INV-"00000', "[<=99999]00000;00000-0000"


def context(**defaults: str) -> LoadContext:
    values = DEFAULTS | defaults
    return LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults=values)


def read(path: Path, profile: Profile = NO_PROFILE, **defaults: str) -> list[CaseRecord | Reject]:
    with open_file(path, profile, context(**defaults)) as source:
        return [row.case for row in source.rows]


def wire(case) -> dict:
    assert isinstance(case, CaseRecord), case
    return json.loads(case.payload)


def codes(case) -> list[str]:
    assert isinstance(case, Reject), case
    return [reason.code for reason in case.reasons]


Row = tuple[tuple[object, str], ...]
"""The values of a row, each with its number format."""


def row(ref=("F-1", ""), amount=(1234.5, "#,##0.00"), zip_code=("2100", ""), name=("Vibeke Holm", ""), day=(DAY, "yyyy-mm-dd")):
    return (ref, day, amount, ("Person", ""), name, zip_code, ("DK", ""))


def xlsx(path: Path, *rows: Row, headings=HEADINGS) -> Path:
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Cases")
    sheet.write_row(0, 0, headings)
    for number, cells in enumerate(rows, 1):
        for column, (value, code) in enumerate(cells):
            form = book.add_format({"num_format": code}) if code else None
            if isinstance(value, date | time):
                sheet.write_datetime(number, column, value, form)
            else:
                sheet.write(number, column, value, form)
    book.close()
    return path


def by_openpyxl(path: Path, *rows: Row) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Cases"
    book.active.append(list(HEADINGS))
    for number, cells in enumerate(rows, 2):
        for column, (value, code) in enumerate(cells, 1):
            cell = book.active.cell(number, column, value)
            cell.number_format = code or "General"
    book.save(path)
    return path


def by_xlwt(path: Path, *rows: Row) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Cases")
    for column, heading in enumerate(HEADINGS):
        sheet.write(0, column, heading)
    for number, cells in enumerate(rows, 1):
        for column, (value, code) in enumerate(cells):
            sheet.write(number, column, value, xlwt.easyxf(num_format_str=code or "General"))
    book.save(str(path))
    return path


def by_odfpy(path: Path) -> Path:
    """A sheet with the row that the other writers write, by number styles and without texts."""
    document, table = OpenDocumentSpreadsheet(), Table(name="Cases")
    invoice, euros = NumberStyle(name="N1"), CurrencyStyle(name="N2")
    invoice.addElement(NumberText(text="INV-"))
    invoice.addElement(Number(minintegerdigits="5"))
    euros.addElement(Number(decimalplaces="2", minintegerdigits="1", grouping="true"))
    euros.addElement(CurrencySymbol(language="de", country="DE", text="€"))
    for style in (invoice, euros, Style(name="c1", family="table-cell", datastylename="N1")):
        document.automaticstyles.addElement(style)
    document.automaticstyles.addElement(Style(name="c2", family="table-cell", datastylename="N2"))
    texts = [{"text": heading} for heading in HEADINGS]
    cells = [
        {"valuetype": "float", "value": "1067", "stylename": "c1"},
        {"valuetype": "date", "datevalue": "2026-01-31"},
        {"valuetype": "currency", "value": "1234.5", "stylename": "c2"},
        *({"text": text} for text in ("Person", "Vibeke Holm")),
        {"valuetype": "float", "value": "501", "text": "00501"},
        {"text": "DK"},
    ]
    for one in (texts, cells):
        line = TableRow()
        for attributes in one:
            text = attributes.pop("text", None)
            cell = TableCell(**({"valuetype": "string"} | attributes if text else attributes))
            if text:
                cell.addElement(P(text=text))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(path))
    return path


SHOWN = row(ref=(1067, INVOICE), amount=(1234.5, EUROS), zip_code=(501, ZIP))


@pytest.mark.parametrize("writer", [xlsx, by_openpyxl, by_xlwt, by_odfpy])
def test_every_writer_of_workbooks(tmp_path, writer) -> None:
    suffix = {by_xlwt: "xls", by_odfpy: "ods"}.get(writer, "xlsx")
    path = tmp_path / f"a.{suffix}"
    (case,) = read(writer(path) if writer is by_odfpy else writer(path, SHOWN), debtor_country="DK")
    found = wire(case)
    assert (found["creditorReference"], found["currencyCode"], found["amountToRecover"]) == ("INV-01067", "EUR", 1234.5)
    assert found["debtor"]["zipCode"] == "00501"


def amounts(
    tmp_path: Path, *cells: tuple[object, str], currency: str | None = None, default: str | None = None
) -> list[CaseRecord | Reject]:
    rows = [row(ref=(f"F-{number}", ""), amount=cell) for number, cell in enumerate(cells)]
    headings = HEADINGS if currency is None else (*HEADINGS, "currency")
    rows = rows if currency is None else [(*one, (currency, "")) for one in rows]
    return read(xlsx(tmp_path / "a.xlsx", *rows, headings=headings), **({"currency": default} if default else {}))


def test_the_default_of_the_settings_gives_way_to_a_currency_that_is_shown(tmp_path) -> None:
    found = amounts(tmp_path, (5, EUROS), (5, '0.00 "kr."'), (5, "0.00 [$SEK]"), currency=None, default="DKK")
    assert [wire(case)["currencyCode"] for case in found] == ["EUR", "DKK", "SEK"]


MIXED = ((5, "#,##0.00"), (0, "0.00"), (5, EUROS), ("7.00", "@"), ("8.00 DKK", "@"))


def mixed(path: Path, writer) -> Path:
    """Amounts of which one shows its currency by its format, the one in the third row."""
    return writer(path, *(row(ref=(f"F-{number}", ""), amount=cell) for number, cell in enumerate(MIXED)))


@pytest.mark.parametrize("writer", [xlsx, by_openpyxl, by_xlwt])
def test_the_default_is_not_the_currency_of_amounts_that_show_none_where_others_show_theirs(tmp_path, writer) -> None:
    path = mixed(tmp_path / ("a.xls" if writer is by_xlwt else "a.xlsx"), writer)
    found = read(path, currency="DKK")
    assert [codes(case)[0] if isinstance(case, Reject) else wire(case)["currencyCode"] for case in found] == [
        "currency_not_shown",
        "currency_not_shown",
        "EUR",
        "currency_not_shown",
        "DKK",
    ]
    reason = found[0].reasons[0]
    assert (reason.field, reason.value) == ("amount_to_recover", "5")
    assert "other amounts of the sheet show theirs" in reason.message
    assert isinstance(found[0].formerly, CaseRecord)  # which an earlier release may have sent
    plain, _, euros, *_ = read(path, Profile(constants={"currency": "EUR"}))
    assert (wire(plain)["currencyCode"], wire(euros)["currencyCode"]) == ("EUR", "EUR")


def test_the_default_is_that_of_a_list_in_which_no_amount_shows_another(tmp_path) -> None:
    cells = [(5, "#,##0.00"), (7, "0.00"), ("8.00", "")]
    assert [wire(case)["currencyCode"] for case in amounts(tmp_path, *cells, default="DKK")] == ["DKK"] * 3


@pytest.mark.parametrize("written", ["DKK", "kr."])
def test_a_currency_column_that_says_another_one_is_a_contradiction(tmp_path, written) -> None:
    euros, kroner = amounts(tmp_path, (5, EUROS), (5, '0.00 "kr."'), currency=written)
    assert codes(euros) == ["currency_differs"]
    assert "EUR" in euros.reasons[0].message
    assert "DKK" in euros.reasons[0].message
    assert wire(kroner)["currencyCode"] == "DKK"


def test_a_blank_cell_of_the_currency_column_is_filled_by_what_is_shown(tmp_path) -> None:
    (case,) = amounts(tmp_path, (5, EUROS), currency="")
    assert wire(case)["currencyCode"] == "EUR"


def test_a_constant_of_the_profile_that_says_another_one_is_a_contradiction(tmp_path) -> None:
    path = xlsx(tmp_path / "a.xlsx", SHOWN)
    (case,) = read(path, Profile(constants={"currency": "DKK"}))
    assert codes(case) == ["currency_differs"]


def test_a_row_that_shows_no_currency_lacks_one_where_others_show_theirs(tmp_path) -> None:
    shown, missing = amounts(tmp_path, (5, EUROS), (5, "#,##0.00"))
    assert wire(shown)["currencyCode"] == "EUR"
    assert codes(missing) == ["required"]


def test_a_sign_of_several_currencies_is_decided_by_the_countries(tmp_path) -> None:
    kroner, dollars = amounts(tmp_path, (5, '0.00 "kr"'), (5, '"$"0.00'))
    assert wire(kroner)["currencyCode"] == "DKK"
    assert codes(dollars) == ["currency"]
    assert 'only shown as "$", a sign of several currencies, by the format of the amount ("$5.00")' in dollars.reasons[0].message
    assert "5.00" not in (dollars.reasons[0].gist or "")


def test_letters_of_dates_beside_a_number_do_not_make_it_a_date(tmp_path) -> None:
    found = amounts(tmp_path, *((1234.5, code) for code in ("0.00 SEK", "USD 0.00", "0.00 DKK", "0.00 [$EUR]")))
    assert [(wire(case)["currencyCode"], wire(case)["amountToRecover"], wire(case)["date"]) for case in found] == [
        (code, 1234.5, "2026-01-31") for code in ("SEK", "USD", "DKK", "EUR")
    ]


def test_a_currency_that_is_shown_on_a_condition_only_is_noted(tmp_path) -> None:
    book = openpyxl.load_workbook(xlsx(tmp_path / "a.xlsx", row()))
    shown = DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode=EUROS))
    plain = DifferentialStyle(numFmt=NumberFormat(numFmtId=201, formatCode="#,##0.00"))
    for place, style in (("C2:C9", shown), ("D2:D9", plain)):
        book.active.conditional_formatting.add(place, Rule(type="expression", dxf=style, formula=["TRUE"]))
    book.save(tmp_path / "a.xlsx")
    with open_file(tmp_path / "a.xlsx", NO_PROFILE, context(currency="DKK")) as source:
        assert Note(NoteKind.CONDITIONAL_FORMATS, "Cases", values=(("range", "C2:C9"),)) in source.notes


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [
        (0.08, "0%", "amount_unclear"),
        (5000, "#,##0,", "amount_unclear"),
        (5, "[$Taler] 0", "currency_unknown"),
        (5, '"USD" 0 "EUR"', "currency_unknown"),
    ],
)
def test_amounts_that_are_shown_as_something_else_are_rejected(tmp_path, value, code, reason) -> None:
    (case,) = amounts(tmp_path, (value, code), currency="DKK")
    assert codes(case) == [reason]


def test_a_profile_says_what_an_amount_means_that_is_shown_as_a_percentage(tmp_path) -> None:
    path = xlsx(tmp_path / "a.xlsx", row(amount=(0.5, "0%")))
    (case,) = read(path, Profile(values={"amount_to_recover": {"50%": "50.00"}}), currency="DKK")
    assert wire(case)["amountToRecover"] == 50


@pytest.mark.parametrize(
    "cell",
    [
        {"ref": (DAY, "mmm-yy")},
        {"ref": (time(12, 30), "hh:mm")},
        {"zip_code": (DAY, "d-mm")},
        {"name": (DAY, "dd-mm-yyyy")},
    ],
)
def test_dates_in_references_postal_codes_and_names(tmp_path, cell) -> None:
    (case,) = read(xlsx(tmp_path / "a.xlsx", row(**cell)), currency="DKK")
    assert codes(case) == ["made_a_date"]


@pytest.mark.parametrize("code", ["0.00E+00", '#,##0.00 "kr."', "0;0", ";;;", "# ?/?", "0.0"])
def test_a_reference_whose_text_cannot_be_determined_is_rejected(tmp_path, code) -> None:
    (case,) = read(xlsx(tmp_path / "a.xlsx", row(ref=(-1067.25, code))), currency="DKK")
    assert codes(case) == ["shown_unclear"]


def test_texts_with_something_beside_them(tmp_path) -> None:
    (case,) = read(xlsx(tmp_path / "a.xlsx", row(ref=("1067", '"INV-"@'))), currency="DKK")
    assert wire(case)["creditorReference"] == "INV-1067"


def test_a_personal_number_that_only_a_format_shows_is_masked(tmp_path) -> None:
    cells = (*row(), (101801234, '"CPR "000000-0000'))
    path = xlsx(tmp_path / "a.xlsx", cells, headings=(*HEADINGS, "Remark"))
    with open_file(path, NO_PROFILE, context(currency="DKK")) as source:
        (found,) = source.rows
    assert "1234" not in str(found.row.cells[-1])
    assert found.row.held is None or "1234" not in str(found.row.held[-1])


def plain_and_shown(folder: Path) -> tuple[Path, Path]:
    """Write the same list twice: as earlier releases read it, numbers alone, and with the formats of its cells."""
    refs, kinds = (1067, 1068, 1069), ('"INV-"0', "0.00", "[>9]0000000;0")
    headings = (*HEADINGS, "currency")
    shown = [(*row(ref=one, name=(f"Vibeke Holm {n}", "")), ("DKK", "")) for n, one in enumerate(zip(refs, kinds, strict=True))]
    plain = [((one[0][0], ""), *one[1:]) for one in shown]
    return xlsx(folder / "a.xlsx", *plain, headings=headings), xlsx(folder / "b.xlsx", *shown, headings=headings)


def test_what_an_earlier_release_sent_is_known(configured_workspace, fake_apis) -> None:
    settings = {f"IMPORTER_DEFAULTS__{name.upper()}": value for name, value in DEFAULTS.items()}
    plain, shown = plain_and_shown(configured_workspace.folder)
    first = configured_workspace.call("run", plain.name, "--yes", env=settings)
    assert first.code == 0, first
    assert sorted(case["creditorReference"] for case in fake_apis.cases) == ["1067", "1068", "1069"]
    shown.replace(plain)
    again = configured_workspace.call("run", plain.name, "--yes", env=settings)
    assert (again.code, len(fake_apis.cases)) == (0, 3), again
    assert "already imported 3" in " ".join(again.out.split())


def test_what_an_earlier_release_sent_is_known_in_a_later_list(configured_workspace, fake_apis) -> None:
    """The cells of a later list differ, so that only the reference of the earlier release finds the cases again."""
    settings = {f"IMPORTER_DEFAULTS__{name.upper()}": value for name, value in DEFAULTS.items()}
    plain, shown = plain_and_shown(configured_workspace.folder)
    assert configured_workspace.call("run", plain.name, "--yes", env=settings).code == 0
    book = openpyxl.load_workbook(shown)
    book.active["C2"].value = 1000.5
    book.active["C3"].value = 5000
    book.save(shown)
    again = configured_workspace.call("run", shown.name, "--yes", env=settings)
    assert (again.code, len(fake_apis.cases)) == (3, 3), again  # the second claim has grown, which is rejected


def test_what_is_rejected_now_and_was_sent_before_is_known(configured_workspace, fake_apis) -> None:
    settings = {f"IMPORTER_DEFAULTS__{name.upper()}": value for name, value in DEFAULTS.items()} | {
        "IMPORTER_DEFAULTS__CURRENCY": "DKK"
    }
    path = configured_workspace.folder / "a.xlsx"
    xlsx(path, row(ref=(DAY.isoformat(), "")))
    assert configured_workspace.call("run", path.name, "--yes", env=settings).code == 0
    xlsx(path, row(ref=(DAY, "mmm-yy")))
    again = configured_workspace.call("run", path.name, "--yes", env=settings)
    assert (again.code, len(fake_apis.cases)) == (0, 1), again


def test_an_error_sheet_keeps_what_cells_show(configured_workspace, fake_apis) -> None:
    settings = {f"IMPORTER_DEFAULTS__{name.upper()}": value for name, value in DEFAULTS.items()}
    headings = (*HEADINGS, "debtor_registration_number")
    wrong = (*row(ref=(1067, '"INV-"0'), amount=(5, EUROS), day=("31-31-2026", "")), ("", ""))
    xlsx(configured_workspace.folder / "a.xlsx", wrong, headings=headings)
    assert configured_workspace.call("run", "a.xlsx", "--yes", env=settings).code == 3
    (report,) = configured_workspace.reports()
    errors = report / "errors.xlsx"
    (left,) = read_sheet(errors, "Cases")
    assert (left["creditor_reference"], left["amount_to_recover"]) == ("INV-1067", 5)
    book = openpyxl.load_workbook(errors)
    sheet = book["Cases"]
    at = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, at["amount_to_recover"]).number_format == EUROS
    sheet.cell(2, at["date"]).value = "2026-01-31"
    book.save(errors)
    assert configured_workspace.call("run", errors, "--yes", env=settings).code == 0
    (sent,) = fake_apis.cases
    assert (sent["creditorReference"], sent["currency"]) == ("INV-1067", "EUR")
    with closing(sqlite3.connect(configured_workspace.folder / "ledger.db")) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (1,)
