"""Run a command, and turn an exception that it raises into a message and an exit code."""

from __future__ import annotations

import atexit
import gc
import io
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

import typer

from importer.cli.app import app
from importer.cli.terminal import say
from importer.errors import ExitCode, ImporterError, LedgerUpgraded, UsageError, bug_text

# Thresholds of the cyclic garbage collector: with Python's default of 700 it takes a tenth of an import. See
# docs/decisions/garbage-collector.md.
RARELY = (20_000, 5, 5)


def main() -> None:
    """Run a command; whatever goes wrong ends as one message and an exit code of docs/commands.md."""
    gc.set_threshold(*RARELY)
    atexit.register(gc.freeze)  # or what was loaded is searched for cycles as the process ends, which takes up to half a second
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a letter that the terminal cannot show must not end a run
    try:
        refuse_empty_arguments(sys.argv[1:])
        with _notices():
            code = _command_line()(standalone_mode=False)
    except ImporterError as error:
        say(str(error), err=True)
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):  # before a command has begun
        typer.echo("Interrupted.", err=True)
        code = ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  (the border: a bug must still end in a message)
        code = _report(error)
    sys.exit(int(code or 0))


@cache
def _command_line() -> Callable[..., Any]:
    """Return the commands with the parameters of their functions: made once, also in a process that calls ``main`` often."""
    return typer.main.get_command(app)


def refuse_empty_arguments(arguments: Sequence[str]) -> None:
    """Raise UsageError if an argument, or an option's value, is empty: as a path it would mean the working directory."""
    for before, argument in pairwise(["importer", *arguments]):
        option, equals, value = argument.partition("=")
        has_empty_value = argument.startswith("--") and equals and not value.strip()
        if has_empty_value or not argument.strip():
            where = f"after {option}=" if has_empty_value else f"after {before}"
            raise UsageError(
                f"The argument {where} is empty. Write it out; if a script fills it in, a variable is probably not set."
            )


@contextmanager
def _notices() -> Iterator[None]:
    """Show the warnings that are meant for users as plain lines; other warnings go where Python sends them."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", LedgerUpgraded)
        show_others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, LedgerUpgraded):
                say(str(message), err=True)
            else:
                show_others(message, category, *place, **more)

        warnings.showwarning = show
        yield


def _report(error: Exception) -> ExitCode:
    if hasattr(error, "show"):  # wrong usage, which typer reports in its own words
        error.show()
        return ExitCode.USAGE
    typer.echo(bug_text(error), err=True)
    typer.echo("Nothing is lost: `importer resume` goes on with what was taken in.", err=True)
    return ExitCode.BUG
