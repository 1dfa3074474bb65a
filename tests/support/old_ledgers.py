"""Ledgers that earlier releases wrote, with the files that they imported and what the server then held."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from support.paths import GOLDEN_FILES
from support.workspace import API_KEY, TOKEN

from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import fingerprint_of

GOLDEN = GOLDEN_FILES / "ledgers"
SCENARIOS = tuple(sorted(f"{folder.parent.name}/{folder.name}" for folder in GOLDEN.glob("version-*/*")))
"""The version of the ledger with what happened: ``version-3/every-state``."""
VERSION_3 = tuple(scenario for scenario in SCENARIOS if scenario.startswith("version-3"))
ADDED_SINCE = {1: ("request_count", "reading"), 2: ("reading",)}
"""Version → the tables that ledgers of that version do not have, and those of version 3 have. Nothing else changed."""


def load_ledger(scenario: str, path: Path, url: str = "http://127.0.0.1:1", version: int | None = None) -> Path:
    """Write the ledger of a scenario to ``path`` for a server at ``url``, as its release or that of ``version`` left it."""
    text = (GOLDEN / scenario / "ledger.sql").read_text(encoding="utf-8")
    names = {"@url@": url, "@key@": fingerprint_of(API_KEY, url), "@token@": fingerprint_of(TOKEN, url)}
    for name, value in names.items():
        text = text.replace(name, value)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(text)
        for table in ADDED_SINCE.get(version or 0, ()):
            db.execute(f"DROP TABLE {table}")
        if version is not None:
            db.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (version,))
        db.commit()
    return path


def copy_files(scenario: str, folder: Path) -> list[Path]:
    """Copy the scenario's sheets to ``folder``; returns those that were imported, not the error sheets."""
    sheets = [Path(shutil.copy(sheet, folder)) for sheet in sorted((GOLDEN / scenario).glob("*.xlsx"))]
    return [sheet for sheet in sheets if not sheet.name.startswith("errors-of-")]


@contextmanager
def server_of(scenario: str, folder: Path) -> Iterator[Sandbox]:
    """The sandbox as it was when the scenario ended."""
    data = Path(shutil.copy(GOLDEN / scenario / "sandbox.jsonl", folder))
    settings = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), data_file=data, idempotency="ignored")
    with Sandbox(settings) as sandbox:
        yield sandbox
