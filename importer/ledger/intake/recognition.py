"""Recognition: which entry of the ledger a record is, by its keys and its cells, or by what an error sheet names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from importer.domain.kinds import RecordKind
from importer.domain.match_keys import MatchVersion, is_same_voucher, looks_alike
from importer.ledger.intake import decisions
from importer.ledger.intake.candidates import Candidate, Match
from importer.ledger.intake.decisions import EntryChoice, ExistingEntry
from importer.ledger.intake.known_entries import ExistingEntries


class Recognition:
    """Recognizes the records of one chunk, whose entries were loaded before."""

    def __init__(self, existing: ExistingEntries, batch_id: int) -> None:
        self._existing, self._batch = existing, batch_id

    def match(self, candidate: Candidate, dues: Collection[str | None] = (), *, last: bool = True) -> Match:
        """Recognize the entry of a record. A record may wait for the ``last`` round, in which the rest is decided.

        ``dues`` are the due days of the waiting documents with the same number.
        """
        exact = self._existing.group(candidate.kind, candidate.base)
        if len(exact) == 1 and candidate.record.hint is None and self._is_certain(candidate, exact[0]):  # most records
            return Match(exact[0])
        originals = self._originals(candidate)
        if answered := _first_answered(originals, candidate):
            return Match(self._existing.follow(answered), is_answered=True)
        current = _unique(map(self._existing.follow, originals))
        choice = self._choose(candidate, current, dues, last=last)
        return self._with_hint(candidate, self._questioned(candidate, choice), current)

    def _is_certain(self, candidate: Candidate, known: ExistingEntry) -> bool:
        """Return whether a record is certainly the only entry with its base."""
        if known.superseded_by is not None:
            return False
        return candidate.has_own_key or (known.digest == candidate.values["digest"] and known.batch_id != self._batch)

    def _originals(self, candidate: Candidate) -> list[ExistingEntry]:
        """Return the entries that the record may be, by the first kind of key that finds any.

        The kinds are its base, today's match key with those of earlier releases, and the raw cells. Rows of the same source
        with the same cells are not compared: they have the same keys already, unless their sheets are read differently.
        """
        kind, existing = candidate.kind, self._existing
        exact = existing.group(kind, candidate.base)
        if exact and (candidate.has_own_key or not candidate.has_keys):
            return exact
        keys = candidate.keys
        found = [*exact, *existing.alike(kind, keys.text)]
        for former in keys.former:
            found += existing.group(kind, former)
        return _unique(found or (known for known in self._of_cells(candidate) if known.batch_id != self._batch))

    def _has_cells(self, candidate: Candidate, known: ExistingEntry) -> bool:
        return any(self._existing.follow(one).id == known.id for one in self._of_cells(candidate))

    def _of_cells(self, candidate: Candidate) -> list[ExistingEntry]:
        return self._existing.alike(candidate.kind, candidate.keys.cells, MatchVersion.CELLS)

    def _choose(
        self,
        candidate: Candidate,
        current: Sequence[ExistingEntry],
        dues: Collection[str | None],
        *,
        last: bool,
    ) -> EntryChoice:
        digest, batch_id = candidate.values["digest"], self._batch
        if candidate.dates is not None:
            return decisions.choose_document(current, digest, candidate.dates, batch_id, dues, last=last)
        if candidate.is_counted:
            return decisions.choose_counted(current, digest, batch_id, last=last)
        exact = [known for known in current if known.base == candidate.base]
        return decisions.choose_single(exact, current, batch_id)

    def _with_hint(self, candidate: Candidate, choice: EntryChoice, current: Sequence[ExistingEntry]) -> Match:
        """Prefer the entry that an error sheet names, or correct it if the record has another identity now."""
        hinted, known = self._existing.entry(candidate.record.hint), choice.known
        has_cells = known is not None and known.base != candidate.base and self._has_cells(candidate, known)
        if hinted is None or hinted.is_test != candidate.values["is_test"]:  # a test case never replaces a real one
            return Match(known, None, False, has_cells, *choice[1:])
        if hinted.base == candidate.base or hinted in current:
            return Match(known if hinted.batch_id == self._batch else hinted, suffix=choice.suffix)
        return Match(known, None if hinted is known else hinted, False, has_cells, *choice[1:])

    def _questioned(self, candidate: Candidate, choice: EntryChoice) -> EntryChoice:
        """Ask about a row with the cells of an entry that says something else now, perhaps by a constant for all rows."""
        known = choice.known
        if known is None or known.base == candidate.base or not self._is_only_by_cells(candidate, known):
            return choice
        alike = looks_alike if candidate.kind is RecordKind.CASE else is_same_voucher
        alike = decisions.is_same_claim if candidate.is_reread else alike
        return choice if alike(known.payload, candidate.values["payload"]) else EntryChoice(several=(known,), only_by_cells=True)

    def _is_only_by_cells(self, candidate: Candidate, known: ExistingEntry) -> bool:
        keys, existing = candidate.keys, self._existing
        by_key = [
            *existing.alike(candidate.kind, keys.text),
            *(one for key in keys.former for one in existing.group(candidate.kind, key)),
        ]
        return all(existing.follow(one).id != known.id for one in by_key)


def _first_answered(entries: Iterable[ExistingEntry], candidate: Candidate) -> ExistingEntry | None:
    """Return the entry with the values of the record of which the user has answered that it is another one."""
    answered = (known for known in entries if known.answer and known.superseded_by is not None)
    return next((known for known in answered if candidate.is_same(known)), None)


def _unique(entries: Iterable[ExistingEntry]) -> list[ExistingEntry]:
    return list({known.id: known for known in entries}.values())
