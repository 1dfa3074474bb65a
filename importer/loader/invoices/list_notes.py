"""What is to be said of a list: how many cases its rows make, what is taken off, and what is not in the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from importer.domain.documents import DocumentKind
from importer.domain.notes import Note, NoteKind, RowNumbers, rows_of
from importer.loader.invoices.decide import GroupOutcome
from importer.loader.invoices.document_vouchers import takes_vouchers
from importer.loader.invoices.groups import CaseGroup, Groups
from importer.loader.invoices.listed import ListedDocument, Standing

FEW_WITHOUT_CREDITS = 100
"""Invoices from which on a list without a single credit or payment is remarkable."""
_MOST_NAMED = 5
_OfGroup = tuple[CaseGroup, ListedDocument]


def notes_on(groups: Groups, sheets: int, sheet: str, *, wants_vouchers: bool, has_debbie: bool) -> Iterator[Note]:
    """Yield the notes on a list with so many sheets, of which ``sheet`` is the first."""
    cases = [group for group in groups.all if group.decision.outcome is GroupOutcome.CASE]
    rows = sum(len(group.decision.members) for group in cases)
    if rows:
        yield Note(NoteKind.CASES_OF_ROWS, sheet, values=(("cases", str(len(cases))), ("rows", str(rows)), ("by", groups.by)))
    yield from _on_documents(groups, cases, _Places(sheets, sheet), sheet)
    yield from _on_debtors(groups, sheet)
    yield from _on_the_whole(groups, cases, sheet)
    yield from _on_vouchers(cases, sheet, has_debbie=has_debbie) if wants_vouchers else ()


def _on_documents(groups: Groups, cases: Iterable[CaseGroup], places: _Places, sheet: str) -> Iterator[Note]:
    """Yield the notes on what is taken off, on fees, and on what is not due."""
    members = [(group, one) for group in cases for one in _unique(group)]
    if lowering := [(group, one) for group, one in members if one.lowers]:
        unnamed = [one for group, one in lowering if one.place not in group.decision.parents]
        values = (*_money(lowering), ("unnamed", str(len(unnamed))))
        yield Note(NoteKind.CREDITS_TAKEN_OFF, sheet, places.rows(unnamed), values)
    if groups.of_nobody:
        yield Note(NoteKind.CREDITS_OF_NOBODY, sheet, places.rows(groups.of_nobody), _sums("", groups.of_nobody))
    fees = [(group, one) for group, one in members if one.kind is DocumentKind.FEE]
    yield from _counted(NoteKind.FEES_APART, fees, places, sheet)
    yield from _counted(NoteKind.NOT_DUE_APART, _not_due(groups), places, sheet)


def _not_due(groups: Groups) -> list[_OfGroup]:
    return [(group, one) for group in groups.all for one in group.documents if one.standing is Standing.NOT_DUE]


def _counted(kind: NoteKind, counted: Sequence[_OfGroup], places: _Places, sheet: str) -> Iterator[Note]:
    if counted:
        yield Note(kind, sheet, places.rows(one for _, one in counted), _money(counted))


class _Places:
    """The rows of documents, which a note names if the list has one sheet only."""

    def __init__(self, sheets: int, sheet: str) -> None:
        self._is_one, self._sheet = sheets == 1, sheet

    def rows(self, documents: Iterable[ListedDocument]) -> RowNumbers:
        return rows_of(sorted({one.place.row for one in documents})) if self._is_one else RowNumbers()


def _unique(group: CaseGroup) -> Iterable[ListedDocument]:
    return {one.identity: one for one in group.decision.members}.values()


def _money(counted: Iterable[_OfGroup]) -> tuple[tuple[str, str], ...]:
    sums, count = Counter[str](), 0
    for group, one in counted:
        sums[group.currency] += one.open_cents
        count += 1
    pairs = (pair for code, cents in sorted(sums.items()) for pair in (("currency", code), ("cents", str(cents))))
    return (("count", str(count)), *pairs)


def _sums(currency: str, documents: Iterable[ListedDocument]) -> tuple[tuple[str, str], ...]:
    found = list(documents)
    return (("count", str(len(found))), ("currency", currency), ("cents", str(sum(one.open_cents for one in found))))


def _on_debtors(groups: Groups, sheet: str) -> Iterator[Note]:
    """Yield the notes on customer numbers with several names, and on names with several customer numbers."""
    if several := groups.debtors.numbers_with_several_names():
        shown = (("number", number) for number in several[:_MOST_NAMED])
        yield Note(NoteKind.SEVERAL_NAMES, sheet, values=(("count", str(len(several))), *shown))
    if alike := groups.debtors.numbers_of_one_name():
        listed = (("numbers", ", ".join(numbers[:_MOST_NAMED])) for numbers in alike[:_MOST_NAMED])
        yield Note(NoteKind.SEVERAL_NUMBERS, sheet, values=(("count", str(len(alike))), *listed))


def _on_the_whole(groups: Groups, cases: Iterable[CaseGroup], sheet: str) -> Iterator[Note]:
    documents = [one for group in groups.all for one in group.documents]
    invoices = sum(one.kind is DocumentKind.INVOICE for one in documents)
    if invoices > FEW_WITHOUT_CREDITS and not any(one.lowers for one in documents):
        yield Note(NoteKind.NO_CREDITS, sheet, values=(("count", str(invoices)),))
    younger = [group for group in cases if group.decision.mostly_younger]
    if younger:
        named = (("reference", group.reference) for group in younger[:_MOST_NAMED])
        yield Note(NoteKind.MOSTLY_YOUNGER, sheet, values=(("count", str(len(younger))), *named))


def _on_vouchers(cases: Iterable[CaseGroup], sheet: str, *, has_debbie: bool) -> Iterator[Note]:
    if not has_debbie:
        yield Note(NoteKind.NO_VOUCHERS, sheet, values=(("why", "debbie"),))
        return
    without = Counter(group.currency for group in cases if not takes_vouchers(group.currency))
    if without:
        yield Note(NoteKind.NO_VOUCHERS, sheet, values=(("why", "currency"), *(("currency", code) for code in sorted(without))))
