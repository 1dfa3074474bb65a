"""The lines that a message advises a user to put into a profile. Each line is valid TOML by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Advised: TypeAlias = str | Sequence[str] | Mapping[str, str]
"""The value of a key, or the lines of a table."""

INDENT = "  "
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DELETE = "\x7f"  # which JSON leaves as it is, and TOML does not allow


def profile_lines(advised: Mapping[str, Advised], remarks: Mapping[str, str] | None = None) -> str:
    """Return the lines, each after a line break and a blank margin: keys, then tables with a line for each of their keys.

    ``remarks`` are comments by the key of the line that they are about. Empty tables are left out.
    """
    plain = [assignment(key, value) for key, value in advised.items() if not isinstance(value, Mapping)]
    tables = [(key, value) for key, value in advised.items() if isinstance(value, Mapping) and value]
    for key, table in tables:
        plain.append(f"[{key}]")
        plain += [_remarked(assignment(name, text), (remarks or {}).get(name)) for name, text in table.items()]
    return "".join(f"\n{INDENT}{line}" for line in plain)


def assignment(key: str, value: str | Sequence[str]) -> str:
    """Return the line of TOML that gives a key a value, both quoted and escaped as necessary."""
    name = key if _BARE_KEY.fullmatch(key) else quoted(key)
    if isinstance(value, str):
        return f"{name} = {quoted(value)}"
    return f"{name} = [{', '.join(map(quoted, value))}]"


def quoted(text: str) -> str:
    """Return a text as a string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace(_DELETE, "\\u007f")


def _remarked(line: str, remark: str | None) -> str:
    return f"{line} # {remark}" if remark else line
