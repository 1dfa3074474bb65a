"""The names of files and sheets as they are stored and shown: personal numbers in them are masked."""

from __future__ import annotations

from collections.abc import Iterable

from importer.domain.personal_numbers.found import STAR
from importer.domain.personal_numbers.texts import mask_text

_SHOWN_STAR = "x"
"""In place of a star, which neither the name of a folder on Windows nor that of a sheet in Excel may have."""


def shown_name(name: str) -> str:
    """Return the name of a file or sheet with its personal numbers masked.

    >>> shown_name("Jens 010180-1234.csv")
    'Jens 010180-xxxx.csv'
    """
    masked = mask_text(name)
    return masked if masked == name else masked.replace(STAR, _SHOWN_STAR)


def shown_names(names: Iterable[str]) -> dict[str, str]:
    """Return what each name is shown as. Names that would be shown as the same one get an ordinal: ``010180-xxxx (2)``."""
    given = tuple(dict.fromkeys(names))
    shown = {name: name for name in given if shown_name(name) == name}
    taken = set(shown)
    for name in given:
        if name not in shown:
            shown[name] = _free(shown_name(name), taken)
            taken.add(shown[name])
    return shown


def _free(name: str, taken: set[str]) -> str:
    found, ordinal = name, 1
    while found in taken:
        ordinal += 1
        found = f"{name} ({ordinal})"
    return found
