"""What a user trusts: the workspaces of others that the user has joined, and further hosts that keys may go to."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from importer.domain.timestamps import to_timestamp
from importer.errors import SettingsError, UsageError
from importer.workspace.user_data import VARIABLE, user_data_folder

LOCK_SECONDS = 5.0
_WORKSPACES, _HOSTS = "workspaces", "hosts"


@dataclass(frozen=True)
class JoinedWorkspace:
    """The owner of the settings file and the group that shares it, as numbers, when the user joined."""

    owner: int
    group: int | None


class TrustMemory:
    """The file in the user's data folder that holds what the user trusts. What cannot be read there is not trusted."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @classmethod
    def of_user(cls) -> TrustMemory:
        """Return the memory of this user."""
        folder = user_data_folder()
        return cls(folder / "trust.json" if folder else None)

    def joined(self, folder: Path) -> JoinedWorkspace | None:
        """Return what was agreed to for this folder or the nearest above it; None if the user joined none of them."""
        known = self._read()[_WORKSPACES]
        resolved = folder.resolve()
        facts = next((known[str(one)] for one in (resolved, *resolved.parents) if str(one) in known), None)
        return None if facts is None else JoinedWorkspace(facts["owner"], facts["group"])

    def join(self, folder: Path, agreed: JoinedWorkspace) -> None:
        """Trust the settings in this folder from now on. Raises UsageError if it cannot be written."""
        with self._changing() as known:
            known[_WORKSPACES][str(folder.resolve())] = {**asdict(agreed), "at": to_timestamp()}

    def hosts(self) -> frozenset[str]:
        """Return the further hosts that keys may go to."""
        return frozenset(self._read()[_HOSTS])

    def confirm_host(self, host: str) -> None:
        """Let keys go to this host from now on. Raises UsageError if it cannot be written."""
        with self._changing() as known:
            known[_HOSTS][host] = {"at": to_timestamp()}

    def forget_host(self, host: str) -> bool:
        """Let no key go to this host from now on. Returns False if none might. Raises UsageError if it cannot be written."""
        if host not in self.hosts():
            return False
        with self._changing() as known:
            known[_HOSTS].pop(host, None)
        return True

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        if self.path is None:
            raise UsageError(f"This user has no data folder in which that could be kept. Set {VARIABLE} to a folder that stays.")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS, mode=0o600):
                known = self._read()
                yield known
                self._write(json.dumps({"version": 1, **known}, indent=1))
        except (OSError, Timeout) as error:
            cause = error.strerror if isinstance(error, OSError) and error.strerror else "it is locked by another process"
            raise UsageError(f"{self.path} cannot be written: {cause}. Check your rights, or set {VARIABLE}.") from None

    def _write(self, text: str) -> None:
        assert self.path is not None
        partial = self.path.with_name(f"{self.path.name}.partial")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)

    def _read(self) -> dict[str, dict[str, Any]]:
        nothing: dict[str, dict[str, Any]] = {_WORKSPACES: {}, _HOSTS: {}}
        if self.path is None:
            return nothing
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            workspaces = {str(folder): facts for folder, facts in found[_WORKSPACES].items() if _is_agreement(facts)}
            read = {_WORKSPACES: workspaces, _HOSTS: {str(host): facts for host, facts in found[_HOSTS].items()}}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return nothing
        self._refuse_if_others_may_write()
        return read

    def _refuse_if_others_may_write(self) -> None:
        """Raise SettingsError if another user could have written what this user trusts."""
        assert self.path is not None
        if sys.platform == "win32":
            return
        found = self.path.stat()
        if found.st_uid not in {os.geteuid(), 0} or found.st_mode & (stat.S_IWOTH | stat.S_IWGRP):
            raise SettingsError(
                f"{self.path} holds what you trust, but others may change it. Look at what it says, then run "
                f"`chmod 600 {self.path}` as its owner, or set {VARIABLE} to a folder of your own."
            )


def _is_agreement(facts: Any) -> bool:
    return isinstance(facts["owner"], int) and (facts["group"] is None or isinstance(facts["group"], int))
