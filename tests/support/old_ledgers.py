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

VERSION_3 = GOLDEN_FILES / "ledgers" / "version-3"
SCENARIOS = tuple(sorted(folder.name for folder in VERSION_3.iterdir()))
ADDED_SINCE = {1: ("request_count", "reading"), 2: ("reading",), 3: ()}
"""Version → the tables that ledgers of that version do not have. Until version 3 nothing else changed."""


def load_ledger(scenario: str, path: Path, url: str = "http://127.0.0.1:1", version: int = 3) -> Path:
    """Write the ledger of a scenario to ``path``, as the release of that ``version`` left it, for a server at ``url``."""
    text = (VERSION_3 / scenario / "ledger.sql").read_text(encoding="utf-8")
    names = {"@url@": url, "@key@": fingerprint_of(API_KEY, url), "@token@": fingerprint_of(TOKEN, url)}
    for name, value in names.items():
        text = text.replace(name, value)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(text)
        for table in ADDED_SINCE[version]:
            db.execute(f"DROP TABLE {table}")
        db.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (version,))
        db.commit()
    return path


def copy_files(scenario: str, folder: Path) -> list[Path]:
    """Copy the scenario's sheets to ``folder``; returns those that were imported, not the error sheets."""
    sheets = [Path(shutil.copy(sheet, folder)) for sheet in sorted((VERSION_3 / scenario).glob("*.xlsx"))]
    return [sheet for sheet in sheets if not sheet.name.startswith("errors-of-")]


@contextmanager
def server_of(scenario: str, folder: Path) -> Iterator[Sandbox]:
    """The sandbox as it was when the scenario ended."""
    data = Path(shutil.copy(VERSION_3 / scenario / "sandbox.jsonl", folder))
    settings = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), data_file=data, idempotency="ignored")
    with Sandbox(settings) as sandbox:
        yield sandbox
