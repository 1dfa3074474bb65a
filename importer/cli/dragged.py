"""``importer dragged``: what the drop target of Windows calls, in a window that would close at once."""

from __future__ import annotations

import atexit
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.invocation import environment_of, import_request, show_result
from importer.cli.options import Config, SandboxFlag
from importer.cli.terminal import TerminalConsole, say
from importer.errors import UsageError


def dragged(
    files: Annotated[list[Path] | None, typer.Argument(help="The files that were dropped.", show_default=False)] = None,
    sandbox: SandboxFlag = False,
    config: Config = None,
) -> None:
    """Import files that were dropped on the drop target: as `run`, and the window stays open until Enter."""
    from importer.commands.run import run

    if sys.stdin.isatty():
        atexit.register(_wait_for_enter)  # after whatever is still said, a bug too
    if not files:
        raise UsageError("No file was dropped. Drop one or more spreadsheets on import.cmd.")
    console = TerminalConsole(quiet=False, verbose=0, yes=False)
    request = import_request(files, None, None, sandbox=sandbox)
    with environment_of(config, sandbox=sandbox) as environment:
        result = run(request, environment, console)
    show_result(result, as_json=False)


def _wait_for_enter() -> None:
    with suppress(KeyboardInterrupt, OSError, ValueError):
        say("Press Enter to close this window.", err=True)
        sys.stdin.readline()
