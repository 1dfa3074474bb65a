"""The existing entries of the records being staged: a cache over a few bulk queries, filled for one chunk at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from importer.domain.accounts import Accounts
from importer.domain.identity import EntryLabel, match_text
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import MatchVersion, RecordKeys, StoredKey, creditor_reference, is_renamed, looks_alike
from importer.domain.personal_numbers.payloads import names_number
from importer.domain.personal_numbers.texts import numbers_in, plain
from importer.domain.states import State
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.queries.earlier_imports import earlier_imports
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import entry, match_key

_KNOWN = tuple(entry.c[field.name] for field in fields(ExistingEntry))


def existing_entry(connection: Connection, entry_id: int) -> ExistingEntry | None:
    """Return the entry with this id, or None."""
    found = connection.execute(select(*_KNOWN).where(entry.c.id == entry_id)).one_or_none()
    return _existing(found) if found else None


def _existing(found: Any) -> ExistingEntry:
    known = ExistingEntry(*found)
    known.state = State(known.state)
    return known


class Twins(NamedTuple):
    """The cases that a case may be the same as: ``alike`` under their reference, and those ``elsewhere`` in another source.

    The latter have the same creditor, debtor, date and currency, and they or the case have no reference. ``equal`` ones have
    the same values, and no reference either, in whatever source.

    Those under another key are in another source too: ``numbered`` ones have the same creditor reference, ``renamed`` ones have
    no reference and a debtor's name that is the beginning of the other one, and ``personal`` ones have the same debtor, date,
    amount and currency under a reference that is a personal number, which no row can name any more.
    """

    alike: tuple[int, ...]
    elsewhere: tuple[int, ...]
    equal: tuple[int, ...] = ()
    numbered: tuple[int, ...] = ()
    renamed: tuple[int, ...] = ()
    personal: tuple[int, ...] = ()

    @property
    def of_others(self) -> tuple[int, ...]:
        """Return the cases that are twins only if another source holds them."""
        return (*self.elsewhere, *self.numbered, *self.renamed, *self.personal)

    def without_equal(self) -> Twins | None:
        """Return the twins without the equal ones; None if there are no others."""
        return self._replace(equal=()) if self.alike or self.of_others else None


def _equal_claims(known: ExistingEntry, of_traits: Iterable[ExistingEntry]) -> list[ExistingEntry]:
    """Return those with the amount of a case, if they and the case have references."""
    others = (other for other in of_traits if known.ref is not None and other.ref is not None)
    return [other for other in others if looks_alike(known.payload, other.payload)]


def _of_same_number(known: ExistingEntry, others: Iterable[ExistingEntry]) -> Iterable[int]:
    number = creditor_reference(known.payload)
    return (other.id for other in others if number is not None and creditor_reference(other.payload) == number)


def _id_of(known: ExistingEntry) -> int:
    return known.id


def _is_personal(known: ExistingEntry) -> bool:
    """Return whether an earlier release took a personal number for the reference of a case."""
    return names_number(known.payload) or bool(known.ref and numbers_in(plain(known.ref)))


class LinkedCases(NamedTuple):
    """The cases with one reference, and those whose reference differs from it in what cannot be seen."""

    exact: list[ExistingEntry]
    alike: list[ExistingEntry]


class ExistingEntries:
    """The entries loaded so far, by base, by match key, by id and by reference."""

    def __init__(self, connection: Connection, accounts: Accounts) -> None:
        self._connection = connection
        self._accounts = accounts
        self._groups: dict[tuple[RecordKind, str], list[ExistingEntry]] = defaultdict(list)
        self._matches: dict[tuple[RecordKind, StoredKey], list[ExistingEntry]] = defaultdict(list)
        self._by_id: dict[int, ExistingEntry] = {}
        self._loaded: set[tuple[RecordKind, str]] = set()

    def group(self, kind: RecordKind, base: str) -> list[ExistingEntry]:
        """Return the loaded entries with this base."""
        return self._groups.get((kind, base), [])

    def alike(self, kind: RecordKind, key: str, version: MatchVersion = MatchVersion.TEXT) -> list[ExistingEntry]:
        """Return the loaded entries with this match key, in the order of their ids."""
        stored = self._matches.get((kind, (version, key)), [])
        found = [*self._groups.get((kind, key), []), *stored] if version is not MatchVersion.CELLS else stored
        return sorted(found, key=lambda known: known.id) if stored else found

    def entry(self, hint: EntryLabel | None) -> ExistingEntry | None:
        """Return the loaded entry that ``hint`` names, or its successor; None if the label is another ledger's."""
        known = self._by_id.get(hint.entry_id) if hint else None
        return self.follow(known) if known and hint and hint.fits(known.key) else None

    def add(self, kind: RecordKind, known: ExistingEntry, keys: Iterable[StoredKey] = ()) -> None:
        """Add an entry that was inserted just now, with its match keys."""
        self._groups[kind, known.base].append(known)
        self._by_id[known.id] = known
        self.add_keys(kind, known, keys)

    def add_keys(self, kind: RecordKind, known: ExistingEntry, keys: Iterable[StoredKey]) -> None:
        """Add match keys of an entry, so that later rows find it by them."""
        for key in keys:
            self._matches[kind, key].append(known)

    def follow(self, known: ExistingEntry) -> ExistingEntry:
        """Return the entry that replaced ``known`` after corrections, or ``known`` itself."""
        while known.superseded_by is not None:
            known = self._by_id[known.superseded_by]
        return known

    def load(self, kind: RecordKind, bases: set[str], hints: set[int]) -> None:
        """Read the entries with these bases and those named by an error sheet (``hints``), with their successors."""
        wanted = {base for base in bases if (kind, base) not in self._loaded}
        for part in parts_of(wanted):
            self._remember(kind, self._of_account(kind) & entry.c.base.in_(part))
        self._loaded |= {(kind, base) for base in wanted}
        if hints:
            self._remember(kind, self._of_account(kind) & entry.c.id.in_(hints))

    def cases_with_ids(self, identifiers: set[int]) -> list[ExistingEntry]:
        """Return the cases with these ids."""
        self.load_ids(RecordKind.CASE, identifiers)
        return self.entries(identifiers)

    def load_alike(self, kind: RecordKind, records: Iterable[RecordKeys]) -> None:
        """Read the entries that these records may be by their match keys, and the cases that they may be twins of."""
        wanted = list(records)
        self.load(kind, {base for keys in wanted for base in keys.possible_bases()}, set())
        self.load_matches(kind, {key for keys in wanted for key in keys.to_look_up()})

    def load_matches(self, kind: RecordKind, keys: set[str]) -> None:
        """Read the entries with these match keys."""
        of_account = (match_key.c.account == self._accounts.of(kind)) & (match_key.c.kind == kind)
        columns = (match_key.c.version, match_key.c.key, match_key.c.entry_id)
        for part in parts_of(keys):
            query = select(*columns).where(of_account & match_key.c.key.in_(part))
            found = self._connection.execute(query).all()
            self.load_ids(kind, {one.entry_id for one in found})
            for version, key, entry_id in found:
                matches = self._matches[kind, (MatchVersion(version), key)]
                if all(known.id != entry_id for known in matches):
                    matches.append(self._by_id[entry_id])

    def load_ids(self, kind: RecordKind, identifiers: set[int]) -> None:
        """Read the entries with these ids."""
        for part in parts_of(identifiers - self._by_id.keys()):
            self._remember(kind, entry.c.id.in_(part))

    def load_parents(self, parents: set[str]) -> dict[str, ExistingEntry]:
        """Return the vouchers with these unique ids, or their successors."""
        if not parents:
            return {}
        kind = RecordKind.VOUCHER
        self._remember(kind, self._of_account(kind) & entry.c.key.in_(parents))
        folded = {match_text(parent) for parent in parents if not self.group(kind, parent)}
        self.load(kind, folded, set())
        self.load_matches(kind, folded)
        return {parent: known for parent in parents if (known := self.parent(parent)) is not None}

    def parent(self, unique_id: str) -> ExistingEntry | None:
        """Return the loaded voucher with this unique id, or the only one whose id differs in what cannot be seen."""
        exact = [known for known in self.group(RecordKind.VOUCHER, unique_id) if known.key == unique_id]
        found = {known.id: known for known in map(self.follow, exact or self.alike(RecordKind.VOUCHER, match_text(unique_id)))}
        return next(iter(found.values())) if len(found) == 1 else None

    def cases_by_ref(self, refs: set[str]) -> Mapping[str, LinkedCases]:
        """Return the cases with these references, or their successors. Several creditors may use the same reference."""
        linked: dict[str, LinkedCases] = {ref: LinkedCases([], []) for ref in refs}
        if not refs:
            return linked
        folded = {ref: match_text(ref) for ref in refs}
        kind = RecordKind.CASE
        wanted = refs | set(folded.values())
        self._remember(kind, self._of_account(kind) & entry.c.ref.in_(wanted))
        self.load_matches(kind, set(folded.values()))
        of_ref: dict[str, list[ExistingEntry]] = defaultdict(list)
        for known in list(self._by_id.values()):
            if known.ref in wanted:
                of_ref[known.ref].append(known)
        for ref, text in folded.items():
            linked[ref].exact.extend(map(self.follow, of_ref[ref]))
            alike = [*of_ref[text], *self._matches.get((kind, (MatchVersion.REFERENCE, text)), [])]
            linked[ref].alike.extend(map(self.follow, alike))
        return linked

    def twins(self, known: ExistingEntry, keys: RecordKeys) -> Twins | None:
        """Return the cases that a case may be the same as; None if there are none."""
        alike = tuple(
            other.id
            for other in self._other_cases(known, keys.loose, MatchVersion.LOOSE)
            if other.ref is not None and looks_alike(known.payload, other.payload)
        )
        of_traits = self._of_other_batches(known, MatchVersion.TRAITS, keys.traits)
        elsewhere = tuple(other.id for other in of_traits if known.ref is None or other.ref is None)
        equal = self._equal_to(known) if known.ref is None else ()
        equal_claims = _equal_claims(known, of_traits)
        numbered = tuple(dict.fromkeys((*self._numbered(known, keys), *_of_same_number(known, equal_claims))))
        personal = tuple(map(_id_of, filter(_is_personal, equal_claims)))
        found = Twins(alike, elsewhere, equal, numbered, self._renamed(known, keys), personal)
        return found if any(found) else None

    def _numbered(self, known: ExistingEntry, keys: RecordKeys) -> Iterable[int]:
        """Return the cases with the same creditor reference, where that is the reference of one of the two only."""
        if known.ref is None:
            return ()
        found = [*self._of_other_batches(known, MatchVersion.TEXT, keys.number)]
        found += self._of_other_batches(known, MatchVersion.NUMBER, keys.text)
        return (other.id for other in found if other.base != known.base)

    def _renamed(self, known: ExistingEntry, keys: RecordKeys) -> tuple[int, ...]:
        """Return the cases with another name of the debtor, that begins or continues the name of one without a reference."""
        found = [*self._of_other_batches(known, MatchVersion.STEM, keys.stem)]
        found += self._of_other_batches(known, MatchVersion.TRAITS, *keys.shorter)
        return tuple(dict.fromkeys(other.id for other in found if is_renamed(known.payload, other.payload)))

    def _of_other_batches(self, known: ExistingEntry, version: MatchVersion, *keys: str | None) -> list[ExistingEntry]:
        found = (other for key in keys for other in self._other_cases(known, key, version))
        return [other for other in found if other.batch_id != known.batch_id]

    def entries(self, identifiers: Iterable[int]) -> list[ExistingEntry]:
        """Return the loaded entries with these ids."""
        return [self._by_id[one] for one in identifiers]

    def _equal_to(self, known: ExistingEntry) -> tuple[int, ...]:
        group = map(self.follow, self.group(RecordKind.CASE, known.base))
        return tuple({one.id: one for one in group if one.id != known.id and one.state is not State.REFUSED})

    def _other_cases(self, known: ExistingEntry, key: str | None, version: MatchVersion) -> list[ExistingEntry]:
        if key is None:
            return []
        found = {other.id: other for other in map(self.follow, self.alike(RecordKind.CASE, key, version))}
        return [other for other in found.values() if other.id != known.id and other.state is not State.REFUSED]

    def was_read_from(self, known: ExistingEntry, cells: str) -> bool:
        """Return whether an entry was read from a row with these raw cells (their match key)."""
        of_entry = (match_key.c.entry_id == known.id) & (match_key.c.version == MatchVersion.CELLS)
        return self._connection.scalar(select(match_key.c.key).where(of_entry)) == cells

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
                    self.add(kind, _existing(found))
            missing = {known.superseded_by for known in self._by_id.values() if known.superseded_by} - self._by_id.keys()
            wanted = entry.c.id.in_(missing) if missing else None
