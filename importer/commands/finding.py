"""A finding: the result of one check of `importer doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from importer.errors import ExitCode


@dataclass(frozen=True)
class Finding:
    """The result of one check. The text of a failed one, and of a warning, includes what the user can do."""

    text: str
    exit_code: ExitCode = ExitCode.OK
    is_warning: bool = False

    @property
    def good(self) -> bool:
        """Return whether the check found nothing wrong."""
        return self.exit_code is ExitCode.OK

    def line(self) -> str:
        """Return the line for the terminal."""
        return f"{'FAIL' if not self.good else 'warn' if self.is_warning else 'ok  '}  {self.text}"
