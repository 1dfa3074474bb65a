"""Number formats of OpenDocument cells, by what they show and by their styles."""

import zipfile
from pathlib import Path

import pytest

from importer.domain.number_formats.meaning import identifier_text
from importer.domain.special_cells import ShownNumber
from importer.loader.files.ods_formats import OdsStyles, code_of_text
from importer.loader.files.reader import open_source


@pytest.mark.parametrize(
    ("value", "text", "code"),
    [
        ("1067", "1067", "0"),
        ("1234.5", "1.234,50", "#,##0.00"),
        ("1234.5", "1 234,50", "#,##0.00"),
        ("1234.5", "1,234.50", "#,##0.00"),
        ("1067", "1.067", "#,##0"),
        ("2025.1", "2025.10", "0.00"),
        ("2025.1", "2025,10", "[$-406]0.00"),
        ("123", "F-00123", '"F-"00000'),
        ("1067", "INV-2025-1067", '"INV-2025-"0'),
        ("20251067", "INV-2025-1067", '"INV-"0000"-"0000'),
        ("12345", "01-2345", '00"-"0000'),
        ("0.08", "8 %", '0" "%'),
        ("-5", "-5,00 kr.", '[$-406]0.00" kr."'),
        ("1234.567", "1.234,57 €", '#,##0.00" €"'),
        ("5", "five", '"five"'),
        ("x", "x", "General"),
        ("1067", "1,067E+03", "0.000E+00"),
        ("1234.5", "1.23E+03", "0.00E+00"),
        ("1067", "1067E+03", '0"E+03"'),  # another number, so that it is a text beside the digits
        ("1234500", "1234,5", '"1234,5"'),
        ("1E+300", "1E+300", "0E+00"),
    ],
)
def test_the_code_of_what_a_cell_shows(value, text, code) -> None:
    assert code_of_text(value, text) == code


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"number:display-factor": "1000", "number:decimal-places": "1", "number:min-integer-digits": "1"}, "0.0,"),
        ({"number:display-factor": "1000000", "number:min-integer-digits": "1"}, "0,,"),
        ({"number:display-factor": "1", "number:min-integer-digits": "1"}, "0"),
        ({"number:display-factor": "many", "number:min-integer-digits": "1"}, "0"),
    ],
)
def test_a_style_that_divides(attributes, code) -> None:
    styles = OdsStyles()
    styles.start("number:number-style", {"style:name": "N1"})
    styles.start("number:number", attributes)
    styles.end("number:number-style")
    assert styles.codes == {"N1": code}


@pytest.mark.parametrize(
    ("condition", "code"),
    [("value()>=0", '0"+";"-"0'), ("value()>1000", '[>1000]0"+";"-"0')],
)
def test_a_style_for_a_condition(condition, code) -> None:
    styles = OdsStyles()
    for name, text, at_end in (("N1P0", "+", True), ("N1", "-", False)):
        styles.start("number:number-style", {"style:name": name})
        for part in ("number", "text") if at_end else ("text", "number"):
            styles.start(f"number:{part}", {"number:min-integer-digits": "1"})
            styles.data(text)
            styles.end(f"number:{part}")
        if name == "N1":
            styles.start("style:map", {"style:condition": condition, "style:apply-style-name": "N1P0"})
            styles.end("style:map")
        styles.end("number:number-style")
    styles.start("style:style", {"style:name": "c1", "style:data-style-name": "N1"})
    assert styles.code_of({"table:style-name": "c1"}, "") == code


STYLES = """<number:number-style style:name="N1"><number:text>INV-</number:text><number:number
 number:min-integer-digits="5"/>
</number:number-style><number:currency-style style:name="N2"><number:number
 number:decimal-places="2" number:min-integer-digits="1"
 number:grouping="true"/><number:text> </number:text><number:currency-symbol
 number:language="nb" number:country="NO">kr
</number:currency-symbol></number:currency-style><number:percentage-style style:name="N3"><number:number
 number:min-integer-digits="1"/><number:text>%</number:text></number:percentage-style>"""
CELLS = """<table:table-column table:number-columns-repeated="3"/><table:table-column
 table:default-cell-style-name="c1"/><table:table-row>
<table:table-cell table:style-name="c1" office:value-type="float" office:value="7"/>
<table:table-cell table:style-name="c2" office:value-type="currency" office:value="1234.5"/>
<table:table-cell table:style-name="c3" office:value-type="percentage" office:value="0.08"/>
<table:table-cell office:value-type="float" office:value="8"/>
<table:table-cell office:value-type="currency" office:currency="EUR" office:value="5"/>
<table:table-cell office:value-type="currency" office:currency="SEK" office:value="5"><text:p>5,00 kr</text:p></table:table-cell>
</table:table-row>"""


def written(path: Path, table: str) -> Path:
    """An OpenDocument workbook with the styles c1 to c3."""
    names = "".join(f'<style:style style:name="c{n}" style:data-style-name="N{n}"/>' for n in (1, 2, 3))
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in {
            "office": "office",
            "table": "table",
            "text": "text",
            "style": "style",
            "number": "datastyle",
        }.items()
    )
    styles, cells = STYLES.replace("\n", ""), table.replace("\n", "")
    content = (
        f"<office:document-content {spaces}><office:automatic-styles>{styles}{names}</office:automatic-styles><office:body>"
        f'<office:spreadsheet><table:table table:name="Sager">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


def test_cells_without_a_text_are_shown_by_their_styles(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ods", CELLS)
    with open_source(path) as source:
        ((_, row),) = source.sheets[0].rows()
    codes = ['"INV-"00000', '#,##0.00" "[$kr-nb-NO]', "0%", '"INV-"00000', "General [$EUR]", '[$-406]0.00" kr" [$SEK]']
    assert [cell.code for cell in row if isinstance(cell, ShownNumber)] == codes
    assert list(row) == [7, 1234.5, 0.08, 8, 5, 5]
    assert identifier_text(row[0].code, row[0]) == "INV-00007"


def test_the_style_of_a_row_comes_before_that_of_a_column(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="7"/>'
    styled = f'<table:table-row table:default-cell-style-name="c1">{cell}</table:table-row>'
    rows = f"{styled}<table:table-row>{cell}</table:table-row>"
    column = '<table:table-column table:default-cell-style-name="c3"/>'
    with open_source(written(tmp_path / "a.ods", column + rows)) as source:
        cells = [cell for _, (cell,) in source.sheets[0].rows()]
    assert [cell.code for cell in cells if isinstance(cell, ShownNumber)] == ['"INV-"00000', "0%"]
