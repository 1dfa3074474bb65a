"""What is remembered from night to night: which troubles were reported, and how far every batch was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from importer.errors import ExitCode
from importer.notify.sums import NOTHING, Sums

VERSION = 1


class Trouble(StrEnum):
    """What can be wrong after a night. Several may be at once; without any, the night was fine."""

    BUG = "bug"
    STOPPED = "stopped"  # an API is down or refuses the credentials
    USAGE = "usage"  # the settings, the command or the ledger must be corrected first
    KEPT_OUT = "kept out"  # another run holds the ledger, night after night
    FILE_MISSING = "file missing"  # an expected file did not come
    FILE_UNREADABLE = "file unreadable"
    QUOTA = "quota"
    DOUBTS = "doubts"
    QUESTIONS = "questions"
    APPROVAL = "approval"
    ROWS_TO_CORRECT = "rows to correct"


@dataclass(frozen=True)
class Message:
    """One message to people: whole sentences without personal data. ``trouble`` is None for a change after sending."""

    trouble: Trouble | None
    title: str
    text: str
    is_recovery: bool = False


@dataclass(frozen=True)
class BatchMark:
    """A batch as it was when it was last looked at. ``reported`` rows of it were reported as to be corrected."""

    to_correct: Sums = NOTHING
    questioned: Sums = NOTHING
    changed: Sums = NOTHING
    reported: int = 0


@dataclass(frozen=True)
class ExpectationMark:
    """What is remembered of an expected file; all are timestamps, or empty.

    ``settled``: the last deadline for which a file came. ``missing``: the deadline that was missed, until a file comes.
    ``used_until``: files that came until then were late, and do not count for a later deadline.
    """

    settled: str = ""
    missing: str = ""
    used_until: str = ""


@dataclass(frozen=True)
class Undelivered:
    """A notification on its way: the addresses, by digest, that have not taken it yet, and the files to attach."""

    title: str
    text: str
    severity: str
    to: tuple[str, ...]
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class NightState:
    """All that is remembered. ``troubles`` has the time since when each is known; all times are timestamps.

    ``refused`` are the files that were refused and not settled since, each with the path where it lies. ``kept_out`` is how many
    runs in succession were kept out by another run.
    """

    troubles: Mapping[Trouble, str] = field(default_factory=dict)
    marks: Mapping[int, BatchMark] = field(default_factory=dict)
    newest_batch: int = 0
    approvals: frozenset[int] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    kept_out: int = 0
    doubts: Sums = NOTHING
    waiting: Sums = NOTHING
    expected: Mapping[str, ExpectationMark] = field(default_factory=dict)
    exit_code: int = 0
    last_success: str = ""
    last_summary: str = ""
    undelivered: tuple[Undelivered, ...] = ()
    tried_at: str = ""

    def as_json(self) -> str:
        """Encode the state."""
        found: dict[str, Any] = {
            "version": VERSION,
            "troubles": dict(self.troubles),
            "marks": {str(batch): _stored_mark(mark) for batch, mark in self.marks.items()},
            "newest_batch": self.newest_batch,
            "approvals": sorted(self.approvals),
            "refused": dict(self.refused),
            "kept_out": self.kept_out,
            "doubts": self.doubts.stored(),
            "waiting": self.waiting.stored(),
            "expected": {name: vars(mark) for name, mark in self.expected.items()},
            "exit_code": self.exit_code,
            "last_success": self.last_success,
            "last_summary": self.last_summary,
            "undelivered": [vars(one) for one in self.undelivered],
            "tried_at": self.tried_at,
        }
        return json.dumps(found, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> NightState:
        """Decode the JSON of :meth:`as_json`. Raises ValueError, KeyError, TypeError or AttributeError for any other text."""
        found = json.loads(text)
        if found["version"] != VERSION:
            raise ValueError(f"version {found['version']}")
        return cls(
            troubles={Trouble(name): since for name, since in found["troubles"].items()},
            marks={int(batch): _mark(stored) for batch, stored in found["marks"].items()},
            newest_batch=found["newest_batch"],
            approvals=frozenset(found["approvals"]),
            refused=dict(found["refused"]),
            kept_out=int(found["kept_out"]),
            doubts=Sums.restored(found["doubts"]),
            waiting=Sums.restored(found["waiting"]),
            expected={name: ExpectationMark(**mark) for name, mark in found["expected"].items()},
            exit_code=int(ExitCode(found["exit_code"])),
            last_success=found["last_success"],
            last_summary=found["last_summary"],
            undelivered=tuple(
                Undelivered(**{**one, "to": tuple(one["to"]), "files": tuple(one["files"])}) for one in found["undelivered"]
            ),
            tried_at=found["tried_at"],
        )


def _stored_mark(mark: BatchMark) -> dict[str, Any]:
    sums = {name: getattr(mark, name).stored() for name in ("to_correct", "questioned", "changed")}
    return {**sums, "reported": mark.reported}


def _mark(stored: Mapping[str, Any]) -> BatchMark:
    sums = {name: Sums.restored(stored[name]) for name in ("to_correct", "questioned", "changed")}
    return BatchMark(**sums, reported=stored["reported"])
