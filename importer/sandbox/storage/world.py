"""The contents of a sandbox: cases, vouchers, files, and responses to replay.

Of an object only the received JSON text is kept, and views of it are built on demand, so that a million cases fit into
memory.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import SettingsError
from importer.sandbox.storage.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from importer.sandbox.settings import CaseIdFrom

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case: ``body`` is the received JSON; it is listed from ``listed_from`` on (seconds since 1970)."""

    id: str
    reference: str
    created: str
    body: str
    listed_from: float = 0.0
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class StoredVoucher:
    """A voucher of a case of a tenant."""

    id: str
    tenant: str
    case: str
    unique_id: str | None
    created: str
    body: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file, without its content."""

    id: str
    tenant: str
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredReplay:
    """The response to a request with an ``Idempotency-Key``, by (scope, key).

    The answer to a new case is not stored: it is built again from the case with ``case_id``.
    """

    scope: str
    key: str
    fingerprint: str
    status: int
    answer: str
    at: float
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeletedCase:
    """The removal of a test case for good."""

    id: str


@dataclass(frozen=True, slots=True)
class DeletedVoucher:
    """The mark of a voucher that was deleted at Debbie, which keeps it."""

    id: str
    at: str
    by: str


Stored = StoredCase | StoredVoucher | StoredFile | DeletedCase | DeletedVoucher


class World:
    """The stored objects. Every change is written to the journal, if there is one, before it is made."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        access: FileAccess = OWNER_ALONE,
        case_id_from: CaseIdFrom = "id",
        clock_offset_seconds: float = 0,
        case_known_seconds: float = 0,
    ) -> None:
        self.cases: list[StoredCase] = []
        self.deleted_cases: dict[str, StoredCase] = {}
        self.vouchers: dict[str, StoredVoucher] = {}
        self.deleted_vouchers: dict[str, DeletedVoucher] = {}
        self.files: dict[str, StoredFile] = {}
        self._case_known_seconds = case_known_seconds
        self._test_cases: set[str] = set()
        self._used_references: Counter[tuple[str, str]] = Counter()
        self._by_id: dict[str, StoredCase] = {}
        self._by_reference: dict[str, StoredCase] = {}
        self._by_name: dict[str, str] = {}
        self._case_id_from = case_id_from
        self._clock_offset = timedelta(seconds=clock_offset_seconds)
        self._late: dict[str, StoredCase] = {}
        self._by_case: dict[tuple[str, str], list[StoredVoucher]] = {}
        self._by_unique_id: dict[tuple[str, str], str] = {}
        self._replays: dict[tuple[str, str], StoredReplay] = {}
        self._journal = Journal(path, access) if path is not None else None
        if self._journal is not None:
            self._reload(self._journal, path)

    def close(self) -> None:
        """Close the data file."""
        if self._journal is not None:
            self._journal.close()

    def new_case(self, body: str, *, late_seconds: float = 0.0, foreign: bool = False) -> StoredCase:
        """Return a case that does not exist yet; ``commit`` makes it exist."""
        reference = _reference()
        while reference in self._by_reference:
            reference = _reference()
        listed_from = time.time() + late_seconds if late_seconds else 0.0
        return StoredCase(new_id(), reference, self.timestamp(), body, listed_from, foreign)

    def timestamp(self) -> str:
        """Return the servers' time as the APIs write it: ISO, UTC, microseconds."""
        return self.now().isoformat(timespec="microseconds").replace("+00:00", "Z")

    def now(self) -> datetime:
        """Return the time by the servers' clock."""
        return datetime.now(UTC) + self._clock_offset

    def commit(self, item: Stored | None, replay: StoredReplay | None = None) -> None:
        """Make an object exist, together with the response to replay; ``OSError`` if it cannot be written."""
        if self._journal is not None:
            self._journal.append(_line(item, replay))
        self._add(item, replay)

    def replay(self, scope: str, key: str, *, since: float = 0.0) -> StoredReplay | None:
        """Return the response stored under a key, unless it is older than ``since``."""
        found = self._replays.get((scope, key))
        return found if found is not None and found.at >= since else None

    def case(self, case_id: str) -> StoredCase | None:
        """Return a case by its id."""
        return self._by_id.get(case_id)

    def case_with_reference(self, reference: str) -> StoredCase | None:
        """Return a case by the reference that Debitura gave it."""
        found = self._by_reference.get(reference)
        return found if found is not None and found.id in self._by_id else None

    def was_case(self, case_id: str) -> StoredCase | None:
        """Return a case by its id, also if it has been deleted."""
        return self._by_id.get(case_id) or self.deleted_cases.get(case_id)

    def is_reference_used(self, creditor: str, reference: str) -> bool:
        """Return whether the creditor has a case with this reference of its own."""
        return self._used_references[creditor, reference] > 0

    def tagged(self, tag: str) -> list[StoredCase]:
        """Return the cases with a tag."""
        return [case for case in self.cases if json.loads(case.body).get("tag") == tag]

    def is_test_case(self, case: StoredCase) -> bool:
        """Return whether the case was created as a test case."""
        return case.id in self._test_cases

    def case_named(self, name: str) -> str | None:
        """Return the id of the case that Debbie calls ``name``; a creditor reference names the newest such case."""
        case_id = name if self._case_id_from == "id" else self._by_name.get(name)
        case = None if case_id is None else self._by_id.get(case_id)
        if case is None or (self._case_known_seconds and self._age(case) < self._case_known_seconds):
            return None
        return case.id

    def listed(self, *, newest_first: bool = True, test_cases: bool = True) -> tuple[Iterator[StoredCase], int]:
        """Return the cases that are listed by now, and their number."""
        now = time.time()
        self._late = {key: case for key, case in self._late.items() if case.listed_from > now}
        hidden = self._late.keys() if test_cases else self._late.keys() | self._test_cases
        cases = reversed(self.cases) if newest_first else iter(self.cases)
        return (case for case in cases if case.id not in hidden), len(self.cases) - len(hidden)

    def page(self, number: int, size: int, *, newest_first: bool = True, test_cases: bool = True) -> tuple[list[StoredCase], int]:
        """Return one page of the list, numbered from 1, and the number of all listed cases."""
        cases, total = self.listed(newest_first=newest_first, test_cases=test_cases)
        first = (number - 1) * size
        return list(islice(cases, first, first + size)), total

    def vouchers_of(self, tenant: str, case: str) -> list[StoredVoucher]:
        """Return a case's vouchers in the order of their creation."""
        return self._by_case.get((tenant, case), [])

    def voucher_with(self, tenant: str, unique_id: str) -> str | None:
        """Return the id of the tenant's voucher with this uniqueId."""
        return self._by_unique_id.get((tenant, unique_id))

    def _add(self, item: Stored | None, replay: StoredReplay | None) -> None:
        if replay is not None:
            self._replays[replay.scope, replay.key] = replay
        match item:
            case StoredCase():
                self._add_case(item)
            case StoredVoucher():
                self.vouchers[item.id] = item
                self._by_case.setdefault((item.tenant, item.case), []).append(item)
                if item.unique_id is not None:
                    self._by_unique_id[item.tenant, item.unique_id] = item.id
            case StoredFile():
                self.files[item.id] = item
            case DeletedVoucher():
                self.deleted_vouchers[item.id] = item
            case DeletedCase():
                self._remove_case(self._by_id[item.id])

    def _add_case(self, case: StoredCase) -> None:
        self.cases.append(case)
        self._by_id[case.id] = self._by_reference[case.reference] = case
        if case.listed_from:
            self._late[case.id] = case
        received = json.loads(case.body)
        if received.get("isTest"):
            self._test_cases.add(case.id)
        creditor_reference = received.get("creditorReference")
        if creditor_reference:
            self._used_references[received.get("creditorCompanyName", ""), creditor_reference] += 1
        name = {"reference": case.reference, "creditorReference": creditor_reference}.get(self._case_id_from)
        if name:
            self._by_name[name] = case.id

    def _remove_case(self, case: StoredCase) -> None:
        """Take a case out of everything but the references, which are not given twice."""
        self.cases.remove(case)
        self.deleted_cases[case.id] = self._by_id.pop(case.id)
        self._late.pop(case.id, None)
        self._test_cases.discard(case.id)
        received = json.loads(case.body)
        self._used_references[received.get("creditorCompanyName", ""), received.get("creditorReference")] -= 1

    def _age(self, case: StoredCase) -> float:
        return (self.now() - datetime.fromisoformat(case.created)).total_seconds()

    def _reload(self, journal: Journal, path: Path | None) -> None:
        try:
            for number, line in journal.lines():
                try:
                    self._add(*_read(line))
                except (ValueError, TypeError, KeyError) as error:
                    raise SettingsError(f"Line {number} of the sandbox data file {path} is damaged.") from error
        except BaseException:
            journal.close()
            raise


