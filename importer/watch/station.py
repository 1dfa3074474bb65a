"""One watched folder over time: whether it is there, its scans, its claims, and the files in it that wait for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.commands.source_batches import batches_of_source
from importer.errors import ImporterError, UsageError
from importer.watch import claims
from importer.watch.claims import ClaimedFile
from importer.watch.folder import MARKER, WatchedFolder, list_folder, mark, refuse_other_ledger
from importer.watch.former_batches import staged_of
from importer.watch.inbox import UNDECIDED
from importer.watch.kept_files import changed_files, say_beside
from importer.watch.known_folders import KnownFolders
from importer.watch.names import APPROVED, WAITING, is_spreadsheet, lock_names, stamp_of
from importer.watch.scanning.scan import FolderScan
from importer.watch.scanning.system import OperatingSystem
from importer.watch.scanning.verdicts import ListedFile, Rules
from importer.workspace.environment import Environment
from importer.workspace.operator_log import log_event

LOOK_SECONDS, LOOK_ROUNDS = 30.0, 10
"""How often the folders with files that were imported, or wait for an approval, are looked at: what comes first."""


@dataclass
class OpenClaim:
    """A claimed file of this process: when it is tried next, and how often it was.

    ``held_since`` is since when another process holds the ledger, 0 if none does. Both times are seconds of the clock.
    """

    claim: ClaimedFile
    due: float = 0.0
    tries: int = 0
    held_since: float = 0.0
    said: tuple[str, ...] = ()


@dataclass
class Station:
    """What a watcher knows of one folder.

    ``say`` shows a line to the user. ``comes_last`` returns whether a file is to be imported after others of the same time.
    """

    watched: WatchedFolder
    environment: Environment
    system: OperatingSystem
    say: Callable[[str], None]
    say_after: float
    comes_last: Callable[[WatchedFolder, Path], bool]
    attempts: list[OpenClaim] = field(default_factory=list)
    _trouble: str = ""
    _device: tuple[int, int] | None = None
    _home: tuple[int, int] | None = None  # the device of the last time that the folder was there
    _is_network: bool = False
    _is_adopted: bool = False
    _away: str = ""
    _next_look: float = 0.0
    _next_recovery: float = 0.0

    def __post_init__(self) -> None:
        places = ("", *((APPROVED,) if self.watched.by_folder else ()))
        self.scans = {
            place: FolderScan(self.watched.root / place, self.system, list_folder, say_after=self.say_after) for place in places
        }

    # Whether it is there

    def is_here(self, ledger: str | None) -> bool:
        """Return whether the folder can be used now; it is made ready when it is there again, and what changes is said once.

        ``ledger`` is the id of the ledger, if there is one already.
        """
        why = self._obstacle(ledger)
        if why != self._away:
            if bool(why) != bool(self._away):
                log_event("folder_away" if why else "folder_back", folder=str(self.watched.root))
            self.say(why or f"The folder {self.watched.root} is there again.")
            self._away = why
        if why:
            self._device = None
        elif ledger is not None:
            self._known.looked_at(self.watched.root, ledger)
        return not why

    def _obstacle(self, ledger: str | None) -> str:
        root = self.watched.root
        try:
            found = root.stat()
            device = (found.st_dev, found.st_ino)
            if not (root / MARKER).exists() and self._was_known(device, ledger):
                return (
                    f"The folder {root} has no file {MARKER} any more. Is its drive connected? It is looked at again. If it is a "
                    f"new folder in the place of a former one, make an empty file {MARKER} in it."
                )
            refuse_other_ledger(root, ledger)
            if ledger is not None and not self._is_adopted:
                mark(root, ledger, self.watched.access)
                self._known.add(root, ledger)
                self._is_adopted = True
            if self._device != device:
                self._begin(device)
        except OSError as error:
            return f"The folder {root} cannot be used now ({error.strerror or error}). It is looked at again."
        except UsageError as error:
            return str(error)
        return ""

    def _was_known(self, device: tuple[int, int], ledger: str | None) -> bool:
        """Return whether the folder should have its mark: it had it, or this is not the folder that was there before."""
        is_other = self._home is not None and device != self._home
        return self._is_adopted or is_other or (ledger is not None and self._known.has(self.watched.root, ledger))

    @property
    def _known(self) -> KnownFolders:
        return KnownFolders(self.environment.workspace.root, self.environment.access)

    def _begin(self, device: tuple[int, int]) -> None:
        self.watched.make()
        self._is_network = self.system.is_network(self.watched.root)
        for scan in self.scans.values():
            scan.forget()
        self._next_look = self._next_recovery = 0.0
        self._device = self._home = device

    @property
    def is_local(self) -> bool:
        """Return whether the folder is there, on a disk of this machine, so that the kernel sees all its changes."""
        return self._device is not None and not self._is_network

    @property
    def is_usable(self) -> bool:
        """Return whether nothing has kept the folder from being looked through."""
        return not self._away and not self._trouble

    # Claims

    def recover(self, seconds: float) -> None:
        """Take over the claims of dead processes, and show that this one lives. Raises OSError."""
        if seconds < self._next_recovery:
            return
        self._next_recovery = seconds + claims.RENEWAL_SECONDS
        claims.renew_lease(self.watched, self.system)
        known = {one.claim.folder for one in self.attempts}
        found = claims.take_over(self.watched, self.system, known)
        claims.sweep_leases(self.watched, self.system)  # after that, which asks for the leases of the dead
        self.attempts += [OpenClaim(one) for one in found]
        for one in found:
            self.say(f"{one.name} was claimed by a watcher that has ended, and is taken over.")

    def new_claims(self, seconds: float, now: datetime) -> Iterator[OpenClaim]:
        """Claim the complete files one by one, so that another watcher can have those that this one has not come to."""
        rules = self.environment.settings.watch
        for place, scan in self.scans.items():
            with_control = rules.control_files and not place
            network = Rules(rules.network_settle_seconds, with_control)
            local = network if self._is_network else Rules(rules.settle_seconds, with_control)
            ready, messages = scan.complete_files(seconds, now, local, None if self._is_network else network)
            for message in messages:
                self.say(message)
            if len(ready) > 1:
                ready.sort(key=lambda one: self.comes_last(self.watched, scan.folder / one.name))
            for entry in ready:
                if made := self._claimed(entry, place, now, with_control=with_control):
                    yield made

    def _claimed(self, entry: ListedFile, place: str, now: datetime, *, with_control: bool) -> OpenClaim | None:
        made = claims.claim(self.watched, entry, place, self.system, now, with_control=with_control)
        if made is None:
            return None
        log_event("claimed", file=made.name, folder=str(self.watched.root / place))
        self.attempts.append(OpenClaim(made))
        return self.attempts[-1]

    def report_trouble(self, text: str) -> None:
        """Show what keeps the folder from being used, once; an empty text: nothing does any more."""
        if text and text != self._trouble:
            self.say(f"{self.watched.root}: {text}")
        self._trouble = text

    # What waits for a person

    def look_around(self, seconds: float, now: datetime) -> None:
        """Claim the files whose approval was decided, and report those that were changed later. Raises OSError."""
        if seconds < self._next_look:
            return
        self._next_look = seconds + min(LOOK_SECONDS, LOOK_ROUNDS * self.environment.settings.watch.scan_seconds)
        for entry in self._decided():
            self._claimed(entry, WAITING, now, with_control=False)
        for changed in changed_files(self.watched):
            self.say(changed.message(self.watched.root))
            say_beside(self.watched, changed)

    def _decided(self) -> Iterator[ListedFile]:
        """Yield the files in ``needs approval`` whose batch was approved or discarded by a command."""
        entries = {one.name: one for one in list_folder(self.watched.root / WAITING)}
        for entry in entries.values():
            digest = stamp_of(entry.name)
            if digest is None or not is_spreadsheet(entry.name) or any(lock in entries for lock in lock_names(entry.name)):
                continue
            batches = batches_of_source(self.environment, digest)
            if batches and not any(one.state in UNDECIDED for one in batches):
                yield entry

    def leave(self) -> None:
        """End this process's part in the folder: what it has claimed, and nothing is recorded of, is put back."""
        for attempt in self.attempts:
            if attempt.claim.note.batch is None:
                with suppress(OSError, ImporterError):  # it is found by the next watcher
                    if not staged_of(self.environment, attempt.claim):
                        claims.release(self.watched, attempt.claim)
        claims.end_lease(self.watched, self.system)
