"""The second pass over a list: the rows of a group share one case, and each of them has the voucher of its document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from importer.domain.documents import DocumentKind
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, NoClaim, Reject
from importer.domain.states import RejectStatus
from importer.loader.context import LoadContext
from importer.loader.invoices import reasons
from importer.loader.invoices.cases import case_of_group, document_key_of
from importer.loader.invoices.decide import GroupOutcome
from importer.loader.invoices.document_vouchers import takes_vouchers, voucher_of_document
from importer.loader.invoices.groups import CaseGroup, Groups
from importer.loader.invoices.listed import ListedDocument, Place, Standing
from importer.loader.invoices.sights import RowSight, SightReader
from importer.loader.invoices.unclaimed import place_of_unclaimed, unclaimed_in
from importer.loader.records.documents import SheetDocuments
from importer.loader.records.row_values import RowValues


@dataclass
class GroupedRows:
    """Turns the rows of the sheets of one source, as an import with a case a row reads them, into those of its groups."""

    groups: Groups
    context: LoadContext
    makes_vouchers: bool

    def __post_init__(self) -> None:
        self._cases: dict[int, CaseRecord | Reject] = {}
        self._says_it: dict[int, Place] = {}

    def rows(self, sheet: int, reader: SightReader, rows: Iterable[LoadedRow]) -> Iterator[LoadedRow]:
        """Yield the rows of one sheet."""
        for loaded in rows:
            sight = reader.sight_of(loaded.row.number)
            found = self.groups.of(Place(sheet, loaded.row.number))
            if found is None:
                yield _certain(loaded)
                continue
            made = self._row(loaded, sight or RowSight(), *found, reader.documents)
            yield self._with_unclaimed(made, sight or RowSight(), *found)

    def _with_unclaimed(self, made: LoadedRow, sight: RowSight, group: CaseGroup, document: ListedDocument) -> LoadedRow:
        """Return a row with the documents of its group if that makes no case, and this is the row that says so."""
        if group.decision.outcome is not GroupOutcome.LEFT_OUT:
            return made
        if (place := self._says_it.get(id(group))) is None:
            place = self._says_it[id(group)] = place_of_unclaimed(group)
        return replace(made, unclaimed=unclaimed_in(group, sight, self.context)) if place == document.place else made

    def _row(
        self, loaded: LoadedRow, sight: RowSight, group: CaseGroup, document: ListedDocument, files: SheetDocuments | None
    ) -> LoadedRow:
        decision, standing = group.decision, document.standing
        if standing is Standing.REJECTED or (standing is Standing.UNREAD and not _is_left(loaded)):
            return _rejected(loaded, group, document, document.reasons)
        if (why := _why_out(group, document)) is not None:
            return replace(_out(loaded, document, why, group), case_row=_asked_in(group, document))
        case = self._case(group) if decision.outcome is GroupOutcome.CASE else None
        if isinstance(case, CaseRecord):
            return self._of_case(loaded, sight, group, document, case, files)
        return _rejected(loaded, group, document, case.reasons if case else (decision.reason or reasons.NOT_CLAIMED,))

    def _case(self, group: CaseGroup) -> CaseRecord | Reject:
        if (found := self._cases.get(id(group))) is None:
            found = self._cases[id(group)] = case_of_group(group, self.context)
        return found

    def _of_case(
        self, loaded: LoadedRow, sight: RowSight, group: CaseGroup, document: ListedDocument, case: CaseRecord,
        files: SheetDocuments | None,
    ) -> LoadedRow:  # fmt: skip
        first = group.first_rows[document.place.sheet]
        is_first = first == document.place
        voucher = None
        if self.makes_vouchers and takes_vouchers(group.currency):
            voucher = voucher_of_document(
                document,
                group.currency,
                self.context,
                base=case.base,
                parent=group.decision.parents.get(document.place),
                own=sight.voucher or RowValues(RecordKind.VOUCHER, cells=sight.cells),
                files=files,
                hint=sight.hints.get(RecordKind.VOUCHER),
            )
        key = document_key_of(document, group.key, case)
        return LoadedRow(loaded.row, case if is_first else None, voucher, None if is_first else first.row, key)


def _why_out(group: CaseGroup, document: ListedDocument) -> Reason | None:
    """Return why a row is not part of its group's case; None if it is, or if the group is rejected."""
    decision = group.decision
    if document.place in decision.out:
        return decision.out[document.place]
    if decision.outcome is GroupOutcome.LEFT_OUT or document.standing in (Standing.LEFT_OUT, Standing.NOT_DUE):
        return decision.reason or document.reasons[0]
    return None


def _asked_in(group: CaseGroup, document: ListedDocument) -> int | None:
    """Return the row of the case that asks about a credit or payment which it does not take off; None for any other row.

    That row holds the question, so that an error sheet shows both.
    """
    is_asked = document.standing is Standing.UNREAD or group.decision.out.get(document.place) == reasons.NOT_TAKEN_OFF
    if not is_asked or group.decision.outcome is not GroupOutcome.CASE:
        return None
    first = group.first_rows.get(document.place.sheet)
    return first.row if first is not None else None


def _rejected(loaded: LoadedRow, group: CaseGroup, document: ListedDocument, why: tuple[Reason, ...]) -> LoadedRow:
    return LoadedRow(loaded.row, Reject(RecordKind.CASE, why, _money(loaded, group, document), group.ref))


def _is_left(loaded: LoadedRow) -> bool:
    return not isinstance(loaded.case, Reject) and loaded.case is not None


def _money(loaded: LoadedRow, group: CaseGroup, document: ListedDocument) -> Money:
    """Return the money of a row that is in no case, with its own sign."""
    if loaded.case is not None and loaded.case.money.cents:
        return loaded.case.money
    return Money(group.currency or "unknown", -document.open_cents if document.lowers else document.open_cents)


def _out(loaded: LoadedRow, document: ListedDocument, why: Reason, group: CaseGroup) -> LoadedRow:
    """Return a row that is not part of a case. What its own sheet says against it counts as in any other list.

    That a row is a credit, a payment or a fee is nothing against it: what is said is why its group does not take it.
    """
    if loaded.case is not None and not isinstance(loaded.case, CaseRecord) and document.standing is not Standing.UNREAD:
        is_other = document.kind is not DocumentKind.INVOICE and document.standing in (Standing.OPEN, Standing.QUESTION)
        return _certain(replace(loaded, case=_because(loaded.case, why)) if is_other else loaded)
    left = Reject(RecordKind.CASE, (why,), _money(loaded, group, document), None, None, RejectStatus.LEFT_OUT)
    return LoadedRow(loaded.row, left)


def _because(case: LeftOut | NoClaim | Reject, why: Reason) -> LeftOut | NoClaim | Reject:
    """Return a row that is left out with another reason; one that is rejected, or that its sheet calls no claim, as it is."""
    if isinstance(case, LeftOut):
        return replace(case, reason=why)
    return replace(case, reasons=(why,)) if isinstance(case, Reject) and case.is_left_out else case


def _certain(loaded: LoadedRow) -> LoadedRow:
    """Return a row that is left out without a question of its own: what nobody has confirmed, its group asks."""
    if isinstance(loaded.case, LeftOut) and loaded.case.unconfirmed is not None:
        left = loaded.case
        return LoadedRow(loaded.row, Reject(RecordKind.CASE, (left.reason,), left.money, None, None, RejectStatus.LEFT_OUT))
    return replace(loaded, voucher=None) if loaded.voucher is not None else loaded
