"""The picture of a list, its cases and its vouchers side by side, as SVG with plain shapes and texts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

LINE, TOP = 26, 66
LIST = (
    ("1001  Birthe Sand", "Invoice 20311", "1,000.00"),
    ("1001  Birthe Sand", "Invoice 20355", "250.50"),
    ("1001  Birthe Sand", "Credit note 30012", "-50.50"),
    ("1001  Birthe Sand", "Payment B-771", "-200.00"),
    ("1001  Birthe Sand", "Reminder fee R-104", "100.00"),
    ("1002  Kaj Lund", "Invoice 20312", "400.00"),
)
CASES = (("1001  Birthe Sand", "1,000.00", 0, 5), ("1002  Kaj Lund", "400.00", 5, 6))
VOUCHERS = (
    *("invoice  1,000.00", "invoice  250.50", "credit note  50.50", "deposit  200.00"),
    *("reminder fee  100.00", "invoice  400.00"),
)

SUM = "The case is 1,000.00 + 250.50 - 50.50 - 200.00. The fee is a voucher and not in the case."


def list_picture() -> str:
    """Return the picture."""
    height = TOP + LINE * len(LIST) + 46
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 {height}" width="860" height="{height}" role="img">'
    title = "<title>A list of six rows becomes two cases at Debitura and six vouchers at Debbie</title>"
    style = '<g font-family="sans-serif" font-size="13" fill="#1f2933"><rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join((head, title, style, *_parts(height), "</g></svg>", ""))


def _parts(height: int) -> Iterator[str]:
    for x, text in ((20, "The list"), (430, "Cases at Debitura"), (650, "Vouchers at Debbie")):
        yield f'<text x="{x}" y="34" font-size="15" font-weight="bold">{text}</text>'
    for number, (debtor, document, amount) in enumerate(LIST):
        y = TOP + LINE * number
        yield _box(20, y, 370, "#f5f7fa")
        yield f'<text x="30" y="{y + 16}">{escape(debtor)}</text><text x="170" y="{y + 16}">{escape(document)}</text>'
        yield f'<text x="380" y="{y + 16}" text-anchor="end">{amount}</text>'
        yield _box(650, y, 190, "#e3f2e6")
        yield f'<text x="660" y="{y + 16}">{escape(VOUCHERS[number])}</text>'
    for debtor, amount, first, last in CASES:
        y, tall = TOP + LINE * first, LINE * (last - first) - 4
        middle = y + tall // 2
        yield f'<rect x="430" y="{y}" width="180" height="{tall}" rx="4" fill="#e1ecf9" stroke="#8aa9cf"/>'
        for line, text in enumerate((debtor, f"{amount} DKK") if last - first > 1 else (f"{debtor}  {amount}",)):
            yield f'<text x="440" y="{middle + 4 + 18 * line}">{escape(text)}</text>'
        for number in range(first, last):
            at = TOP + LINE * number + 11
            yield f'<path d="M390 {at}H430M610 {at}H650" stroke="#8aa9cf" fill="none"/>'
    yield f'<text x="20" y="{height - 16}">{SUM}</text>'


def _box(x: int, y: int, width: int, fill: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="22" rx="3" fill="{fill}" stroke="#c5ced8"/>'
