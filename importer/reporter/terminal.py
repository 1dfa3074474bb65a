"""The summary as text for the terminal, ending with what to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from importer.columns import Kind
from importer.ledger.reports import DONE, Line, Status
from importer.reporter.summary import KEYS, PLURAL, Summary
from importer.reporter.workbook import READY, in_words

TOP_REASONS = 3


def amounts(cents_by_currency: dict[str, int]) -> str:
    """Money for people: ``DKK 1,234.50  EUR 10.00``; a currency that could not be read is called so."""
    return "  ".join(f"{currency} {cents / 100:,.2f}" for currency, cents in cents_by_currency.items() if cents)


class ReasonCounter:
    """Counts the reasons of rows by what is wrong and in which column, not by value."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, line: Line) -> None:
        seen = {
            (reason.column or reason.field or "", reason.message)
            for fact in (line.case, line.voucher)
            if fact and fact.status not in DONE
            for reason in fact.reasons
        }
        self._counts.update(seen)

    def counted(self, lines: Iterable[Line]) -> Iterable[Line]:
        """The lines as they are, counted as they pass."""
        for line in lines:
            self.add(line)
            yield line

    def most_frequent(self) -> list[str]:
        return [
            f"{count:>6} × {f'{column} ' if column else ''}{message}"
            for (column, message), count in self._counts.most_common(TOP_REASONS)
        ]


def table(summary: Summary, *, checking: bool) -> list[str]:
    """One block per kind: rows and money as read, then by what became of them."""
    lines: list[str] = []
    for kind in Kind:
        if not summary.count(kind):
            continue
        lines.append(f"  {PLURAL[kind].capitalize():<20}{summary.count(kind):>9,}  {amounts(summary.money(kind))}".rstrip())
        for status in KEYS:
            if rows := summary.count(kind, status):
                name = READY if checking and status is Status.PENDING else in_words(status)
                lines.append(f"    {name:<18}{rows:>9,}  {amounts(summary.money(kind, status))}".rstrip())
    return lines or ["  no rows"]


def report_lines(summary: Summary, reasons: ReasonCounter, folder: Path, *, checking: bool) -> list[str]:
    """The whole report of a batch for the terminal; it ends with the frequent reasons and the path to the sheets."""
    balance = "balanced: every row is accounted for" if summary.balanced else "NOT BALANCED: please report this as a bug"
    what = "checked, nothing sent" if checking else f"batch {summary.batch.id}"
    lines = [f"{summary.batch.source_name}  ({what})", *table(summary, checking=checking), f"  {balance}"]
    if not checking and _nothing_new(summary):
        lines.append("  nothing was sent: what can be imported was imported before")
    lines += [f"  note: {note}" for note in summary.batch.notes]
    if frequent := reasons.most_frequent():
        lines += ["  most frequent reasons:", *(f"  {text}" for text in frequent)]
    return [*lines, f"  sheets: {folder}"]


def _nothing_new(summary: Summary) -> bool:
    """Whether a run found nothing to do: all that is valid in the batch was there already."""
    tried = [s for s in Status if s not in {Status.ALREADY_IMPORTED, Status.REJECTED, Status.BLOCKED}]
    known = any(summary.count(kind, Status.ALREADY_IMPORTED) for kind in Kind)
    return known and not any(summary.count(kind, status) for kind in Kind for status in tried)


def status_lines(summaries: list[Summary]) -> list[str]:
    """One line per batch: what it was, how much is done, what is not."""
    lines = []
    for summary in summaries:
        done = sum(summary.count(kind, status) for kind in Kind for status in DONE)
        rows = sum(summary.count(kind) for kind in Kind)
        rest = ", ".join(
            f"{sum(summary.count(kind, status) for kind in Kind):,} {in_words(status)}"
            for status in KEYS
            if status not in DONE and any(summary.count(kind, status) for kind in Kind)
        )
        taken = summary.batch.taken_at[:16].replace("T", " ")
        lines.append(
            f"batch {summary.batch.id}  {taken}  {summary.batch.source_name}: {done:,} of {rows:,} done; {rest or 'all'}"
        )
    return lines or ["The ledger is empty."]
