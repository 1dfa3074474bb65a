"""Runs a few commands in the process from which others are forked, so that these find compiled statements and templates.

A command of its own compiles SQL, templates and checks of values as it needs them, which takes longer than a few rows do. What it
finds compiled is what it would have compiled itself.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import tempfile
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

FILES = {
    "a.csv": (
        "case_ref,creditor_company_name,creditor_country,currency,date,amount_to_recover,creditor_reference,debtor_type,"
        "debtor_name,debtor_email,debtor_country\n"
        "A1,Nordlys Energi A/S,DK,DKK,2026-01-31,100.00,INV-A1,Person,Bodil Zebrahest,bodil@zebrahest.example,DK\n"
        "A2,Nordlys Energi A/S,DK,DKK,2026-01-32,100.00,INV-A2,Person,Bodil Zebrahest,bodil@zebrahest.example,DK\n"
    ),
    "b.csv": (
        "case_ref,unique_id,voucher_type,voucher_amount,currency,date,source\nA1,V-1,invoice,100.00,DKK,2026-01-31,CREDITOR\n"
    ),
}
COMMANDS = (
    ("check", "a.csv"),
    ("run", "a.csv", "b.csv", "--sandbox"),
    ("resume", "--sandbox"),
    ("status", "--sandbox"),
)


def run_some_commands() -> None:
    """Run the commands on files of a temporary folder, and leave no setting, thread or signal of theirs behind."""
    import keyring.core
    import structlog
    from tqdm import tqdm

    backend, interval, thresholds = keyring.core._keyring_backend, tqdm.monitor_interval, gc.get_threshold()
    tqdm.monitor_interval = 0  # else it starts a thread, which a forked process would lack
    try:
        with tempfile.TemporaryDirectory(prefix="importer-warm-") as folder:
            for name, text in FILES.items():
                (Path(folder) / name).write_text(text, encoding="utf-8")
            for command in COMMANDS:
                _run(command, folder)
    finally:
        structlog.reset_defaults()
        keyring.core._keyring_backend, tqdm.monitor_interval = backend, interval
        gc.set_threshold(*thresholds)


def _run(command: tuple[str, ...], folder: str) -> None:
    from importer.cli.main import main

    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMPORTER_")}
    own = {"IMPORTER_DATA_FOLDER": str(Path(folder) / "data"), "IMPORTER_WORKSPACE": "."}
    with ExitStack() as stack:
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(mock.patch.dict(os.environ, kept | own, clear=True))
        stack.enter_context(mock.patch.object(sys, "argv", ["importer", *command]))
        stack.enter_context(mock.patch.object(sys, "stdin", io.StringIO()))
        stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        stack.enter_context(contextlib.suppress(SystemExit))
        main()
