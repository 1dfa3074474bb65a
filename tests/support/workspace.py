"""A folder in which somebody works with the command ``importer``: files, settings, ledger, what the commands said."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import structlog
from support.processes import start_python

from importer.settings import Settings

TENANT = "5a4d0b0c-0000-4000-8000-00000000d0b1"
API_KEY = "key-4711-very-secret"
TOKEN = "token-0815-very-secret"
TIMEOUT = 90
DATA_FOLDER = "IMPORTER_DATA_FOLDER"
WORKSPACE = "IMPORTER_WORKSPACE"


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without settings and secrets of whoever runs the tests, and with a data folder of its own.

    The workspace is the working directory, unless a test takes that away to see which one is found.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "NO_COLOR"))}
    kept |= {DATA_FOLDER: data_folder(), WORKSPACE: "."}
    return kept | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "PYTHONUTF8": "1"} | more


def data_folder() -> str:
    """The data folder of the test, or a temporary one where there is no fixture that made one."""
    if DATA_FOLDER not in os.environ:
        os.environ[DATA_FOLDER] = tempfile.mkdtemp(prefix="importer-data-")
    return os.environ[DATA_FOLDER]


def settings_for(url: str, **more: str) -> dict[str, str]:
    """The variables that point the importer at a server of a test, with a short backoff."""
    return {
        "IMPORTER_DEBITURA__BASE_URL": url,
        "IMPORTER_DEBITURA__API_KEY": API_KEY,
        "IMPORTER_DEBBIE__BASE_URL": url,
        "IMPORTER_DEBBIE__TOKEN": TOKEN,
        "IMPORTER_DEBBIE__TENANT_ID": TENANT,
        "IMPORTER_DISPATCH__BACKOFF_SECONDS": "0.02",
        **more,
    }


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.out)
        return found


class CliWorkspace:
    """Commands run here as processes of their own; ``env`` are the environment variables that they get."""

    def __init__(self, folder: Path, *, new_ledger: bool = True) -> None:
        """``new_ledger``: each live run is given ``--new-ledger``, without which the first one would have to be asked about."""
        self.folder = folder
        self.env: dict[str, str] = {}
        self.new_ledger = new_ledger

    def _arguments(self, arguments: tuple[str | Path, ...]) -> list[str]:
        given = list(map(str, arguments))
        is_live_run = given[:1] == ["run"] and {"--sandbox", "--dry-run"}.isdisjoint(given)
        return [*given, "--new-ledger"] if is_live_run and self.new_ledger else given

    def start(self, *arguments: str | Path, env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return start_python(
            ["-m", "importer", *self._arguments(arguments)],
            cwd=self.folder,
            env=clean_environment(**{**self.env, **(env or {})}),
            text=True,
            encoding="utf-8",
            errors="replace",
            **pipes,
        )

    def run(self, *arguments: str | Path, env: dict[str, str] | None = None) -> Finished:
        process = self.start(*arguments, env=env)
        return self.finish(process)

    def call(self, *arguments: str | Path, env: dict[str, str] | None = None) -> Finished:
        """The same command inside this process: quicker, and no warning of Python's goes unseen."""
        from importer.cli.main import main

        out, err = io.StringIO(), io.StringIO()
        with ExitStack() as stack:
            stack.enter_context(contextlib.chdir(self.folder))
            stack.enter_context(mock.patch.dict(os.environ, clean_environment(**{**self.env, **(env or {})}), clear=True))
            stack.enter_context(mock.patch.object(sys, "argv", ["importer", *self._arguments(arguments)]))
            stack.enter_context(mock.patch.object(sys, "stdin", io.StringIO()))
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            stack.callback(structlog.reset_defaults)
            stack.callback(gc.set_threshold, *gc.get_threshold())
            with pytest.raises(SystemExit) as ended:
                main()
        return Finished(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def settings(self, **dispatch: Any) -> Settings:
        """The settings of ``env`` for the Python API, with a ledger and reports in this folder."""
        variables = self.env
        return Settings(
            debitura={
                "base_url": variables["IMPORTER_DEBITURA__BASE_URL"],
                "api_key": variables["IMPORTER_DEBITURA__API_KEY"],
            },
            debbie={
                "base_url": variables["IMPORTER_DEBBIE__BASE_URL"],
                "token": variables["IMPORTER_DEBBIE__TOKEN"],
                "tenant_id": variables["IMPORTER_DEBBIE__TENANT_ID"],
            },
            dispatch={"backoff_seconds": 0.02} | dispatch,
            ledger={"url": f"sqlite:///{self.folder / 'ledger.db'}"},
            output={"directory": self.folder / "output"},
        )

    def finish(self, process: subprocess.Popen[str]) -> Finished:
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Finished(process.returncode, out, err)

    def ledger(self, query: str, name: str = "ledger.db") -> list[tuple[Any, ...]]:
        """Rows of the ledger, read beside whoever writes it; none if there is no ledger."""
        path = self.folder / name
        return query_ledger(path, query) if path.is_file() else []

    def reports(self) -> list[Path]:
        """The folders of the reports, the one that was written last at the end."""
        found = self.folder / "output"
        folders = [path for path in found.iterdir() if not path.is_symlink()] if found.is_dir() else []
        return sorted(folders, key=lambda path: path.stat().st_mtime_ns)

    def everything_written(self) -> dict[str, bytes]:
        """Every file below the folder by its path."""
        return {str(p.relative_to(self.folder)): p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}


def query_ledger(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query).fetchall()


STATES = "SELECT kind, state, count(*) FROM entry WHERE superseded_by IS NULL GROUP BY kind, state"
