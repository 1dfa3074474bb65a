"""Which files of a folder are complete, as far as its listing shows it. Pure: a listing goes in, verdicts come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from importer.watch.names import CONTROL, is_passed_over, is_spreadsheet, lock_names

_NOT_ON_DISK = 0x1000 | 0x40000 | 0x400000
"""Attributes of Windows: OFFLINE, RECALL_ON_OPEN and RECALL_ON_DATA_ACCESS. Opening such a file would download it."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of a listing. ``attributes`` are those of Windows, elsewhere 0; ``changed`` is its last change, as seconds."""

    name: str
    size: int
    mtime_ns: int
    changed: float = 0.0
    attributes: int = 0

    @property
    def state(self) -> tuple[int, int]:
        """What changes when the file is written to: its size and its time of modification."""
        return self.size, self.mtime_ns


@dataclass(frozen=True, slots=True)
class Observation:
    """What a watcher remembers of a file: its state, since when it has that, and since when the file is there (seconds)."""

    state: tuple[int, int]
    since: float
    first: float


Observations = dict[str, Observation]


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide about a file of this folder. Seconds."""

    settle_seconds: float
    control_files: bool = False


class Verdict(Enum):
    """What a listing says of a file."""

    OTHER = auto()  # not a spreadsheet; it stays where it is
    OPEN = auto()  # a spreadsheet program has it open
    NOT_DOWNLOADED = auto()  # a placeholder of a cloud drive
    SETTLING = auto()  # it has changed, or was first seen, a moment ago
    WITHOUT_CONTROL = auto()  # its control file is missing, or is being written
    SETTLED = auto()  # nothing in the listing objects to it


@dataclass(frozen=True, slots=True)
class Judged:
    """A file with its verdict. ``waited`` is how long it is there, ``still`` how long it has not changed, in seconds."""

    entry: ListedFile
    verdict: Verdict
    waited: float
    still: float


def judge(entries: Sequence[ListedFile], before: Observations, now: float, rules: Rules) -> tuple[Observations, list[Judged]]:
    """Judge every file of a listing, the oldest first. Returns what to remember for the next listing, too."""
    by_name = {entry.name: entry for entry in entries}
    seen = {name: _observation(entry, before.get(name), now) for name, entry in by_name.items()}
    found = [
        Judged(entry, _verdict(entry, by_name, seen, now, rules), now - seen[name].first, now - seen[name].since)
        for name, entry in by_name.items()
        if not is_passed_over(name)
    ]
    return seen, sorted(found, key=lambda one: (one.entry.mtime_ns, one.entry.name))


def _observation(entry: ListedFile, before: Observation | None, now: float) -> Observation:
    if before is None:
        return Observation(entry.state, now, now)
    return before if before.state == entry.state else Observation(entry.state, now, before.first)


def _verdict(entry: ListedFile, by_name: Mapping[str, ListedFile], seen: Observations, now: float, rules: Rules) -> Verdict:
    if not is_spreadsheet(entry.name):
        return Verdict.OTHER
    if any(lock in by_name for lock in lock_names(entry.name)):
        return Verdict.OPEN
    if entry.attributes & _NOT_ON_DISK:
        return Verdict.NOT_DOWNLOADED
    if now - seen[entry.name].since < rules.settle_seconds:
        return Verdict.SETTLING
    if rules.control_files:
        control = seen.get(entry.name + CONTROL)
        if control is None or now - control.since < rules.settle_seconds:
            return Verdict.WITHOUT_CONTROL
    return Verdict.SETTLED
