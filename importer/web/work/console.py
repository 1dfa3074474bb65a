"""The console of what the page does: its notes are shown on a page, and no question is answered by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from importer.errors import UsageError
from importer.workspace.events import Event

MOST_NOTES = 50


class PageConsole:
    """Keeps the notes and warnings of a piece of work."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Keep a note."""
        self.notes = [*self.notes[-MOST_NOTES:], text]

    warn = note

    def present(self, text: str) -> None:
        """Leave out a review: a page of its own shows it."""
        del text

    introduce = present

    def require_answer(self, question: str) -> None:
        """Accept that a person is asked: on the page, later, and with nothing held meanwhile."""
        del question

    def confirm(self, question: str) -> bool:
        """Answer no: what is sent was approved on a page of its own."""
        del question
        return False

    def decide(self, question: str, advice: str) -> bool:
        """Raise UsageError: what no page asks is decided at a terminal."""
        raise UsageError(f"{question} {advice}")

    @contextmanager
    def progress(self, total: int) -> Iterator[None]:
        """Show no progress: that comes from the ledger."""
        del total
        yield

    def show(self, event: Event) -> None:
        """Leave out an event: progress comes from the ledger."""
        del event
