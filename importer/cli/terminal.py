"""The terminal: questions, progress, logs. Results go to stdout, everything here to stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from importer.errors import UsageError

if TYPE_CHECKING:
    from importer.workspace.events import Event
_CONTROLS = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Show a text that may hold cells or names of files: what a terminal would take for a command stays visible."""
    typer.echo(text.translate(_CONTROLS), err=err, nl=nl)


class TerminalConsole:
    """Asks and shows on the terminal."""

    def __init__(self, *, quiet: bool, verbose: int, yes: bool) -> None:
        self._quiet, self._yes = quiet, yes
        self._render: Callable[[Event], None] = _ignore  # outside of a sending there is nothing to show
        set_up_logs(verbose)

    def note(self, text: str) -> None:
        """Show a note, unless ``--quiet`` is given."""
        if not self._quiet:
            say(text, err=True)

    def warn(self, text: str) -> None:
        """Show a warning, with ``--quiet`` too."""
        say(text, err=True)

    def present(self, text: str) -> None:
        """Show what a question is about, with ``--quiet`` too."""
        say(text, err=True)

    def introduce(self, text: str) -> None:
        """Show the first lines of a review at a terminal, unless ``--quiet`` is given; the logs of a scheduler need none."""
        if not self._quiet and sys.stderr.isatty():
            say(text, err=True)

    def require_answer(self, question: str) -> None:
        """Raise UsageError if neither ``--yes`` nor a terminal can answer the question."""
        if not self._yes and not sys.stdin.isatty():
            raise UsageError(f"{question} There is no terminal to ask on: add --yes to send, or --dry-run to look first.")

    def confirm(self, question: str) -> bool:
        """Ask a yes/no question. ``--yes`` answers it. Raises UsageError if there is no terminal."""
        self.require_answer(question)
        return self._yes or _answers_yes(question)

    def decide(self, question: str, advice: str) -> bool:
        """Ask what ``--yes`` does not answer."""
        if not sys.stdin.isatty():
            raise UsageError(f"{question} {advice}")
        return _answers_yes(question)

    @contextmanager
    def progress(self, total: int) -> Iterator[None]:
        """Show the progress of sending ``total`` entries while the context is open."""
        from importer.cli.progress_view import progress_view

        with progress_view(total, self.note, quiet=self._quiet) as render:
            self._render = render
            try:
                yield
            finally:
                self._render = _ignore

    def show(self, event: Event) -> None:
        """Show an event of the sending."""
        self._render(event)


def _answers_yes(question: str) -> bool:
    say(f"{question} [y/N] ", err=True, nl=False)  # typer's own prompt writes to stdout, which is for results
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _ignore(event: Event) -> None:
    del event


class TerminalDialogue:
    """A dialogue on the terminal: what is said and asked goes to stderr."""

    def say(self, line: str) -> None:
        """Show a line on stderr."""
        say(line, err=True)

    def ask(self, question: str) -> str:
        """Ask a question and return the answer, stripped. Raises typer.Abort at the end of input."""
        say(question, err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            raise typer.Abort
        return line.strip()

    def ask_secret(self, question: str) -> str:
        """Ask a question whose answer is not shown, and return it, stripped. Raises typer.Abort at the end of input."""
        from getpass import getpass

        try:
            return getpass(question, stream=sys.stderr).strip()
        except EOFError:
            raise typer.Abort from None


def set_up_logs(verbose: int) -> None:
    """Write logs to stderr: errors alone, with ``-v`` also what happens, with ``-vv`` every attempt."""
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
