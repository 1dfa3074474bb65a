"""Number formats of workbooks that show leading zeros or durations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from importer.domain.cells import Cell
from importer.domain.special_cells import MAX_EXACT


@dataclass(frozen=True, slots=True)
class ZeroFormat:
    """A number format that shows leading zeros: ``00000``, ``00-0000``, ``"DK"00000000``.

    ``parts`` are its characters in order. None is the place of a digit.
    """

    parts: tuple[str | None, ...]

    def shown(self, value: Cell) -> Cell:
        """Return a number as the text that Excel shows. Other cells, and numbers that the format does not fit, are unchanged."""
        return self.show(value) or value if isinstance(value, int | float) else value

    def show(self, value: float) -> str | None:
        """Return the text that Excel shows for a whole number, or None if the format rounds the number or does not apply."""
        if isinstance(value, bool) or value != int(value) or abs(value) >= MAX_EXACT:
            return None
        places = self.parts.count(None)
        digits = str(abs(int(value))).rjust(places, "0")
        shown, head = [], len(digits) - places
        position = 0
        for part in self.parts:
            if part is not None:
                shown.append(part)
                continue
            end = position + 1 + (head if position == 0 else 0)
            shown.append(digits[position:end])
            position = end
        return "-" * (value < 0) + "".join(shown)


_DURATION = re.compile(r'(?:\\.|"[^"]*"|[^\\"])*?\[(?:h+|m+|s+)\]', re.IGNORECASE | re.DOTALL)
_FORMAT_TOKEN = re.compile(r'\\(.)|"([^"]*)"|\[(?:\$[^\]]*|[A-Za-z]+\d*)\]|_.|\*.|(0)|([-\s/():+$])|(.)', re.DOTALL)


def zero_format(code: str) -> ZeroFormat | None:
    """Return the format if it shows leading zeros (two or more ``0`` with only literals between them), else None."""
    parts: list[str | None] = []
    for match in _FORMAT_TOKEN.finditer(first_section(code)):
        escaped, quoted, zero, literal, other = match.groups()
        if other is not None:
            return None
        if zero:
            parts.append(None)
        elif text := escaped or quoted or literal:
            parts.append(text)
    minimum = 2
    return ZeroFormat(tuple(parts)) if parts.count(None) >= minimum else None


def first_section(code: str) -> str:
    """Return the part of a format before its first ``;`` that is neither quoted nor escaped."""
    found = re.match(r'(?:\\.|"[^"]*"|[^;"\\])*', code, re.DOTALL)
    return found.group() if found else ""


def shows_duration(code: str) -> bool:
    """Return whether a format shows a duration, such as ``[h]:mm``, which does not start again after a day or an hour."""
    return _DURATION.match(code) is not None
