"""`importer watch`: look through the folders again and again, and import what is complete in them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.commands.source_batches import ledger_id
from importer.errors import ExitCode, ImporterError, UsageError
from importer.watch import claims
from importer.watch.clock import Clock
from importer.watch.endings import FileEnding, Imported, most_urgent, retry_seconds
from importer.watch.folder import WatchedFolder, refuse_other_ledger
from importer.watch.inbox import Inbox
from importer.watch.request import WatchRequest, watched_folders, watching
from importer.watch.scanning.scan import SAID_AFTER_SECONDS
from importer.watch.scanning.system import OperatingSystem, this_system
from importer.watch.scanning.wake import woken_by_changes
from importer.watch.station import OpenClaim, Station
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.operator_log import log_event

ONCE_SETTLES = 4
"""How many settle times `--once` waits at most for files that are still being written."""


@dataclass(frozen=True)
class Hooks:
    """What is called besides.

    ``on_round`` is called once for each look through the folders, with the time (UTC), ``on_import`` for each file whose
    import was tried, with its result.
    """

    on_round: Callable[[datetime], None] = field(default=lambda _: None)
    on_import: Callable[[Imported], None] = field(default=lambda _: None)


def watch(
    request: WatchRequest,
    environment: Environment,
    console: Console,
    clock: Clock,
    stop: threading.Event,
    hooks: Hooks | None = None,
    system: OperatingSystem | None = None,
    wake: threading.Event | None = None,
) -> ExitCode:
    """Import what is dropped in the folders, until ``stop`` is set, or with ``request.once`` until nothing complete is left.

    ``wake`` is set when something changes in a folder, if the system says so; the clock's wait is to end then.

    Returns the most urgent exit code of the files with ``once``; else INTERRUPTED if a file's sending was cut short, or OK.
    Raises UsageError if a folder does not exist or belongs to another ledger.
    """
    environment = watching(environment)
    watcher = Watcher(request, environment, console, clock, stop, hooks or Hooks(), system or this_system())
    with watcher.heartbeat(), nullcontext() if wake is None else woken_by_changes(watcher.local_folders, wake):
        try:
            return watcher.once() if request.once else watcher.forever()
        finally:
            watcher.leave()


class Watcher:
    """One process that watches folders. Other processes may watch the same ones."""

    def __init__(
        self,
        request: WatchRequest,
        environment: Environment,
        console: Console,
        clock: Clock,
        stop: threading.Event,
        hooks: Hooks,
        system: OperatingSystem,
    ) -> None:
        self._request, self._environment, self._console = request, environment, console
        self._clock, self._stop, self._hooks = clock, stop, hooks
        self._rules = environment.settings.watch
        self._ledger = ledger_id(environment)
        self._codes: dict[Path, ExitCode] = {}  # the last one of each claimed file
        self._was_cut_short = False
        folders = watched_folders(request, environment)
        self._check(folders)
        self._say_after = 0.0 if request.once else SAID_AFTER_SECONDS
        is_current = request.list_is_current
        self._inbox = Inbox(request.workspace, environment, console, clock, stop, request.output, list_is_current=is_current)
        usual = (environment, system, console.warn, self._say_after, self._inbox.comes_last)
        self.stations = [Station(one, *usual) for one in folders]
        self._system = system

    def _check(self, folders: list[WatchedFolder]) -> None:
        """Raise UsageError if a folder belongs to another ledger, or cannot be used."""
        for one in folders:
            try:
                refuse_other_ledger(one.root, self._ledger)
                one.access.folders_to(one.root)
            except OSError as error:
                raise UsageError(f"The folder {one.root} cannot be used ({error.strerror}). Check its rights.") from None

    def heartbeat(self) -> Heartbeat:
        """Return the thread that renews the leases, also during a long import."""
        return Heartbeat(self.stations, self._system)

    def local_folders(self) -> list[Path]:
        """Return the folders whose changes the kernel sees."""
        return [station.watched.root for station in self.stations if station.is_local]

    def leave(self) -> None:
        """End this process's part in all folders."""
        for station in self.stations:
            station.leave()

    def forever(self) -> ExitCode:
        """Watch until it is stopped."""
        while not self._stop.is_set():
            self.round()
            self._codes.clear()  # only `--once` ends with them
            if not self._stop.is_set():
                self._clock.wait(self._rules.scan_seconds)
        return ExitCode.INTERRUPTED if self._was_cut_short else ExitCode.OK

    def once(self) -> ExitCode:
        """Import what is complete, or becomes complete within a few settle times."""
        longest = max(self._rules.settle_seconds, self._rules.network_settle_seconds) * ONCE_SETTLES + self._rules.scan_seconds
        end = self._clock.seconds() + longest
        while not self._stop.is_set():
            self.round()
            is_settling = any(scan.is_settling for station in self.stations for scan in station.scans.values())
            if not is_settling or self._clock.seconds() >= end:
                break
            self._clock.wait(self._rules.scan_seconds)
        if not self._codes and not self._stop.is_set():
            self._note_empty()
        return most_urgent(list(self._codes.values()))

    def _note_empty(self) -> None:
        """Note that nothing was imported from the folders that can be used."""
        asked = {folder.absolute() for folder in self._request.folders}
        for station in self.stations:
            if station.is_usable and station.watched.root in asked:
                self._console.note(f"The folder {station.watched.root} holds no complete files: nothing to import.")

    def round(self) -> None:
        """Look through every folder once."""
        for station in self.stations:
            try:
                goes_on = not station.is_here(self._ledger or self._known_ledger()) or self._look_through(station)
            except (OSError, ImporterError) as error:  # of the disk or the ledger: the next round looks again
                station.report_trouble(str(error))
                continue
            station.report_trouble("")
            if not goes_on:
                break
        if self._ledger is None and (made := self._known_ledger()):  # the first import has made it
            for station in self.stations:
                station.is_here(made)
        self._hooks.on_round(self._clock.now())

    def _known_ledger(self) -> str | None:
        """Return the id of the ledger, which the first import may have made just now."""
        self._ledger = ledger_id(self._environment)
        return self._ledger

    def _look_through(self, station: Station) -> bool:
        """Import what is complete in a folder. Returns whether others can be imported too: not while the ledger is held."""
        station.recover(self._clock.seconds())
        station.look_around(self._clock.seconds(), self._clock.now())
        for attempt in [one for one in station.attempts if one.due <= self._clock.seconds()]:
            if not self._try(station, attempt):
                return False
        new = station.new_claims(self._clock.seconds(), self._clock.now())
        return all(self._try(station, attempt) for attempt in new)

    def _try(self, station: Station, attempt: OpenClaim) -> bool:
        """Import one claimed file. Returns whether to go on with others."""
        attempt.claim, imported = self._inbox.take(station.watched, attempt.claim)
        if not imported.was_tried:  # nothing was imported here, so that no trouble is over
            if imported.ending is FileEnding.TAKEN_OVER:
                station.attempts.remove(attempt)
            self._console.note(imported.line())
            return not self._stop.is_set()
        now = self._clock.seconds()
        is_held = imported.exit_code is ExitCode.LEDGER_HELD
        if imported.ending is FileEnding.LATER:
            self._put_off(attempt, now, imported.exit_code)
        else:
            station.attempts.remove(attempt)
            log_event("placed", file=imported.name, place=imported.ending.value, exit_code=int(imported.exit_code))
        is_news = imported.messages != attempt.said and not (is_held and now - attempt.held_since < self._say_after)
        if imported.ending is not FileEnding.LATER or is_news:
            attempt.said = imported.messages
            self._hooks.on_import(imported)
        self._codes[attempt.claim.folder] = imported.exit_code
        if imported.exit_code is ExitCode.INTERRUPTED:
            self._was_cut_short = True
            self._stop.set()
        return not is_held and not self._stop.is_set()

    def _put_off(self, attempt: OpenClaim, now: float, code: ExitCode) -> None:
        """Decide when a file is tried again: soon while another process holds the ledger, later and later otherwise."""
        was_held = bool(attempt.held_since)
        if code is ExitCode.LEDGER_HELD:
            attempt.held_since = attempt.held_since or now
            attempt.due = now + self._rules.scan_seconds
        else:
            attempt.tries, attempt.held_since, was_held = attempt.tries + 1, 0.0, False
            attempt.due = now + retry_seconds(self._rules.retry_seconds, attempt.tries)
        if not was_held:  # a held ledger is tried every few seconds
            log_event("put_off", file=attempt.claim.name, exit_code=int(code), seconds=attempt.due - now)


class Heartbeat:
    """Renews the leases of this process in a thread of its own, while its ``with`` block lasts."""

    def __init__(self, stations: list[Station], system: OperatingSystem) -> None:
        self._stations, self._system = stations, system
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)

    def _renew(self) -> None:
        while not self._ended.wait(claims.RENEWAL_SECONDS):
            for station in self._stations:
                if station.attempts:
                    claims.renew_lease(station.watched, self._system)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
