"""The console of what the page does: its notes are shown on a page, and no question is answered by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from importer.errors import UsageError
from importer.workspace.events import Event

MOST_NOTES = 50


@dataclass(frozen=True)
class ReadingSoFar:
    """How many rows of a source were read, and whether these are all: then they are being checked."""

    name: str
    rows: int
    is_all: bool


class PageConsole:
    """Keeps the notes and warnings of a piece of work."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.reading: ReadingSoFar | None = None

    def read(self, name: str, rows: int, is_all: bool) -> None:  # noqa: FBT001  (a plain report)
        """Keep how far the reading of a source is."""
        self.reading = ReadingSoFar(name, rows, is_all)

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
