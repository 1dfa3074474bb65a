"""The documents of the project as a reader sees them: pages, tables, code and links."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer.main
from support.paths import ROOT

from importer.cli.app import app

PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / folder / "README.md" for folder in ("tests", "benchmarks"))]
)
"""Every document of the project."""

_FENCE = re.compile(r"^( *)```([a-z]*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"[A-Z]{2,}|\.\.\.|<.*>|\[|^N$")


def generator() -> Any:
    """The module ``docs/generate.py``."""
    sys.path.insert(0, str(ROOT / "docs"))
    import generate

    return generate


@cache
def text_of(page: Path | str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: Path | str, language: str | None = None) -> list[str]:
    """The code blocks of a page, in one language or all."""
    return [code for _, found, code in _FENCE.findall(text_of(page)) if language in {None, found}]


def prose(page: Path | str) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", text_of(page))


def inline_code(page: Path | str) -> list[str]:
    """Code in the text of a page, with line breaks as spaces."""
    return [" ".join(code.split()) for code in _INLINE.findall(prose(page))]


def links(page: Path | str) -> list[str]:
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    for heading in _HEADING.findall(prose(page)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        found[anchor] = found.get(anchor, -1) + 1
    return {anchor if not number else f"{anchor}-{number}" for anchor, last in found.items() for number in range(last + 1)}


def rows_below(page: Path | str, header: str) -> list[list[str]]:
    """The cells of every table row under the table headers that begin with this one."""
    tables = text_of(page).split(f"| {header} |")[1:]
    assert tables, f"{page} has no table with {header}"
    lines = [line for table in tables for line in table.split("\n\n")[0].splitlines()[2:]]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])] for line in lines]


def section(page: Path | str, heading: str) -> str:
    """The text below a heading, up to the next heading of the same or a higher level."""
    level = len(heading) - len(heading.lstrip("#"))
    below = text_of(page).split(f"\n{heading}\n")[1]
    return re.split(rf"^#{{1,{level}}} ", below, flags=re.MULTILINE)[0]


@cache
def commands() -> dict[str, Any]:
    """Every command by the words that follow ``importer``."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {sub}": one for sub, one in inner.items()} if inner else {name: command}
    return found


def options_of(command: Any) -> set[str]:
    return {"--help"} | {
        name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-")
    }


def shown_commands(page: Path | str) -> Iterator[str]:
    """Every command line of the importer on a page, in its code blocks and in its text."""
    lines = [line.strip() for code in blocks(page) for line in code.splitlines()]
    for line in [*lines, *inline_code(page)]:
        for part in re.split(r" && | [<>] ", line):
            if re.match(r"(\S*/)?importer [a-z]", part):
                yield part


def refusal(line: str) -> str | None:
    """Why the importer would not accept this command line; None if it would. Placeholders stand for any value."""
    words = shlex.split(line)[1:]
    name = next((name for name in (" ".join(words[:2]), words[0]) if name in commands()), None)
    if name is None:
        return f"{line}: no such command"
    command, arguments = commands()[name], words[len(name.split()) :]
    unknown = {word.partition("=")[0] for word in arguments if word.startswith("-")} - options_of(command)
    if unknown:
        return f"{line}: {name} has no option {unknown}"
    if any(_PLACEHOLDER.search(word) for word in arguments) or not arguments:
        return None
    try:
        command.make_context(name, list(arguments))
    except Exception as error:  # noqa: BLE001  (whatever click objects to)
        return f"{line}: {error}"
    return None
