"""Reviews of invented files, and a strategy for reviews with any text in them."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.domain.unusual import Rule, Unusual
from importer.reporter.review.model import (
    AccountShown,
    ColumnRead,
    ControlTotal,
    CreditRows,
    FileReview,
    LargestClaim,
    Parties,
    ReasonRows,
    Review,
    RowsWithMoney,
    SheetReading,
    StatusRows,
    UnusedColumn,
)

CASE, VOUCHER = RecordKind.CASE, RecordKind.VOUCHER
SANDBOX = AccountShown("127.0.0.1", is_sandbox=True)
LIVE = AccountShown("api.example.com", "p-1", "Nordlys Inkasso ApS")


def file_with(text: str, cents: int = 123_450) -> FileReview:
    """A file review with every section, and one text in every place."""
    money = {"DKK": cents, "EUR": 1}
    return FileReview(
        source=text,
        sha256="0" * 64,
        profile=text,
        statuses=tuple(StatusRows(kind, status, 2, money) for kind in RecordKind for status in RowStatus),
        reasons=(
            ReasonRows(CASE, RowStatus.REJECTED, text, 1, money, text, text),
            ReasonRows(CASE, RowStatus.LEFT_OUT, text, 2, money, text),
            ReasonRows(VOUCHER, RowStatus.BLOCKED, text, 3, money, text, is_consequence=True),
        ),
        notes=(text,),
        sheets=(
            SheetReading(
                *(text, "cases", (ColumnRead(text, (text, "date")), ColumnRead("date", ("date",))), ((text, text),)),
                *((text,), (UnusedColumn(text, "payment"), UnusedColumn(text)), (text,)),
            ),
            SheetReading(text, "", (), notes=(text,)),
        ),
        control_totals=(ControlTotal(CASE, text, 9, money, 8, money, 12, (text,)),),
        wrong_totals=(text,),
        balanced=False,
        not_due=RowsWithMoney(1, money),
        credits=CreditRows(3, {"DKK": -500}, 2),
        debtor_types=(Parties(text, 3, money, (text,)), Parties("Person", 1, {})),
        debtor_type_rule=text,
        creditors=tuple(Parties(text, 3, money) for _ in range(7)),
        largest=(LargestClaim("DKK", cents, text, text, text, text), LargestClaim("EUR", 1, text, text, None, text)),
        unusual=(Unusual(Rule.ROWS, text),),
        is_example=True,
    )


def review_with(text: str, files: int = 2) -> Review:
    """A review with one text in every place."""
    given = tuple(file_with(text) for _ in range(files))
    account = AccountShown(text, text, text)
    return Review(account, text, text, given, (text,), "finishes Thursday 14:10", "2026-06-15 10:00 UTC", is_check=True)


TEXTS = st.text(max_size=200) | st.text(alphabet="aW中\u202e\x1b\u200d\u0301<>&\"' ", min_size=1, max_size=300)


def columns(line: str) -> int:
    """The columns that a line takes on a terminal, reckoned independently of the importer."""
    return sum(2 if unicodedata.east_asian_width(character) in "FW" else 1 for character in line)
