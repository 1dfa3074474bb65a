"""Who has a file open, as the lock files of Excel and LibreOffice say."""

from __future__ import annotations

from pathlib import Path

from importer.watch.names import lock_names

_MOST_BYTES, _MOST_LETTERS = 4096, 60
_EXCEL_WIDE = 55
"""The byte after which Excel's lock file holds the user's name again, in UTF-16."""


def owner_of(folder: Path, name: str) -> str | None:
    """Return the name of the user who has the file open; None if the lock file does not say it, or is gone."""
    excel, libre_office = lock_names(name)
    for lock, parse in ((excel, excel_owner), (libre_office, libre_office_owner)):
        try:
            with (folder / lock).open("rb") as file:
                content = file.read(_MOST_BYTES)
        except OSError:
            continue
        if owner := _shown(parse(content)):
            return owner
    return None


def excel_owner(content: bytes) -> str:
    """Return the user's name in a lock file of Excel: its length, the name in bytes, and both again in UTF-16."""
    wide = content[_EXCEL_WIDE:]
    if len(wide) > 1 and 0 < wide[0] <= _EXCEL_WIDE:
        return wide[2 : 2 + 2 * wide[0]].decode("utf-16-le", errors="replace")
    return content[1 : 1 + content[0]].decode("cp1252", errors="replace") if content else ""


def libre_office_owner(content: bytes) -> str:
    """Return the user's name in a lock file of LibreOffice: ``name,user,host,time,profile;``."""
    fields = content.decode("utf-8", errors="replace").split(",")
    return next((field for field in fields[:2] if field.strip()), "")


def _shown(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()[:_MOST_LETTERS]
