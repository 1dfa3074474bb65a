"""Batches: their states, the people who decide on them, and what a decision covers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import orjson

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus

StatusCounts = dict[RecordKind, dict[RowStatus, dict[str, tuple[int, int]]]]
"""Record kind → status → currency → (rows, hundredths)."""


class BatchState(StrEnum):
    """The state of a batch. The ledger stores all but SENDING and DONE, which follow from the batch's entries."""

    STAGED = "staged"  # it proposes entries, and changes nothing yet
    APPROVED = "approved"  # its entries may be sent
    VOID = "void"  # it was approved, and must be approved again before the first of its entries is sent
    SENDING = "sending"  # sending has begun, and is not at its end
    DONE = "done"  # nothing of it is left to send
    DISCARDED = "discarded"  # its proposals were dropped


class DecisionKind(StrEnum):
    """What was decided about a batch."""

    STAGED = "staged"
    PREPARED = "prepared"  # by another person than the one who staged it, such as who corrected its rows
    APPROVED = "approved"
    VOIDED = "void"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Person:
    """The user of the operating system who runs a command, and the machine. ``uid`` is None where there are no user ids.

    ``subject`` is the id that a login service has given the person for good, whatever the name is; empty if none is known.
    """

    name: str
    host: str
    uid: int | None = None
    subject: str = ""

    def text(self) -> str:
        """Return the person as written in messages: ``ann@host``."""
        return f"{self.name}@{self.host}"


NOBODY = Person("unknown", "unknown")


def person_of(text: str) -> Person:
    """Return the person whom :meth:`Person.text` has written; a host has no ``@``."""
    name, _, host = text.rpartition("@")
    return Person(name, host)


def person_json(person: Person) -> str:
    """Encode a person for the ledger."""
    found = asdict(person)
    if not person.subject:
        del found["subject"]  # earlier releases do not know it
    return json.dumps(found, ensure_ascii=False)


def person_from_json(text: str | None) -> Person:
    """Decode a person; NOBODY for a batch of an earlier release."""
    return Person(**json.loads(text)) if text else NOBODY


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about a batch as the ledger keeps it: what, by whom, when, and ``facts`` such as digests and counts."""

    what: DecisionKind
    who: Person
    at: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def facts_json(self) -> str:
        """Return the facts as JSON."""
        return json.dumps(dict(self.facts), ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class CorrectedSource:
    """Of which batch a source has corrected rows, and for each of its sheets the one there. ``#row`` has the numbers there."""

    batch: int
    sheets: tuple[int, ...]

    def as_facts(self) -> dict[str, Any]:
        """Return it as facts of a decision."""
        return {"corrects": {"batch": self.batch, "sheets": list(self.sheets)}, "why": f"corrected rows of batch {self.batch}"}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> CorrectedSource | None:
        """Return what the facts of a decision say; None if they say nothing of corrected rows."""
        found = facts.get("corrects")
        return cls(int(found["batch"]), tuple(found["sheets"])) if found else None


def figures_of(found: StatusCounts) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what an approval notes of a batch: ``counts``, and ``totals`` in hundredths by currency, by kind and status."""
    counts, totals = {}, {}
    for kind, by_status in found.items():
        counts[kind.value] = {status.value: sum(rows for rows, _ in sums.values()) for status, sums in by_status.items()}
        totals[kind.value] = {
            status.value: {code: cents for code, (_, cents) in sorted(sums.items())} for status, sums in by_status.items()
        }
    return {"counts": counts, "totals": totals}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a staged batch would do if it were approved now.

    ``counts`` are the figures by status; ``digest`` is that of the entries that would be the batch's; ``overlaps`` are later
    staged batches that hold some of the same cases or vouchers. ``overruled`` are later batches, approved since, of which it
    would change or withdraw an entry. ``seen``: a person has looked at it.
    """

    counts: StatusCounts
    digest: str
    overlaps: tuple[int, ...] = ()
    overruled: tuple[int, ...] = ()
    seen: bool = False

    def rows(self, status: RowStatus, kind: RecordKind | None = None) -> int:
        """Return the number of rows in a status, of one kind or (None) of both."""
        kinds = RecordKind if kind is None else (kind,)
        return sum(rows for one in kinds for rows, _ in self.counts.get(one, {}).get(status, {}).values())

    def money(self, status: RowStatus, kind: RecordKind) -> dict[str, int]:
        """Return the hundredths by currency of the rows of a kind in a status."""
        return {code: cents for code, (_, cents) in sorted(self.counts.get(kind, {}).get(status, {}).items())}

    def rows_to_send(self) -> int:
        """Return the number of cases to be sent, or of vouchers if there are no cases."""
        return self.rows(RowStatus.PENDING, RecordKind.CASE) or self.rows(RowStatus.PENDING, RecordKind.VOUCHER)

    def all_rows(self) -> int:
        """Return the number of rows of all kinds and statuses."""
        return sum(self.rows(status) for status in RowStatus)

    def as_json(self) -> str:
        """Encode the proposal for the ledger."""
        counts = {
            kind.value: {status.value: sums for status, sums in by_status.items()} for kind, by_status in self.counts.items()
        }
        others = {"overlaps": self.overlaps, "overruled": self.overruled, "seen": self.seen}
        return json.dumps({"counts": counts, "digest": self.digest, **others})

    def mark(self) -> str:
        """Return a short text that is another one for every other proposal, so that a page can name the one it has shown."""
        shown = json.loads(replace(self, seen=False).as_json())
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]

    @classmethod
    def from_json(cls, text: str) -> Proposal:
        """Decode the JSON of :meth:`as_json`."""
        found = json.loads(text)
        counts = {
            RecordKind(kind): {
                RowStatus(status): {code: (rows, cents) for code, (rows, cents) in sums.items()}
                for status, sums in by_status.items()
            }
            for kind, by_status in found["counts"].items()
        }
        return cls(counts, found["digest"], tuple(found["overlaps"]), tuple(found["overruled"]), found["seen"])


