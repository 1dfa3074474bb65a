"""Where a run shows and asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from importer.dispatcher.sending.pipeline import Progress


class Console(Protocol):
    """What a run says and asks; the command line and the Python API each have one."""

    @property
    def has_bar(self) -> bool:
        """Whether ``beside`` is seen: text that changes, beside a progress bar."""

    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def beside(self, text: str) -> None: ...

    def confirm(self, question: str) -> bool: ...

    def progress(self, total: int) -> AbstractContextManager[Progress]: ...
