"""The console of a run: its notes, warnings, questions and progress."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from importer.workspace.events import Event


class Console(Protocol):
    """The notes, warnings, questions and progress of a run. The command line and the Python API each have one."""

    def note(self, text: str) -> None:
        """Show a note, which a user may suppress."""

    def warn(self, text: str) -> None:
        """Show a warning. It cannot be suppressed."""

    def present(self, text: str) -> None:
        """Show what a question is about. It cannot be suppressed."""

    def introduce(self, text: str) -> None:
        """Show the first lines of a review about which nothing is asked, if there is a terminal."""

    def require_answer(self, question: str) -> None:
        """Raise UsageError if nobody can answer the question."""

    def confirm(self, question: str) -> bool:
        """Ask a yes/no question and return the answer. Raises UsageError if nobody can answer."""

    def decide(self, question: str, advice: str) -> bool:
        """Ask what no option answers beforehand. Raises UsageError with the advice if there is nobody to ask."""

    def progress(self, total: int) -> AbstractContextManager[None]:
        """Return a context that is open while ``total`` entries are sent. The progress is shown in it."""

    def show(self, event: Event) -> None:
        """Show an event of the sending."""
