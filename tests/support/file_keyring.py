"""A keyring in a file, for commands that tests start: ``PYTHON_KEYRING_BACKEND=support.file_keyring.FileKeyring``."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError
from support.paths import ROOT

FILE = "KEYRING_OF_THE_TEST"


def keyring_variables(path: Path) -> dict[str, str]:
    """The variables with which a command uses the keyring in this file."""
    return {"PYTHON_KEYRING_BACKEND": "support.file_keyring.FileKeyring", FILE: str(path), "PYTHONPATH": str(ROOT / "tests")}


class FileKeyring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return self._read().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self._write(self._read() | {f"{service}/{username}": password})

    def delete_password(self, service, username):
        kept = self._read()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("there is no such password")
        self._write(kept)

    def _read(self):
        path = Path(os.environ[FILE])
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _write(self, kept):
        Path(os.environ[FILE]).write_text(json.dumps(kept), encoding="utf-8")
