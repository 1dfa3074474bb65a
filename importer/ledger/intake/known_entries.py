"""The existing entries of the records being staged: a cache over a few bulk queries, filled for one chunk at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, select

from importer.domain.accounts import Accounts
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.queries.report_rows import earlier_imports
from importer.ledger.storage.schema import entry

_KNOWN = tuple(entry.c[field.name] for field in fields(ExistingEntry))


class ExistingEntries:
    """The entries loaded so far, by base, by id and by reference."""

    def __init__(self, connection: Connection, accounts: Accounts) -> None:
        self._connection = connection
        self._accounts = accounts
        self._groups: dict[tuple[RecordKind, str], list[ExistingEntry]] = defaultdict(list)
        self._by_id: dict[int, ExistingEntry] = {}
        self._loaded: set[tuple[RecordKind, str]] = set()

    def group(self, kind: RecordKind, base: str) -> list[ExistingEntry]:
        """Return the loaded entries with this base."""
        return self._groups.get((kind, base), [])

    def entry(self, hint: EntryLabel | None) -> ExistingEntry | None:
        """Return the loaded entry that ``hint`` names, or its successor; None if the label is another ledger's."""
        known = self._by_id.get(hint.entry_id) if hint else None
        return self.follow(known) if known and hint and hint.fits(known.key) else None

    def add(self, kind: RecordKind, known: ExistingEntry) -> None:
        """Add an entry that was inserted just now."""
        self._groups[kind, known.base].append(known)
        self._by_id[known.id] = known

    def follow(self, known: ExistingEntry | None) -> ExistingEntry | None:
        """Return the entry that replaced ``known`` after corrections, or ``known`` itself."""
        while known is not None and known.superseded_by is not None:
            known = self._by_id[known.superseded_by]
        return known

    def load(self, kind: RecordKind, bases: set[str], hints: set[int]) -> None:
        """Read the entries with these bases and those named by an error sheet (``hints``), with their successors."""
        wanted = {base for base in bases if (kind, base) not in self._loaded}
        if wanted:
            self._remember(kind, self._of_account(kind) & entry.c.base.in_(wanted))
            self._loaded |= {(kind, base) for base in wanted}
        if hints:
            self._remember(kind, self._of_account(kind) & entry.c.id.in_(hints))

    def load_keys(self, keys: set[str]) -> dict[str, ExistingEntry]:
        """Return the vouchers with these unique ids, or their successors."""
        if not keys:
            return {}
        self._remember(RecordKind.VOUCHER, self._of_account(RecordKind.VOUCHER) & entry.c.key.in_(keys))
        found = {known.key: self.follow(known) for known in self._by_id.values() if known.key in keys}
        return {key: known for key, known in found.items() if known is not None}

    def cases_by_ref(self, refs: set[str]) -> dict[str, list[ExistingEntry]]:
        """Return the cases with these references, or their successors. Several creditors may use the same reference."""
        linked: dict[str, list[ExistingEntry]] = defaultdict(list)
        if refs:
            self._remember(RecordKind.CASE, self._of_account(RecordKind.CASE) & entry.c.ref.in_(refs))
        for known in list(self._by_id.values()):
            if known.ref in refs and (current := self.follow(known)) is not None:
                linked[known.ref].append(current)
        return linked

    def describe_import(self, kind: RecordKind, known: ExistingEntry) -> str:
        """Describe when and from where an entry was imported, for a reason."""
        found = earlier_imports(self._connection, [known.id]).get(known.id)
        return found.in_words(kind) if found else "before"

    def _of_account(self, kind: RecordKind) -> Any:
        return (entry.c.account == self._accounts.of(kind)) & (entry.c.kind == kind)

    def _remember(self, kind: RecordKind, condition: Any) -> None:
        wanted = condition
        while wanted is not None:
            for found in self._connection.execute(select(*_KNOWN).where(wanted)).all():
                if found[0] not in self._by_id:
                    known = ExistingEntry(*found)
                    known.state = State(known.state)
                    self.add(kind, known)
            missing = {known.superseded_by for known in self._by_id.values() if known.superseded_by} - self._by_id.keys()
            wanted = entry.c.id.in_(missing) if missing else None
