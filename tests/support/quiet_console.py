"""A console that answers every question with yes, and keeps the warnings."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from importer.workspace.events import Event


class QuietConsole:
    """Keeps what a user could not have suppressed."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def take_warnings(self) -> list[str]:
        """The warnings since the last call."""
        found, self.warnings = self.warnings, []
        return found

    def note(self, text: str) -> None:
        pass

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def present(self, text: str) -> None:
        pass

    def introduce(self, text: str) -> None:
        pass

    def require_answer(self, question: str) -> None:
        pass

    def confirm(self, question: str) -> bool:
        return bool(question)

    def decide(self, question: str, advice: str) -> bool:
        return bool(question + advice)

    def progress(self, total: int) -> AbstractContextManager[int]:
        return nullcontext(total)

    def show(self, event: Event) -> None:
        pass
