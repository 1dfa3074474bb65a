"""The console of one file's import: what needs attention is shown with the file's name, and nothing is asked."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

from importer.errors import ExitCode, ImporterError, UsageError
from importer.workspace.console import Console
from importer.workspace.events import Event


class StoppedBeforeSending(ImporterError):
    """The watcher was asked to end while a file was read. Nothing of it was sent."""

    exit_code = ExitCode.OK


class FileConsole:
    """Shows the warnings and the progress of an import on the watcher's console; what a review shows is in its page.

    If ``stop`` is set, the import ends where the review would be shown, which is before anything is sent.
    """

    def __init__(self, console: Console, name: str, stop: threading.Event) -> None:
        self._console, self._name, self._stop = console, name, stop
        self._is_reviewed = False

    def note(self, text: str) -> None:
        """Show nothing: a watcher has one line for each file."""

    def warn(self, text: str) -> None:
        """Show a warning with the name of the file."""
        self._console.warn(f"{self._name}: {text}")

    def present(self, text: str) -> None:
        """Show nothing: the review is beside the file. Raises StoppedBeforeSending."""
        del text
        self._go_on()

    def introduce(self, text: str) -> None:
        """Show nothing: the review is beside the file. Raises StoppedBeforeSending."""
        del text
        self._go_on()

    def _go_on(self) -> None:
        """Raise StoppedBeforeSending at the beginning of a review; what is shown later may come after the sending."""
        if self._stop.is_set() and not self._is_reviewed:
            raise StoppedBeforeSending("The watcher was asked to end: nothing of the file was sent.")
        self._is_reviewed = True

    def require_answer(self, question: str) -> None:
        """Raise UsageError: nobody is asked."""
        raise UsageError(f"{question} A watcher asks nobody.")

    def confirm(self, question: str) -> bool:
        """Raise UsageError: nobody is asked."""
        raise UsageError(f"{question} A watcher asks nobody.")

    def decide(self, question: str, advice: str) -> bool:
        """Raise UsageError with the advice: nobody is asked."""
        raise UsageError(f"{question} {advice} Do that with `importer run`, at a terminal: a watcher asks nobody.")

    def progress(self, total: int) -> AbstractContextManager[None]:
        """Return a context in which the progress is shown."""
        return self._console.progress(total)

    def show(self, event: Event) -> None:
        """Show an event of the sending."""
        self._console.show(event)