_SINCE_SENT = (RowStatus.ALREADY_IMPORTED, RowStatus.CHANGED)


def difference(reviewed: Proposal, now: Proposal) -> str | None:
    """Describe how a proposal differs from the one that was reviewed, so that it must be reviewed again; None if it may go.

    Rows that were sent by another batch since then are no such difference: they are not sent again.
    """
    if staged := _new_ones(reviewed.overlaps, now.overlaps):
        return f"{staged}, staged later, holds some of the same cases or vouchers"
    if newer := _new_ones(reviewed.overruled, now.overruled):
        return f"{newer}, which is newer and was approved since, has other values for some of the same cases or vouchers"
    if reviewed.counts == now.counts:
        return None if reviewed.digest == now.digest else "the values to be sent are others"
    changed = [text for kind in RecordKind if (text := _changed_counts(reviewed, now, kind))]
    return "; ".join(changed) or None


def _new_ones(before: Collection[int], now: Collection[int]) -> str:
    """Return the names of the batches that were not there at the review; empty if there are none."""
    return ", ".join(f"batch {batch}" for batch in now if batch not in before)


def _changed_counts(reviewed: Proposal, now: Proposal, kind: RecordKind) -> str | None:
    """Describe how the numbers of rows differ; None if rows to be sent were only sent by another batch since then."""
    found = {status: now.rows(status, kind) - reviewed.rows(status, kind) for status in RowStatus}
    changed = {status: more for status, more in found.items() if more}
    only_sent = changed.keys() <= {RowStatus.PENDING, *_SINCE_SENT} and found[RowStatus.PENDING] <= 0
    if only_sent and sum(changed.values()) == 0:
        return None
    parts = [f"{reviewed.rows(s, kind):,} {kind}s were {_words(s)} and {now.rows(s, kind):,} are now" for s in changed]
    return "; ".join(parts)


def _words(status: RowStatus) -> str:
    return "to be sent" if status is RowStatus.PENDING else status.replace("_", " ")


# The digest of what an approval covers

_MODULUS = 2**256
_LATE = ("referenceCaseVoucherId", "appendix")
"""Members that the first attempt adds to a voucher's payload: the ids of its parent and of its attached file."""


def entry_hash(kind: RecordKind, key: str, payload: bytes, target: str | None, appendix: str | None) -> int:
    """Return the hash of one entry: all that determines its request, apart from ids that are known only when it is sent."""
    sent = _without_late(payload) if kind is RecordKind.VOUCHER else payload
    file = orjson.loads(appendix) if appendix else {}
    parts = [kind.value, key, sent.decode(errors="backslashreplace"), target, file.get("path"), file.get("sha256")]
    return int.from_bytes(hashlib.sha256(orjson.dumps(parts)).digest())


def _without_late(payload: bytes) -> bytes:
    try:
        members = orjson.loads(payload)
    except orjson.JSONDecodeError:  # another program has changed the ledger
        return payload
    if not isinstance(members, dict):
        return payload
    return orjson.dumps({name: value for name, value in members.items() if name not in _LATE})


def plus(digest: str, *hashes: int, sign: int = 1) -> str:
    """Add the hashes of entries to a digest, or (``sign`` -1) take them out. The order of the entries does not matter."""
    return f"{(int(digest or '0', 16) + sign * sum(hashes)) % _MODULUS:064x}"
