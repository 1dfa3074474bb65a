"""Where a run shows and asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from importer.workspace.events import Event


class Console(Protocol):
    """What a run reports and asks; the command line and the Python API each have one."""

    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def confirm(self, question: str) -> bool: ...

    def decide(self, question: str, advice: str) -> bool:
        """Ask what no option answers beforehand. Raises UsageError with the advice if there is nobody to ask."""

    def progress(self, total: int) -> AbstractContextManager[None]:
        """The scope of one sending, in which ``total`` entries are to be settled."""

    def show(self, event: Event) -> None:
        """Render an event of the sending."""
