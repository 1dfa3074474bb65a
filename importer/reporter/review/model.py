"""The review as data: one model that the terminal, ``review.html`` and JSON render.

Everything in it can be written as JSON and read back. Money is in hundredths by currency, in JSON decimal text in major units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

from importer.domain.kinds import RecordKind
from importer.domain.money import decimal_text
from importer.domain.states import RowStatus
from importer.domain.text_keys import header_key
from importer.domain.unusual import Unusual


def _cents(value: object) -> object:
    return int(Decimal(value) * 100) if isinstance(value, str) else value


Cents = Annotated[int, BeforeValidator(_cents), PlainSerializer(decimal_text, return_type=str)]
Totals = dict[str, Cents]


@dataclass(frozen=True)
class StatusRows:
    """The cases or vouchers of a file in one status."""

    kind: RecordKind
    status: RowStatus
    rows: int
    money: Totals


@dataclass(frozen=True)
class ReasonRows:
    """The cases or vouchers that are not sent for one reason. ``row`` names the first of them."""

    kind: RecordKind
    status: RowStatus
    reason: str
    rows: int
    money: Totals
    row: str
    values: str = ""
    is_consequence: bool = False


@dataclass(frozen=True)
class ColumnRead:
    """A heading and the columns that it fills."""

    heading: str
    columns: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether the heading is the importer's own name of the column."""
        return all(header_key(self.heading) == header_key(name) for name in self.columns)


@dataclass(frozen=True)
class UnusedColumn:
    """A heading that is not used.

    ``seems``: what it may tell about the state of a claim (``payment``, ``status``) or hold of a debtor (``house number``).
    """

    heading: str
    seems: str | None = None


@dataclass(frozen=True)
class ValueRead:
    """A distinct value of a column: its rows, and what it was taken for (empty: nobody knows). ``is_sure``: it is certain."""

    text: str
    taken: str
    rows: int
    is_sure: bool = True


@dataclass(frozen=True)
class ValuesOfColumn:
    """The distinct values of a column that says what a row, a debtor or a currency is."""

    heading: str
    column: str
    values: tuple[ValueRead, ...]


@dataclass(frozen=True)
class SheetReading:
    """How a sheet was read.

    ``constants`` are columns with one value for all rows; ``decisions`` sentences on decimal marks and orders of dates, with the
    rows that prove them; ``unused`` the headings that are not used, those that seem to tell the state of a claim in
    front, then those that seem to hold something of a debtor.
    ``values`` are the distinct values of columns that say what a row, a debtor or a currency is.
    """

    name: str
    holds: str
    columns: tuple[ColumnRead, ...]
    constants: tuple[tuple[str, str], ...] = ()
    decisions: tuple[str, ...] = ()
    unused: tuple[UnusedColumn, ...] = ()
    notes: tuple[str, ...] = ()
    values: tuple[ValuesOfColumn, ...] = ()

    @property
    def same_names(self) -> tuple[str, ...]:
        """The headings that are the importer's own names of their columns."""
        return tuple(one.heading for one in self.columns if one.is_own)

    @property
    def other_names(self) -> tuple[ColumnRead, ...]:
        """The headings under other names."""
        return tuple(one for one in self.columns if not one.is_own)


@dataclass(frozen=True)
class ControlTotal:
    """The cases or vouchers of a sheet as they were read, and the valid ones of them.

    ``unread`` counts amounts that could not be read exactly and are missing in ``read``; ``unread_rows`` names the first.
    """

    kind: RecordKind
    sheet: str
    rows: int
    read: Totals
    valid_rows: int
    valid: Totals
    unread: int = 0
    unread_rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowsWithMoney:
    """A number of rows and their money."""

    rows: int
    money: Totals


@dataclass(frozen=True)
class CreditRows:
    """The vouchers that count against the debt, and how many of them name no invoice."""

    rows: int
    money: Totals
    without_invoice: int


