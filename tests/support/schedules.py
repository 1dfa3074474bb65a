"""Schedules for tests, and readers of what is written for the schedulers, made from their manuals and not from our writers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from importer.scheduling.job import Folders, Job
from importer.scheduling.settings import ScheduleSettings

FOLDERS = Folders.usual(Path("/home/anna"), uid=1000)
COMMAND = ("/opt/importer/bin/importer", "schedule", "run-now", "nightly", "--workspace")


def job(workspace: str = "/srv/collection", variables: dict[str, str] | None = None, **settings: Any) -> Job:
    """The schedule ``nightly`` of a workspace."""
    chosen = ScheduleSettings(**{"paths": "incoming", "at": "Mon..Fri 03:30"} | settings)
    command = (*COMMAND, workspace)
    return Job("nightly", workspace, command, chosen, "anna", tuple((variables or {}).items()))


def directives(unit: str, name: str) -> list[str]:
    """The values of a directive of a unit, as systemd.syntax(7) says."""
    lines = [line for line in unit.split("\n") if not line.startswith(("#", ";"))]
    assert not any(line.endswith("\\") for line in lines), "a backslash at the end would continue the line"
    return [line.split("=", 1)[1].strip() for line in lines if line.startswith(f"{name}=")]


def unit_text(value: str) -> str:
    """A value with its specifiers replaced, of which only ``%%`` may occur."""
    found, rest = "", value
    while "%" in rest:
        before, _, rest = rest.partition("%")
        assert rest.startswith("%"), f"a specifier in {value!r}"
        found, rest = f"{found}{before}%", rest[1:]
    return found + rest


def unit_words(value: str) -> list[str]:
    """The words of a command line or an assignment: quotation marks, escapes and specifiers (systemd.service(5))."""
    words, word, quote, letters = [], None, "", iter(value)
    for letter in letters:
        if letter == "\\":
            word = (word or "") + next(letters)
        elif quote:
            quote, word = ("", word) if letter == quote else (quote, (word or "") + letter)
        elif letter in "\"'":
            quote, word = letter, word or ""
        elif letter == " ":
            words += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + letter
    assert not quote
    return [unit_text(one) for one in [*words, *([] if word is None else [word])]]


def unit_command(value: str) -> list[str]:
    """A command line with its variables replaced, of which only ``$$`` may occur, and none in the program."""
    program, *arguments = unit_words(value)
    found = []
    for argument in arguments:
        assert "$" not in argument.replace("$$", ""), f"a variable in {argument!r}"
        found.append(argument.replace("$$", "$"))
    return [program, *found]


def cron_command(line: str) -> str:
    """What cron gives the shell of a line with five fields: up to the first ``%`` that has no backslash before it."""
    command, escaped = "", False
    for letter in line.split(" ", 5)[5]:
        if escaped and letter == "%":
            command = command[:-1]
        elif letter == "%":
            raise AssertionError(f"cron cuts {line!r} off")
        command += letter
        escaped = letter == "\\" and not escaped
    return command
