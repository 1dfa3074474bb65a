"""The formats that a workbook names by their number alone. Source: ECMA-376, part 1, 18.8.30.

Not listed are dates, and the numbers whose format depends on the language of the program (5-8, 41-44: the currency of
the person who opens the workbook). A workbook that means one of those for certain has its code.
"""

from __future__ import annotations

from importer.domain.number_formats.meaning import must_be_kept
from importer.domain.number_formats.number_format import NumberFormat, number_format

BUILT_IN: dict[int, NumberFormat] = {
    number: number_format(code)
    for number, code in {
        1: "0",
        2: "0.00",
        3: "#,##0",
        4: "#,##0.00",
        9: "0%",
        10: "0.00%",
        11: "0.00E+00",
        12: "# ?/?",
        13: "# ??/??",
        48: "##0.0E+0",
        49: "@",
    }.items()
}
LOCALE_BOUND = frozenset((5, 6, 7, 8, 41, 42, 43, 44))
"""Numbers of formats in the language of the program that opens the workbook, unless their code is in the file."""


def kept_built_in() -> dict[str, NumberFormat]:
    """Return the built-in formats whose cells show something else than their numbers, by their numbers as texts."""
    return {str(number): form for number, form in BUILT_IN.items() if must_be_kept(form)}
