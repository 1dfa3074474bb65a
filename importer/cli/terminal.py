"""The terminal: questions and progress. Results go to stdout, everything here to stderr."""

from __future__ import annotations

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
    with _beside_a_bar():
        typer.echo(text.translate(_CONTROLS), err=err, nl=nl)


@contextmanager
def _beside_a_bar() -> Iterator[None]:
    """Take a progress bar off the terminal while a line is written, and draw it again below."""
    loaded = sys.modules.get("tqdm")
    if loaded is None:
        yield
        return
    with loaded.tqdm.external_write_mode(file=sys.stderr):
        yield


class TerminalConsole:
    """Asks and shows on the terminal."""

    def __init__(self, *, quiet: bool, verbose: int, yes: bool) -> None:
        self._quiet, self._yes = quiet, yes
        self._has_logs = verbose > 0
        self._render: Callable[[Event], None] = _ignore  # outside of a sending there is nothing to show

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
        from importer.cli.logs.progress import EventLog
        from importer.cli.progress_view import progress_view

        log = EventLog(total)
        with progress_view(total, _ignore_text if self._has_logs else self.note, quiet=self._quiet) as render:

            def show(event: Event) -> None:
                log.show(event)
                render(event)

            self._render = show
            try:
                yield
            finally:
                self._render = _ignore
                log.end()

    def show(self, event: Event) -> None:
        """Show an event of the sending."""
        self._render(event)


def _answers_yes(question: str) -> bool:
    say(f"{question} [y/N] ", err=True, nl=False)  # typer's own prompt writes to stdout, which is for results
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _ignore(event: Event) -> None:
    del event


def _ignore_text(text: str) -> None:
    """Do not note a wait: the logs on stderr have a line about it."""
    del text


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
