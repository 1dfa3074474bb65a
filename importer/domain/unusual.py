"""What is unusual about a file: its figures compared with those of the last files of the same profile. Pure rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from statistics import median

from importer.domain.kinds import RecordKind
from importer.domain.money import grouped_text

COMPARED_FILES = 10
"""The most earlier files with which a file is compared."""
FEWEST_FILES = 4
"""A file is compared once there are so many earlier ones, which is from the fifth file on."""
HALF_AS_MUCH_AGAIN = Fraction(3, 2)
TEN_TIMES = 10
TWICE = 2
USUAL_SHARE = Fraction(1, 20)
"""The share of left-out rows up to which a file is usual, if its predecessors had none."""
CREDITORS_NAMED = 5


class Rule(StrEnum):
    """The rule by which a file is unusual."""

    NEW_PROFILE = "new_profile"  # too few earlier files to compare with
    ROWS = "rows"  # half as many rows again as the median
    MONEY = "money"  # half as much money again as the median
    LARGE_CLAIM = "large_claim"  # ten times the largest claim so far
    NEW_CREDITOR = "new_creditor"
    LEFT_OUT_SHARE = "left_out_share"  # twice the median share of rows that are left out
    ALL_LEFT_OUT = "all_left_out"


@dataclass(frozen=True, slots=True)
class Unusual:
    """One rule that a file breaks, with the figures in a sentence for the user."""

    rule: Rule
    message: str


@dataclass(frozen=True)
class FileFigures:
    """The figures of one file: what would be sent or was sent of it, and how many of its rows were left out.

    ``rows`` and ``money`` (hundredths by currency) are of the cases and vouchers that are sent, ``largest`` is the largest
    claim by currency. ``all_rows`` counts all cases and vouchers of the file.
    """

    rows: Mapping[RecordKind, int] = field(default_factory=dict)
    money: Mapping[RecordKind, Mapping[str, int]] = field(default_factory=dict)
    largest: Mapping[str, int] = field(default_factory=dict)
    all_rows: int = 0
    left_out: int = 0

    @property
    def sends_nothing(self) -> bool:
        """Whether no row of the file is sent."""
        return not any(self.rows.values())

    @property
    def left_out_share(self) -> Fraction:
        """The share of the rows that are left out, from 0 to 1."""
        return Fraction(self.left_out, self.all_rows) if self.all_rows else Fraction(0)


def unusual(
    file: FileFigures, earlier: Sequence[FileFigures], new_creditors: Sequence[str] = (), *, is_confirmed: bool = False
) -> tuple[Unusual, ...]:
    """Return what is unusual about a file.

    ``earlier`` are the figures of the last files of the profile, without error sheets and files of which nothing was sent;
    ``new_creditors`` are those of which nothing was sent before. ``is_confirmed``: a person has approved a file of this
    profile, so that too few earlier files are not unusual.
    """
    found = list(_left_out_whole(file))
    if len(earlier) < FEWEST_FILES:
        if not is_confirmed and not file.sends_nothing:
            found.append(_new_profile(len(earlier)))
        return tuple(found)
    compared = earlier[:COMPARED_FILES]
    for rule in _RULES:
        found += rule(file, compared)
    if new_creditors:
        found.append(Unusual(Rule.NEW_CREDITOR, _creditors_text(new_creditors)))
    return tuple(found)


def _new_profile(files: int) -> Unusual:
    what = {0: "no earlier file", 1: "only one earlier file"}.get(files, f"only {files} earlier files")
    message = f"A new kind of file: the ledger has {what} to compare with, and compares once it has {FEWEST_FILES}."
    return Unusual(Rule.NEW_PROFILE, message)


def _left_out_whole(file: FileFigures) -> Iterator[Unusual]:
    if file.all_rows and file.left_out == file.all_rows:
        yield Unusual(Rule.ALL_LEFT_OUT, f"All {file.all_rows:,} rows of the file are left out; nothing of it is sent.")


def _rows(file: FileFigures, earlier: Sequence[FileFigures]) -> Iterator[Unusual]:
    for kind, rows in file.rows.items():
        usual = median([one.rows.get(kind, 0) for one in earlier])
        if rows > HALF_AS_MUCH_AGAIN * Fraction(usual):
            what = f"{rows:,} {kind}s would be sent. The median of the last {len(earlier)} files is {usual:,.10g}."
            yield Unusual(Rule.ROWS, what)


def _money(file: FileFigures, earlier: Sequence[FileFigures]) -> Iterator[Unusual]:
    for kind, by_currency in file.money.items():
        for currency, cents in by_currency.items():
            usual = Fraction(median([one.money.get(kind, {}).get(currency, 0) for one in earlier]))
            if cents > HALF_AS_MUCH_AGAIN * max(usual, Fraction(0)):
                sums = f"{kind}s for {currency} {grouped_text(cents)} would be sent"
                yield Unusual(Rule.MONEY, f"{sums}. The median of the last {len(earlier)} files is {grouped_text(int(usual))}.")


def _large_claim(file: FileFigures, earlier: Sequence[FileFigures]) -> Iterator[Unusual]:
    for currency, cents in file.largest.items():
        largest = max((one.largest.get(currency, 0) for one in earlier), default=0)
        if largest and cents >= TEN_TIMES * largest:
            what = f"The largest claim is {currency} {grouped_text(cents)}. The largest one of the last {len(earlier)} files was"
            yield Unusual(Rule.LARGE_CLAIM, f"{what} {grouped_text(largest)}.")


def _left_out_share(file: FileFigures, earlier: Sequence[FileFigures]) -> Iterator[Unusual]:
    usual = Fraction(median([one.left_out_share for one in earlier]))
    share = file.left_out_share
    if share == 1 or not (share >= TWICE * usual if usual else share > USUAL_SHARE):
        return
    figures = f"{file.left_out:,} of {file.all_rows:,} rows ({_percent(share)}) are left out"
    yield Unusual(Rule.LEFT_OUT_SHARE, f"{figures}. The median of the last {len(earlier)} files is {_percent(usual)}.")


def _percent(share: Fraction) -> str:
    return f"{float(share):.1%}"


def _creditors_text(names: Sequence[str]) -> str:
    listed = ", ".join(names[:CREDITORS_NAMED]) + (", …" if len(names) > CREDITORS_NAMED else "")
    if len(names) == 1:
        return f"Nothing was sent before for the creditor {listed}."
    return f"Nothing was sent before for {len(names):,} of the creditors: {listed}."


_RULES: tuple[Callable[[FileFigures, Sequence[FileFigures]], Iterator[Unusual]], ...] = (
    *(_rows, _money, _large_claim, _left_out_share),
)
