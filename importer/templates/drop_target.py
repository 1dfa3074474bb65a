"""The drop target for Windows: a ``.cmd`` file on which spreadsheets are dropped to import them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from importer.errors import UsageError

NAME = "import.cmd"
_MARK = "rem Drop spreadsheets on this file to import them. Written by `importer template --drop-target`."


def drop_target(command: Sequence[str], workspace: str) -> str:
    """Return the text of a drop target that imports into a workspace. ``command`` starts the importer.

    Raises UsageError for a path that such a file cannot hold.
    """
    words = [*command, "dragged", "--workspace", workspace]
    if any(letter in word for word in words for letter in '"\r\n'):
        raise UsageError(f"A .cmd file cannot hold the path {workspace!r}. Rename the folder.")
    quoted = [f'"{word}"' if word in {command[0], workspace} else subprocess.list2cmdline([word]) for word in words]
    line = " ".join(quoted).replace("%", "%%")
    # The code page is that of UTF-8, in which this file is written; two hyphens end the options.
    return "\r\n".join(["@echo off", "chcp 65001 >nul", _MARK, f"{line} -- %*", ""])


def write_drop_target(folder: Path, command: Sequence[str], workspace: str) -> Path:
    """Write the drop target into a folder. Raises UsageError if there is another file of its name, or it cannot be written."""
    path, text = folder / NAME, drop_target(command, workspace)
    try:
        if path.exists() and _MARK not in path.read_text(encoding="utf-8", errors="replace"):
            raise UsageError(f"{path} is not from the importer. Move it away, or choose another folder.")
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}). Choose another folder.") from None
    return path
