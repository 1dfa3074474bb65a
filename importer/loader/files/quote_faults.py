"""The refusal of a file whose quotes cannot be right: every line of it at once, and the ways out."""

from __future__ import annotations

from collections.abc import Sequence

from importer.errors import FileRefused
from importer.loader.files.dialect import Dialect
from importer.loader.files.quoting import MOST_FAULTS, QuoteFault, QuoteFaultKind

MOST_NAMED = 20
"""Lines that are named for each kind of fault. The others are counted."""


def quotes_refused(name: str, faults: Sequence[QuoteFault], dialect: Dialect, *, skipped: int = 0) -> FileRefused:
    """Return the error for a file with these faults. ``skipped`` is the number of lines above the first that was split."""
    kinds = [kind for kind in QuoteFaultKind if any(fault.kind is kind for fault in faults)]
    found = " ".join(_sentence(kind, [fault for fault in faults if fault.kind is kind], skipped) for kind in kinds)
    if not dialect.quote:
        return FileRefused(f"{name} cannot be read. {found} Shorten the cell.")
    quote = dialect.quote
    capped = f" Only the first {MOST_FAULTS:,} are counted." if len(faults) == MOST_FAULTS else ""
    if kinds == [QuoteFaultKind.EITHER]:
        return FileRefused(
            f"{name} has quotes ({quote}) that can be read in two ways. {found}{capped} Write into the profile which is right: "
            f"quote = {_stated(quote)} if quotes enclose texts (such a row is then rejected alone, for you to check), or "
            f'quote = "" if they are part of the texts. Or take the quotes away in these lines, in a text editor.'
        )
    return FileRefused(
        f"{name} has quotes ({quote}) that do not fit. {found}{capped} In these lines, in a text editor, double the quotes "
        f"that are part of a text ({quote}{quote}), or take them away. If quotes never enclose cells in files of this kind, "
        'write this line into the profile: quote = ""'
    )


def _stated(quote: str) -> str:
    return f'"{quote}"' if quote == "'" else f"'{quote}'"


def _sentence(kind: QuoteFaultKind, faults: Sequence[QuoteFault], skipped: int) -> str:
    named = [_lines(fault, skipped) for fault in faults[:MOST_NAMED]]
    more = f" and {len(faults) - MOST_NAMED:,} more" if len(faults) > MOST_NAMED else ""
    ranges = any(fault.last > fault.first for fault in faults)
    word = "Line" if len(faults) == 1 and not ranges else "Lines"
    return f"{word} {', '.join(named)}{more}: {kind}."


def _lines(fault: QuoteFault, skipped: int) -> str:
    first, last = fault.first + skipped, fault.last + skipped
    return f"{first:,}" if first == last else f"{first:,}-{last:,}"
