"""What one user may have going on at once, so that nobody keeps the page from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from importer.domain.batches import Person
from importer.errors import UsageError

MOST_JOBS = 5
"""Drops and corrections of one user that are not done."""
MOST_UPLOADS = 3
"""Uploads of one user that arrive at once."""


class TooMuchAtOnce(UsageError):
    """A user has as much going on as one may have. It passes by itself."""


@dataclass
class UploadsUnderWay:
    """The uploads that arrive now, by user."""

    _counts: Counter[Person] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def one_of(self, person: Person) -> Iterator[None]:
        """Count an upload until the end of the block. Raises TooMuchAtOnce."""
        with self._lock:
            if self._counts[person] >= MOST_UPLOADS:
                raise TooMuchAtOnce(
                    f"{MOST_UPLOADS} of your uploads are still arriving. Wait until they are here; nothing was kept."
                )
            self._counts[person] += 1
        try:
            yield
        finally:
            with self._lock:
                self._counts[person] -= 1
                self._counts += Counter()  # without those that have none
