"""A dialogue with the user: the terminal has one."""

from __future__ import annotations

from typing import Protocol

from importer.errors import UsageError


class Dialogue(Protocol):
    """What a command says and asks."""

    def say(self, line: str) -> None:
        """Show a line."""

    def ask(self, question: str) -> str:
        """Ask a question and return the answer, stripped."""

    def ask_secret(self, question: str) -> str:
        """Ask a question and return the answer, which is not shown, stripped."""


def agrees(dialogue: Dialogue | None, question: str, *, yes: bool) -> bool:
    """Return whether the user agrees; ``yes`` agrees beforehand. Raises UsageError if nobody can be asked."""
    if yes:
        return True
    if dialogue is None:
        raise UsageError(f"{question} There is no terminal to ask on: add --yes to agree.")
    return dialogue.ask(f"{question} [y/N] ").casefold() in {"y", "yes"}
