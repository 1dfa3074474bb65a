"""The tables of an OpenDocument file that are sheets: those directly in its spreadsheet.

Others are tables in cells and drawings, and copies of what other documents held when they were last asked.
"""

from __future__ import annotations


class Nesting:
    """Follows the events of an XML parser, and says which of them belong to a table that is no sheet."""

    def __init__(self) -> None:
        self.is_skipping = False
        self._depth = 0
        self._of_sheets = 0  # until the spreadsheet begins
        self._skipped_from = 0

    def skips_start(self, tag: str) -> bool:
        """Take the start of an element, and return whether it is, or belongs to, a table that is no sheet."""
        self._depth += 1
        if tag == "office:spreadsheet" and not self._of_sheets:  # others are in drawings
            self._of_sheets = self._depth + 1
        elif tag == "table:table" and not self.is_skipping and self._depth != self._of_sheets:
            self.is_skipping, self._skipped_from = True, self._depth
        return self.is_skipping

    def skips_end(self) -> bool:
        """Take the end of an element, and return whether its start was passed over."""
        skipped = self.is_skipping
        if self._depth == self._skipped_from:
            self.is_skipping, self._skipped_from = False, 0
        self._depth -= 1
        return skipped
