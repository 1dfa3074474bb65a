"""The terminal: questions, progress, logs. Results go to stdout, everything here to stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never

import typer

from importer.errors import UsageError

if TYPE_CHECKING:
    from tqdm import tqdm

    from importer.domain.kinds import Kind
    from importer.domain.states import State


# What is said beside the bar comes before the rest: a line that is too long for the terminal loses its end. There is no
# time left of tqdm's: it knows of no quota, and would contradict what is said.
_BAR = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix} [{elapsed}, {rate_fmt}]"
_CONTROLS = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Show a text that may hold cells or names of files: what a terminal would take for a command stays visible."""
    typer.echo(text.translate(_CONTROLS), err=err, nl=nl)


class TerminalConsole:
    """Asks and shows on the terminal."""

    def __init__(self, *, quiet: bool, verbose: int, yes: bool) -> None:
        self._quiet, self._yes = quiet, yes
        self._bar: tqdm[Never] | None = None
        _set_up_logs(verbose)

    def note(self, text: str) -> None:
        if not self._quiet:
            say(text, err=True)

    def warn(self, text: str) -> None:
        """What must be heard, however quiet."""
        say(text, err=True)

    def confirm(self, question: str) -> bool:
        if self._yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError(f"{question} There is no terminal to ask on: add --yes to send, or --dry-run to look first.")
        say(f"{question} [y/N] ", err=True, nl=False)  # typer's own prompt writes to stdout, which is for results
        return sys.stdin.readline().strip().casefold() in {"y", "yes"}

    @property
    def has_bar(self) -> bool:
        return self._bar is not None

    def beside(self, text: str) -> None:
        """Show a text behind the bar, in place of the one before."""
        if self._bar is not None:
            self._bar.set_postfix_str(text)

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[Kind, State], None]]:
        from tqdm import tqdm

        from importer.domain.states import State as States

        disable = True if self._quiet else None  # None: no bar without a terminal
        with tqdm(
            total=total, unit="entry", disable=disable, file=sys.stderr, bar_format=_BAR, dynamic_ncols=True, mininterval=0.2
        ) as bar:

            def advance(_: Kind, state: State) -> None:
                if state in {States.ACCEPTED, States.REFUSED}:
                    bar.update(1)

            self._bar = None if bar.disable else bar
            try:
                yield advance
            finally:
                self._bar = None


class TerminalDialogue:
    """A dialogue on the terminal: what is said and asked goes to stderr."""

    def say(self, line: str) -> None:
        say(line, err=True)

    def ask(self, question: str) -> str:
        say(question, err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            raise typer.Abort
        return line.strip()


def _set_up_logs(verbose: int) -> None:
    import structlog

    level = {0: logging.ERROR, 1: logging.INFO}.get(verbose, logging.DEBUG)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
    )
