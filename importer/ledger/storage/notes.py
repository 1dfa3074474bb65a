"""Notes of which ledgers serve which accounts: one file beside the ledger, and one in the user's data folder.

A note outlives the ledger's file. It shows that a file with the ledger's id is older than what the ledger has sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from filelock import FileLock, Timeout

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.domain.timestamps import to_timestamp

SECONDS_BETWEEN = 2.0
"""While a run sends, its commits are noted this often, and after the first one."""
LOCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Noted:
    """What a note holds of a ledger: its counter of commits, and where and when it was seen."""

    commits: int
    path: str
    at: str
    source: Path


class NoteFile:
    """One file of notes. What cannot be read there counts as not noted."""

    def __init__(self, path: Path, *, is_shared: bool, access: FileAccess = OWNER_ALONE) -> None:
        self.path = path
        self._access = access
        self._is_shared = is_shared  # other ledgers, held by other processes, have their notes in the same file

    def of_ledger(self, ledger_id: str) -> list[Noted]:
        """Return what is noted of this ledger, under any account."""
        return [self._noted(ledgers[ledger_id]) for ledgers in self._read().values() if ledger_id in ledgers]

    def all(self) -> list[tuple[str, Noted]]:
        """Return all notes, each with its account."""
        return [(account, self._noted(facts)) for account, ledgers in self._read().items() for facts in ledgers.values()]

    def of_account(self, account: str) -> dict[str, Noted]:
        """Return the ledgers that served this account, by id."""
        return {ledger_id: self._noted(facts) for ledger_id, facts in self._read().get(account, {}).items()}

    def note(self, account: str, ledger_id: str, commits: int, place: str) -> None:
        """Note that the ledger serves the account and has made so many commits; a greater number stays. Raises OSError.

        ``place`` is the absolute path of its file, or the URL of its server without what is secret.

        What is noted already is not written again.
        """
        noted = self._read().get(account, {}).get(ledger_id, {})
        if noted.get("commits", -1) >= commits and noted.get("path") == place:
            return
        with self._changing() as accounts:
            ledgers = accounts.setdefault(account, {})
            known = ledgers.get(ledger_id, {}).get("commits", 0)
            ledgers[ledger_id] = {"commits": max(known, commits), "path": place, "at": to_timestamp()}

    def forget(self, account: str) -> bool:
        """Delete the notes about this account. Returns False if there are none. Raises OSError."""
        if account not in self._read():
            return False
        with self._changing() as accounts:
            accounts.pop(account, None)
        return True

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, dict[str, Any]]]]:
        with ExitStack() as stack:
            if self._is_shared:
                self._access.folders_to(self.path.parent)
                try:
                    stack.enter_context(FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS, mode=self._access.file_mode))
                except Timeout:
                    raise OSError(f"{self.path} is locked by another process") from None
            accounts = self._read()
            yield accounts
            self._access.write(self.path, json.dumps({"version": 1, "accounts": accounts}, indent=1))

    def _read(self) -> dict[str, dict[str, dict[str, Any]]]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))["accounts"]
            return {
                str(account): {str(name): dict(facts) for name, facts in ledgers.items() if _is_count(facts["commits"])}
                for account, ledgers in found.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _noted(self, facts: dict[str, Any]) -> Noted:
        return Noted(facts["commits"], str(facts.get("path", "?")), str(facts.get("at", "?")), self.path)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def beside(ledger: Path, access: FileAccess = OWNER_ALONE) -> NoteFile:
    """Return the note beside a ledger's file."""
    resolved = ledger.resolve()
    return NoteFile(resolved.with_name(f"{resolved.name}.note"), is_shared=False, access=access)


class NoteKeeper:
    """Keeps the notes of one ledger and account up to date while it sends. A file that cannot be written is left out."""

    def __init__(self, files: list[NoteFile], account: str, ledger_id: str, place: str) -> None:
        self._files, self._account, self._ledger_id, self._place = files, account, ledger_id, place
        self._kept = -1
        self._next = 0.0

    def committed(self, commits: int) -> None:
        """Note a commit, unless one was noted a moment ago."""
        if monotonic() >= self._next:
            self.keep(commits)
            self._next = monotonic() + SECONDS_BETWEEN

    def keep(self, commits: int) -> None:
        """Note the number of commits now."""
        if commits == self._kept:
            return
        for file in self._files:
            try:
                file.note(self._account, self._ledger_id, commits, self._place)
            except OSError:
                continue  # `importer doctor` reports a folder that cannot be written
        self._kept = commits