@dataclass(frozen=True)
class Parties:
    """Creditors or debtors of one kind: how many cases, their money, and some names to look at.

    ``rule`` is the rule by which debtors were taken for this kind, in words that follow "by".
    """

    name: str
    cases: int
    money: Totals
    examples: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True)
class LargestClaim:
    """One of the largest claims of its currency, with the row of the file that holds it."""

    currency: str
    amount: Cents
    debtor: str
    creditor: str
    reference: str | None
    row: str


@dataclass(frozen=True)
class FileReview:
    """The review of one file, of the claims as they were staged."""

    source: str
    sha256: str
    profile: str | None
    statuses: tuple[StatusRows, ...]
    reasons: tuple[ReasonRows, ...] = ()
    notes: tuple[str, ...] = ()
    sheets: tuple[SheetReading, ...] = ()
    control_totals: tuple[ControlTotal, ...] = ()
    wrong_totals: tuple[str, ...] = ()
    balanced: bool = True
    not_due: RowsWithMoney | None = None
    credits: CreditRows | None = None
    debtor_types: tuple[Parties, ...] = ()
    debtor_type_rule: str = ""
    creditors: tuple[Parties, ...] = ()
    largest: tuple[LargestClaim, ...] = ()
    unusual: tuple[Unusual, ...] = ()
    is_example: bool = False

    def rows(self, kind: RecordKind, status: RowStatus | None = None) -> int:
        """Return the number of cases or vouchers in one status, or (None) of all."""
        return sum(one.rows for one in self.statuses if one.kind is kind and status in {None, one.status})

    def as_json(self) -> dict[str, Any]:
        """Return the review as JSON values."""
        found: dict[str, Any] = _adapter(FileReview).dump_python(self, mode="json")
        return found

    @classmethod
    def from_json(cls, found: object) -> Self:
        """Return the review from the values of :meth:`as_json`. Raises ValidationError if they are others."""
        review: Self = _adapter(FileReview).validate_python(found)
        return review


@dataclass(frozen=True)
class AccountShown:
    """Where the claims go: the partner's company, if the API named it, its id, the host, and whether it is a sandbox."""

    host: str
    partner: str | None = None
    company: str | None = None
    is_sandbox: bool = False


@dataclass(frozen=True)
class Review:
    """The review of a run. ``unreadable`` are the messages on files that could not be read, ``without_rows`` those on empty ones.

    ``finish`` says when sending would end, such as ``finishes Thursday 14:10``; empty if that takes less than a minute.
    """

    account: AccountShown
    ledger: str
    workspace: str
    files: tuple[FileReview, ...]
    unreadable: tuple[str, ...] = ()
    finish: str = ""
    made_at: str = ""
    is_check: bool = field(default=False)
    without_rows: tuple[str, ...] = ()

    def statuses(self) -> tuple[StatusRows, ...]:
        """Return the rows of all files by kind and status, with their money."""
        sums: dict[tuple[RecordKind, RowStatus], tuple[int, Totals]] = {}
        for one in (one for file in self.files for one in file.statuses):
            rows, money = sums.get((one.kind, one.status), (0, {}))
            total = {code: money.get(code, 0) + one.money.get(code, 0) for code in sorted({*money, *one.money})}
            sums[one.kind, one.status] = (rows + one.rows, total)
        ordered = sorted(sums, key=lambda key: (list(RecordKind).index(key[0]), STATUS_ORDER.index(key[1])))
        return tuple(StatusRows(*key, *sums[key]) for key in ordered)

    def as_json(self) -> dict[str, Any]:
        """Return the review as JSON values."""
        found: dict[str, Any] = _adapter(Review).dump_python(self, mode="json")
        return found

    @classmethod
    def from_json(cls, found: object) -> Self:
        """Return the review from the values of :meth:`as_json`. Raises ValidationError if they are others."""
        review: Self = _adapter(Review).validate_python(found)
        return review


STATUS_ORDER = (RowStatus.PENDING, *(status for status in RowStatus if status is not RowStatus.PENDING))
"""The order in which a review lists the statuses: what can be sent comes first."""


@cache
def _adapter(of: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(of)
