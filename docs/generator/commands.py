"""The commands, their options and the exit codes of docs/commands.md."""

from __future__ import annotations

import types
import typing
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer.main

from generator.text import code, comments_of, sentence, table
from importer.cli.app import app
from importer.errors import ExitCode
from importer.workspace.result import MOST_URGENT_FIRST

_EXAMPLES = {
    "init": "importer init",
    "login": "importer login --api debitura",
    "logout": "importer logout",
    "run": "importer run invoices.xlsx",
    "check": "importer check invoices.xlsx --expect-rows 60",
    "map": "importer map export.xlsx --set currency=DKK",
    "resume": "importer resume --stop-at-quota",
    "status": "importer status --json",
    "report": "importer report 12",
    "summary": "importer summary --since 24h",
    "review": "importer review 12",
    "approve": "importer approve 12 --limit 10",
    "discard": "importer discard 12",
    "template": "importer template",
    "dragged": "importer dragged export.xlsx",
    "sandbox": "importer sandbox --port 8085 --data sandbox.jsonl",
    "doctor": "importer doctor",
    "resolve": "importer resolve C12-3f9a2b --absent",
    "watch": "importer watch /srv/finance/invoices",
    "serve": "importer serve --sandbox",
    "adopt": "importer adopt C12-3f9a2b --case 1A2B3C4D",
    "ledger backup": "importer ledger backup ledger-backup.db",
    "ledger copy": "importer ledger copy ledger.db postgresql+psycopg://importer@db.example.com/ledger",
    "ledger restored": "importer ledger restored",
    "ledger forget": "importer ledger forget debitura:https://api.example:5a4d0b0c-0000-4000-8000-00000000d0b1",
    "ledger trust": "importer ledger trust",
    "config show": "importer config show",
    "worker run": "importer worker run /srv/north /srv/south",
    "worker take-in": "importer worker take-in /srv/files/march.xlsx",
    "worker status": "importer worker status",
    "schedule install": "importer schedule install nightly --print",
    "schedule show": "importer schedule show",
    "schedule remove": "importer schedule remove nightly",
    "schedule run-now": "importer schedule run-now nightly --sandbox",
}


def commands_by_name() -> dict[str, Any]:
    """Every command by the words that follow ``importer``."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"{name} {sub}": one for sub, one in inner.items()} if inner else {name: command}
    return found


def commands() -> str:
    links = (
        [f"[`importer {name}`](#importer-{name.replace(' ', '-')})", command.help] for name, command in commands_by_name().items()
    )
    sections = (_command(name, command) for name, command in commands_by_name().items())
    return "\n\n".join([table(("command", "what it does"), links), *sections])


def _command(name: str, command: Any) -> str:
    placeholders = _placeholders(command)
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
    words = [_argument(p) for p in arguments]
    usage = " ".join(["importer", name, *(["[OPTIONS]"] if options else []), *words])
    rows = [[code(_argument(p)), _meaning(p)] for p in arguments]
    rows += [[_option(p, placeholders[p.name]), _meaning(p)] for p in options]
    meanings = table(("argument or option", "meaning"), rows)
    return "\n\n".join([f"### importer {name}", command.help, f"```\n{usage}\n```", meanings, f"Example: `{_EXAMPLES[name]}`"])


def _placeholders(command: Any) -> dict[str, str]:
    """Return the placeholder of each parameter's value, from the annotations of the command's function."""
    hints = typing.get_type_hints(command.callback, include_extras=True)
    return {name: _placeholder(hint) for name, hint in hints.items() if name != "return"}


def _placeholder(hint: Any) -> str:
    """``TEXT``, ``PATH`` or the choices of an annotation such as ``Annotated[str | None, ...]``."""
    origin = get_origin(hint)
    if origin is Literal:
        return "|".join(sorted(map(str, get_args(hint))))  # typing may return an equal Literal in another order
    if origin is Annotated or origin is list:
        return _placeholder(get_args(hint)[0])
    if origin in {types.UnionType, typing.Union}:
        return next(_placeholder(inner) for inner in get_args(hint) if inner is not type(None))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "|".join(str(one.value) for one in hint)
    return {Path: "PATH", int: "N"}.get(hint, "TEXT")


def _argument(parameter: Any) -> str:
    name = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any, placeholder: str) -> str:
    takes_value = not (parameter.is_flag or parameter.count)
    value = f" {parameter.metavar or placeholder}" if takes_value else ""
    return ", ".join(code(name + value) for name in (*parameter.opts, *parameter.secondary_opts))


def _meaning(parameter: Any) -> str:
    """Return the help of a parameter, with its default if it has one."""
    return f"{parameter.help} The default is {code(parameter.default)}." if parameter.default else parameter.help


def exit_codes() -> str:
    meanings = comments_of(ExitCode)
    codes = table(("exit code", "meaning"), ([str(int(one)), sentence(meanings[one.name])] for one in ExitCode))
    order = ", ".join(str(int(one)) for one in MOST_URGENT_FIRST)
    return f"{codes}\n\nIf several apply to a run, the most urgent one counts: {order}."
