"""The files of one folder that can be taken now, and what is said about the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.watch.scanning.content import is_whole
from importer.watch.scanning.lock_files import owner_of
from importer.watch.scanning.system import OperatingSystem, WriterState
from importer.watch.scanning.verdicts import Judged, ListedFile, Observations, Rules, Verdict, judge

SAID_AFTER_SECONDS = 60.0
GIVEN_UP_AFTER_SECONDS = 600.0
"""After this time without a change, a file that is not whole is taken nevertheless, so that it is refused with a reason."""

Lister = Callable[[Path], list[ListedFile]]


@dataclass
class FolderScan:
    """The scan of one folder. It remembers what it has seen, and what it has said."""

    folder: Path
    system: OperatingSystem
    list_folder: Lister
    seen: Observations = field(default_factory=dict)
    is_settling: bool = False
    """Whether a file of the last scan may be complete at the next one."""
    say_after: float = SAID_AFTER_SECONDS
    _said: set[tuple[str, Verdict]] = field(default_factory=set)
    _partial: dict[str, tuple[tuple[int, int], float]] = field(default_factory=dict)

    def forget(self) -> None:
        """Forget everything: the folder was away, or is another one now."""
        self.seen, self._said, self._partial = {}, set(), {}

    def complete_files(
        self, seconds: float, now: datetime, local: Rules, careful: Rules | None
    ) -> tuple[list[ListedFile], list[str]]:
        """List the folder. Returns the complete files, the oldest first, and what to say about others. Raises OSError.

        ``local`` are the rules where the system says who writes a file. ``careful`` are those where it does not: None if it
        is never asked, as on a network drive, of which ``local`` are then the rules.
        """
        self.seen, judged = judge(self.list_folder(self.folder), self.seen, seconds, local)
        self.is_settling = any(one.verdict is Verdict.SETTLING for one in judged)
        names = {one.entry.name for one in judged}
        self._partial = {name: known for name, known in self._partial.items() if name in names}
        self._said = {key for key in self._said if key[0] in names}
        ready: list[ListedFile] = []
        messages: list[str] = []
        for one in judged:
            why = self._objection(one, seconds, now, careful)
            if why is None:
                ready.append(one.entry)
            elif text := self._to_say(one, why):
                messages.append(text)
        return ready, messages

    def _objection(self, one: Judged, seconds: float, now: datetime, careful: Rules | None) -> str | None:
        """Return why a file is not taken now; None if it is complete, empty if there is no need to say why."""
        if one.verdict is not Verdict.SETTLED:
            return self._why(one)
        if careful is not None:
            writing = self.system.writing(self.folder / one.entry.name)
            if writing is WriterState.WRITER:
                return "a program is still writing it"
            if writing is WriterState.UNKNOWN and one.still < careful.settle_seconds:
                self.is_settling = True
                return ""
        return self._content_objection(one, seconds, now)

    def _content_objection(self, one: Judged, seconds: float, now: datetime) -> str | None:
        """Return why the content is not complete; None if it is, or if nothing has changed for so long that it never will be."""
        entry = one.entry
        known = self._partial.get(entry.name)
        if known is None or known[0] != entry.state or seconds - known[1] >= SAID_AFTER_SECONDS / 2:
            try:
                if is_whole(self.folder / entry.name):
                    return None
            except PermissionError:
                return "it may not be read; ask its owner for the right to read it"
            self._partial[entry.name] = entry.state, seconds
        if max(one.still, now.timestamp() - entry.changed) >= GIVEN_UP_AFTER_SECONDS:
            return None
        return "it is not complete: it ends in the middle, or in zeros. It is taken as soon as it is whole"

    def _why(self, one: Judged) -> str:
        if one.verdict is Verdict.OTHER:
            return "is not a spreadsheet, and stays where it is"
        if one.verdict is Verdict.OPEN:
            owner = owner_of(self.folder, one.entry.name)
            by = f" by {owner}" if owner else ""
            return f"it is open{by}. It is taken when it is closed; if nobody has it open, delete the lock file beside it"
        if one.verdict is Verdict.NOT_DOWNLOADED:
            return "it is not downloaded from the cloud drive yet. Open it once, or choose to keep it on this device"
        if one.verdict is Verdict.WITHOUT_CONTROL:
            return f"its control file {one.entry.name}.ok is missing, or is being written"
        return ""

    def _to_say(self, one: Judged, why: str) -> str | None:
        """Return what to say about a file, once, and not before it has waited for a minute."""
        key = (one.entry.name, one.verdict)
        if not why or key in self._said or one.waited < self.say_after:
            return None
        self._said.add(key)
        return f"{one.entry.name} {why}." if one.verdict is Verdict.OTHER else f"{one.entry.name} waits: {why}."
