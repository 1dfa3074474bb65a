"""The first pass over a list: its documents by debtor and currency, and what becomes of each group."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from importer.domain.documents import DocumentKind
from importer.domain.identity import EntryLabel, match_text
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, Reject
from importer.loader.context import LoadContext
from importer.loader.invoices import reasons
from importer.loader.invoices.debtors import DebtorKey, DebtorName, Debtors, loose_name, suffixes
from importer.loader.invoices.decide import GroupDecision, GroupOutcome, GroupRules, decide
from importer.loader.invoices.document_vouchers import voucher_of_document
from importer.loader.invoices.documents import DocumentReading
from importer.loader.invoices.given_answers import given_answers
from importer.loader.invoices.listed import ListedDocument, Place, Standing
from importer.loader.invoices.namesakes import ask_namesakes
from importer.loader.invoices.sights import RowSight
from importer.loader.rows.credits import CREDITS

_REFERENCES = ("case_ref", "creditor_reference")


@dataclass(slots=True)
class Anchor:
    """The row whose debtor and other values a case takes: the newest invoice that counts."""

    rank: tuple[object, ...]
    record: CaseRecord


@dataclass
class CaseGroup:
    """The documents of one debtor in one currency. ``suffix`` ends its reference if it is not the debtor's first currency.

    ``by_reference``: its reference in the list is what its rows have in common, and not the debtor. ``answer`` is what a person
    has answered about its case, once :attr:`decision` is known.
    """

    key: DebtorKey
    currency: str
    suffix: str
    rules: GroupRules
    today: dt.date
    by_reference: bool = False
    documents: list[ListedDocument] = field(default_factory=list)
    asked: list[Reason] = field(default_factory=list)
    anchor: Anchor | None = None
    debtors: set[DebtorName] = field(default_factory=set)
    hint: EntryLabel | None = None
    answer: str | None = None

    @property
    def reference(self) -> str:
        """Return the creditor's reference of its case."""
        return f"{self.key.shown if self.by_reference else self.key.reference}{self.suffix}"

    @property
    def ref(self) -> str:
        """Return what identifies its case for its creditor, whatever other currencies the debtor has."""
        return self.reference if self.by_reference else f"{self.key.reference} {self.currency}"

    @cached_property
    def decision(self) -> GroupDecision:
        """What becomes of it."""
        if self.by_reference and len({loose_name(one.name) for one in self.debtors if one.name}) > 1:
            return GroupDecision(
                GroupOutcome.REJECTED, reasons.several_debtors(sorted(self.documents, key=lambda one: one.place))
            )
        found = decide(self.documents, self.rules, self.today, self.asked)
        if not any(one.answer for one in self.documents):
            return found
        given = given_answers(self.documents, found.members)
        self.answer = given.answer
        return replace(found, questions=(*given.asked, *found.questions))

    @cached_property
    def first_rows(self) -> dict[int, Place]:
        """The first row of the case in each sheet."""
        rows: dict[int, Place] = {}
        for one in sorted(one.place for one in self.decision.members):
            rows.setdefault(one.sheet, one)
        return rows


@dataclass(slots=True)
class _Seen:
    debtor: DebtorName
    currency: str
    document: ListedDocument


