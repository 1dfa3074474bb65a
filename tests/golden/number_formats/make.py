"""Make ``shown.tsv`` again: what LibreOffice shows for numbers and texts in number formats.

It needs LibreOffice Calc (``soffice``) and skips without it: ``python tests/golden/number_formats/make.py``.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent
SHOWN = HERE / "shown.tsv"
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1"

WHOLE = (0, 5, 1067, 1234567, -42)
BROKEN = (0, 0.5, 1234.5, 1234567.891, -1234.5)
CODES: dict[str, tuple[float | str, ...]] = {
    # whole numbers, padding and literals
    **dict.fromkeys(
        (
            *(
                "General",
                "0",
                "00",
                "000",
                "0000",
                "00000",
                "000000",
                "0000000000",
                "#",
                "##",
                "###0",
                "#0",
                "0#",
                "?",
                "??0",
                "?0",
            ),
            *('"INV-"0', '"INV-"00000', '0"/25"', '"0"0', '"F-"0000', '"A"0"B"', '"A"0"B"0"C"', "\\F0", "\\F\\-000000", "\\#0"),
            *(
                "00-0000",
                "00\\-0000",
                "000-000-000",
                "0000 0000",
                "00 00 00 00",
                "0/0000",
                "(000) 000-0000",
                "+00 00000000",
                "0:00",
            ),
            *("00000-0000", "000\\ 00", "#-0", "##-##", "0-0-0", '"DK"00000000', '"DK-"00000000', '00"."000', '0"_"0', "0\\.0"),
            *('0" stk."', '0 "pcs"', '"No. "0', '"Nr. "#', '"x"', '""', '"ABC";"DEF";"GHI"', '0;"neg "0', '0;-0;"none"', "0;-0;"),
            *("0;;", "0;", ";;;", "0;(0)", "0;[Red]0", "0;[Red]-0", "[Blue]0", "[Color 3]0;[Red]-0", "[Red]0", "0_)", "0_);(0)"),
            *("_-0_-", "* 0", '"A"* 0', "*-0", "$0", "-0", "+0", "(0)", "0-", "0!", "<0>", "{0}", "~0", "0'", "0^0", "=0"),
            *("[<=99999]00000;00000-0000", "[<=9999999]###-####;(###) ###-####", '[>=1000]"big "0;"small "0', '[=5]"five";0'),
            *('[<0]"minus "0;0', '[>100]0;[<0]"below "0;"else "0', '[>1000]#,##0;[>10]0;"few "0', '[<>5]0;"not "0', "[>=0]0;0"),
            *("0000000-00000", "00000000", '"CVR "00000000', '0"-"00"-"000', "@", '"T-"@', "0;0;0;@", '0;0;0;"T-"@'),
        ),
        (*WHOLE, "abc"),
    ),
    # decimals, groups, scales
    **dict.fromkeys(
        (
            *(
                "0.0",
                "0.00",
                "0.000",
                "0.##",
                "0.#",
                "0.0#",
                "#.##",
                "#.00",
                ".00",
                ".##",
                "0.",
                "#.",
                "0.??",
                "00000.0",
                "0000.00",
            ),
            *("#,##0", "#,##0.00", "#,###", "#,###.00", "#,#", "0,000", "0,0", "00,000", "000,000,000", "#,##0.###", "#,##0.0"),
            *(
                "#,##0,",
                "#,##0.00,",
                "0,",
                "0.0,,",
                "#,##0,,",
                '0.0,"k"',
                '0.00,,"m"',
                "#,##0_);(#,##0)",
                "#,##0.00_);[Red](#,##0.00)",
            ),
            *(
                "0.00;0.00",
                "0.00;[Red]0.00",
                "0.00;-0.00;0",
                '#,##0.00;-#,##0.00;"-"',
                "0%",
                "0.0%",
                "0.00%",
                "#%",
                "%0",
                '0" %"',
                "0\\%",
            ),
            *("0.00E+00", "0E+0", "0.0E+0", "0.00E-00", "##0.0E+0", "#E+0", "0.000E+000", "00.0E+00"),
            *("# ?/?", "# ??/??", "# ???/???", "?/?", "??/??", "# ?/2", "# ?/4", "# ?/8", "# ??/16", "0 0/0", '# ?/? "in"'),
        ),
        BROKEN,
    ),
    # currencies
    **dict.fromkeys(
        (
            *(
                "#,##0.00\\ [$€-407]",
                "[$€-2] #,##0.00",
                "#,##0.00 [$€-1]",
                "[$$-409]#,##0.00",
                "[$£-809]#,##0.00",
                "#,##0.00 [$SEK]",
            ),
            *("[$kr-414] #,##0.00", "#,##0.00 [$kr.-406]", "#,##0.00\\ [$kr-41D]", "[$CHF] #,##0.00", "[$USD-409] #,##0.00"),
            *(
                '#,##0.00\\ "kr."',
                '"kr" #,##0.00',
                "€ #,##0.00",
                "#,##0.00 €",
                "$#,##0.00",
                '"DKK" #,##0.00',
                '#,##0.00" EUR"',
                "£0",
            ),
            *(
                '_-* #,##0.00\\ "kr."_-;\\-* #,##0.00\\ "kr."_-;_-* "-"??\\ "kr."_-;_-@_-',
                '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\)',
            ),
            *(
                '"kr." #,##0.00;[Red]"kr." -#,##0.00',
                '"kr." #,##0.00;"kr." #,##0.00',
                '0.00" SEK"',
                "[$₽-419] 0.00",
                "0.00 [$zł-415]",
            ),
            *('"$"#,##0_);\\("$"#,##0\\)', '"$"#,##0_);[Red]\\("$"#,##0\\)', "#,##0.00\\ _€;-#,##0.00\\ _€", "[$-409]#,##0.00"),
        ),
        (0, 1234.5, -1234.5),
    ),
}


def rows() -> list[tuple[str, float | str]]:
    """Return each format with each of its values."""
    return [(code, value) for code, values in CODES.items() for value in values]


def main() -> None:
    """Write ``shown.tsv``."""
    soffice = shutil.which("soffice")
    if soffice is None:
        sys.exit("LibreOffice is not installed, so that shown.tsv stays as it is.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = xlsxwriter.Workbook(folder / "a.xlsx")
        sheet = book.add_worksheet()
        sheet.set_column(0, 0, 60)  # a cell that is too narrow shows ###
        for number, (code, value) in enumerate(rows()):
            sheet.write(number, 0, value, book.add_format({"num_format": code}))
            sheet.write(number, 1, "|")  # so that no row is empty
        book.close()
        home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
        command = [soffice, home, "--headless", "--convert-to", AS_SHOWN, "--outdir", name, str(folder / "a.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        with (folder / "a.csv").open(encoding="utf-8", newline="") as file:
            shown = [row[0] for row in csv.reader(file)]
    with SHOWN.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("code", "value", "shown"))
        writer.writerows((code, value, text) for (code, value), text in zip(rows(), shown, strict=True))


if __name__ == "__main__":
    main()