_TYPES: Final[dict[str, type[Stored]]] = {
    "case": StoredCase,
    "voucher": StoredVoucher,
    "file": StoredFile,
    "deleted_case": DeletedCase,
    "deleted_voucher": DeletedVoucher,
}
_NAMES: Final = {kind: name for name, kind in _TYPES.items()}


def new_id() -> str:
    """Return a fresh UUID."""
    return str(uuid.uuid4())


def _fields(item: Stored | StoredReplay) -> dict[str, object]:
    """Return what is written of an object; a member that an older release does not know is left out while it is empty."""
    return {name: value for name in item.__slots__ if (value := getattr(item, name)) is not None or name != "case_id"}


def _line(item: Stored | None, replay: StoredReplay | None) -> bytes:
    content: dict[str, object] = {}
    if item is not None:
        content[_NAMES[type(item)]] = _fields(item)
    if replay is not None:
        content["remembered"] = _fields(replay)
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes) -> tuple[Stored | None, StoredReplay | None]:
    content = json.loads(line)
    replay = content.pop("remembered", None)
    items = [_TYPES[name](**fields) for name, fields in content.items()]
    return (items[0] if items else None), (StoredReplay(**replay) if replay is not None else None)


def _reference() -> str:
    return "".join(random.choices(_ALPHABET, k=8))  # noqa: S311 - not secret
