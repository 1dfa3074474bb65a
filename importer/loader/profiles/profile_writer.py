"""Write a profile as commented TOML that a user can read and edit."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array, Table

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.domain.paths import exists
from importer.errors import UsageError
from importer.loader.profile import NO_PROFILE_WANTED, Profile

_COMMENTS = {
    "headings": "A file with these headings, in any order, is read with this profile automatically.",
    "sheet": "The other sheets of the workbook are not read.",
    "ignore": "Headings that would be matched to a column but must not be used.",
    "columns": "heading in the sheet = column of the importer",
    "joins": "column of the importer = the headings whose cells it is joined from; a sign stands between two of them",
    "splits": "heading in the sheet = the columns that its cells are split into",
    "constants": "the same value for every row",
}


def profile_text(profile: Profile, unused: Sequence[str] = (), missing: Sequence[str] = ()) -> str:
    """Return the profile as commented TOML that reads back as an equal profile.

    ``unused`` headings and ``missing`` columns are named in comments, for users who complete the profile by hand.
    """
    data = profile.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
    document = tomlkit.document()
    document.add(tomlkit.comment("Made by `importer map`. It is yours to change; `importer check FILE` shows what it does."))
    _add_plain(document, data)
    for key in ("columns", "joins", "splits", "constants"):
        remarks = _remarks(key, unused, missing)
        if key in data or remarks:
            document.add(tomlkit.nl())
            document.add(key, _table(_COMMENTS[key], data.get(key, {}), remarks))
    if "master_data" in data:
        document.add(tomlkit.nl())
        document.add("master_data", tomlkit.item(data["master_data"]))
    nested = [(key, name, table) for key in ("values", "rows") for name, table in data.get(key, {}).items()]
    for key, name, table in nested:
        _add_nested(document, key, name, table)
    text = tomlkit.dumps(document)
    assert Profile(name=profile.name, **tomllib.loads(text)) == profile, "a profile must read back unchanged"
    return text


def _add_plain(document: tomlkit.TOMLDocument, data: Mapping[str, Any]) -> None:
    """Add the keys that are no tables, with their comments."""
    for key, value in data.items():
        if not isinstance(value, dict):
            if key in _COMMENTS:
                document.add(tomlkit.comment(_COMMENTS[key]))
            document.add(key, _array(value) if isinstance(value, list) else value)


def _add_nested(document: tomlkit.TOMLDocument, key: str, name: str, values: Mapping[str, Any]) -> None:
    """Add a table ``[key.name]``."""
    outer = document.setdefault(key, tomlkit.table(is_super_table=True))
    table = tomlkit.table()
    if (key, name) == ("values", "row_state"):
        table.comment("what a value says about its row: a claim, paid, a draft, ...")
    for text, value in values.items():
        table.add(text, value)
    outer.append(name, table)


def _remarks(table: str, unused: Sequence[str], missing: Sequence[str]) -> list[str]:
    if table == "constants":
        return [f"nothing fills {name} yet: give it a value here, or map a heading to it above" for name in missing]
    if not unused or table != "columns":
        return []
    listed = ", ".join(" ".join(heading.split()) for heading in unused)
    return ["not used: " + "".join(c if c.isprintable() else "?" for c in listed)]  # a comment holds no control characters


def _table(comment: str, values: Mapping[str, Any], remarks: Sequence[str]) -> Table:
    table = tomlkit.table()
    table.comment(comment)
    for name, value in values.items():
        table.add(name, value)
    for line in remarks:
        table.add(tomlkit.comment(line))
    return table


def _array(values: Sequence[Any]) -> Array:
    array = tomlkit.array().multiline(True)
    array.extend(values)
    return array


def write_profile(path: Path, text: str, access: FileAccess = OWNER_ALONE) -> None:
    """Write a profile file atomically. Raises UsageError if it cannot be written.

    One that replaces another is as readable as that, unless a group shares it.
    """
    try:
        access.folders_to(path.parent)
        before = path.stat().st_mode if exists(path) and access == OWNER_ALONE else None
        access.write(path, text)
        if before is not None:
            path.chmod(stat.S_IMODE(before))
    except OSError as error:
        raise UsageError(f"The profile {path} cannot be written ({error.strerror}). Check the folder and your rights.") from None


def name_for(file_name: str) -> str:
    """Return a profile name for a file name: ``Åbne poster 2026-03.xlsx`` → ``åbne-poster``, the same for next month's file."""
    words = re.findall(r"[^\W\d_]+", Path(file_name).stem.casefold())
    name = "-".join(words)
    return name if name not in {"", NO_PROFILE_WANTED} else "profile"