class Groups:
    """The documents of a source, added row by row, and then its groups."""

    def __init__(self, rules: GroupRules, context: LoadContext, *, by_reference: bool) -> None:
        self._rules, self._context, self._by_reference = rules, context, by_reference
        self._rows: list[_Seen] = []
        self._anchors: dict[tuple[DebtorName, str], Anchor] = {}
        self._hints: dict[tuple[DebtorName, str], EntryLabel] = {}
        self._names: dict[DebtorName, DebtorName] = {}
        self._shown: dict[str, str] = {}
        self._found: dict[Place, tuple[CaseGroup, ListedDocument]] = {}
        self.debtors = Debtors()
        self.all: list[CaseGroup] = []
        self.of_nobody: list[ListedDocument] = []

    def add(self, reading: DocumentReading, loaded: LoadedRow, sight: RowSight) -> None:
        """Add a row that was read, if it is a document."""
        document = reading.read(loaded, sight)
        if document is None:
            return
        debtor = reading.debtor(sight)
        if self._by_reference:
            shown = next((str(sight.values[name]) for name in _REFERENCES if sight.values.get(name)), "")
            debtor = debtor._replace(number=match_text(shown), shown=shown)
            self._shown[debtor.number] = min(self._shown.get(debtor.number, shown), shown)
        debtor = self._names.setdefault(debtor, debtor)
        currency = str(sight.values.get("currency") or "")
        if sight.voucher is not None and document.standing in (Standing.OPEN, Standing.QUESTION):
            tried = voucher_of_document(document, currency, self._context, own=sight.voucher)
            if isinstance(tried, Reject):
                document = replace(document, standing=Standing.REJECTED, reasons=tried.reasons)
        self._rows.append(_Seen(debtor, currency, document))
        self.debtors.add(debtor, is_invoiced=document.kind is DocumentKind.INVOICE)
        self._keep(debtor, currency, document, loaded, sight)

    def _keep(self, debtor: DebtorName, currency: str, document: ListedDocument, loaded: LoadedRow, sight: RowSight) -> None:
        key = (debtor, currency)
        if document.kind is DocumentKind.INVOICE and (anchor := _anchor_of(document, loaded)) is not None:
            best = self._anchors.setdefault(key, anchor)
            self._anchors[key] = max(best, anchor, key=lambda one: one.rank)
        if hint := sight.hints.get(RecordKind.CASE):
            self._hints.setdefault(key, hint)

    def close(self) -> None:
        """Put the rows that were added into groups."""
        self._ask_about_signs()
        by_key: dict[DebtorKey, list[_Seen]] = defaultdict(list)
        of_nobody = []
        for seen in self._rows:
            if (key := self._key(seen.debtor)) is not None:
                by_key[key].append(seen)
            elif seen.document.lowers:
                of_nobody.append((seen.debtor, seen.document))
        for key, rows in by_key.items():
            self._group(key, rows)
        ask_namesakes(self.all, of_nobody)
        self.of_nobody += [document for _, document in of_nobody]
        self._rows.clear()
        self._anchors.clear()

    def _key(self, debtor: DebtorName) -> DebtorKey | None:
        if self._by_reference:
            return DebtorKey(*debtor.owner, debtor.number, "", "", "", self._shown[debtor.number]) if debtor.number else None
        return self.debtors.key_of(debtor)

    def _group(self, key: DebtorKey, rows: Iterable[_Seen]) -> None:
        by_currency: dict[str, list[_Seen]] = defaultdict(list)
        for seen in rows:
            by_currency[seen.currency].append(seen)
        invoiced = [code for code, found in by_currency.items() if code and any(map(_is_invoice, found))]
        ends = suffixes(key.creditor_country, invoiced)
        groups = {code: self._new(key, code, end, by_currency[code]) for code, end in ends.items()}
        for code, found in by_currency.items():
            if code not in groups:
                self._spread(key, code, found, list(groups.values()))

    def _new(self, key: DebtorKey, currency: str, suffix: str, rows: Iterable[_Seen]) -> CaseGroup:
        group = CaseGroup(key, currency, suffix, self._rules, self._context.today, self._by_reference)
        for seen in rows:
            group.documents.append(seen.document)
            group.debtors.add(seen.debtor)
            self._found[seen.document.place] = (group, seen.document)
            anchor, hint = self._anchors.get((seen.debtor, currency)), self._hints.get((seen.debtor, currency))
            if anchor is not None and (group.anchor is None or group.anchor.rank < anchor.rank):
                group.anchor = anchor
            group.hint = group.hint or hint
        self.all.append(group)
        return group

    def _spread(self, key: DebtorKey, currency: str, rows: Sequence[_Seen], groups: list[CaseGroup]) -> None:
        """Let rows in a currency without an invoice hold back the debtor's groups, if they are credits or wrong."""
        documents = [seen.document for seen in rows]
        rejected = [one for one in documents if groups and one.standing is Standing.REJECTED]
        for group in groups:
            group.documents += rejected
            group.asked += _asked_elsewhere(documents, currency)
        self._found |= {one.place: (groups[0], one) for one in rejected}
        if rest := [one for one in documents if one not in rejected]:
            alone = CaseGroup(
                key, currency, f"-{currency}" if groups else "", self._rules, self._context.today, self._by_reference
            )
            alone.debtors = {seen.debtor for seen in rows}
            self._add_alone(alone, rest)

    def _add_alone(self, group: CaseGroup, documents: list[ListedDocument]) -> None:
        """Add the group of a currency in which the debtor has no invoice, with its documents."""
        group.documents = documents
        self._found |= {one.place: (group, one) for one in documents}
        self.all.append(group)

    def _ask_about_signs(self) -> None:
        """Ask about credits above zero in a list in which others are below: they may be the opposite."""
        lowering = [seen.document for seen in self._rows if seen.document.lowers and seen.document.open_cents]
        if any(one.is_below_zero for one in lowering):
            for one in lowering:
                if not one.is_below_zero and one.standing is Standing.OPEN:
                    one.standing, one.reasons = Standing.QUESTION, (Reason(CREDITS, f"The row {reasons.SIGN_UNCLEAR}"),)

    def of(self, place: Place) -> tuple[CaseGroup, ListedDocument] | None:
        """Return the group and the document of a row; None if the row is no document, or of no debtor."""
        return self._found.get(place)

    @property
    def by(self) -> str:
        """Return what the rows of a case have in common."""
        return "reference" if self._by_reference else "debtor"


def _anchor_of(document: ListedDocument, loaded: LoadedRow) -> Anchor | None:
    """Return an invoice with a valid case, by whose date and number the newest is found; None if it has no valid case."""
    case = loaded.case
    record = case.record if isinstance(case, LeftOut) else case
    if not isinstance(record, CaseRecord):
        return None
    counts = document.standing in (Standing.OPEN, Standing.QUESTION)
    rank = (counts, document.date or dt.date.min, document.number or "", record.payload)
    return Anchor(rank, replace(record, questions=(), unconfirmed=None, value_notes=()))


def _asked_elsewhere(documents: Iterable[ListedDocument], currency: str) -> list[Reason]:
    """Return the question about a debtor with credits in a currency in which nothing was invoiced."""
    lowering = [one for one in documents if one.lowers and one.standing not in (Standing.REJECTED, Standing.LEFT_OUT)]
    return [reasons.other_currency(lowering, currency)] if lowering else []


def _is_invoice(seen: _Seen) -> bool:
    return seen.document.kind is DocumentKind.INVOICE
