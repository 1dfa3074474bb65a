"""The console of one file's import: what needs attention is shown with the file's name, and nothing is asked."""

from __future__ import annotations

from contextlib import AbstractContextManager

from importer.errors import UsageError
from importer.workspace.console import Console
from importer.workspace.events import Event


class FileConsole:
    """Shows the warnings and the progress of an import on the watcher's console; what a review shows is in its page."""

    def __init__(self, console: Console, name: str) -> None:
        self._console, self._name = console, name

    def note(self, text: str) -> None:
        """Show nothing: a watcher has one line for each file."""

    def warn(self, text: str) -> None:
        """Show a warning with the name of the file."""
        self._console.warn(f"{self._name}: {text}")

    def present(self, text: str) -> None:
        """Show nothing: the review is beside the file."""

    def introduce(self, text: str) -> None:
        """Show nothing: the review is beside the file."""

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
