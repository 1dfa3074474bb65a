"""The command line's own words: every command and option says what it is for, and help needs nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest
import typer.main
from support.paths import ROOT
from support.sheets import cases, write_csv
from support.workspace import clean_environment

from importer.cli.app import app

HEAVY = (
    "pandas",
    "numpy",
    "sqlalchemy",
    "httpx",
    "aiohttp",
    "openpyxl",
    "xlsxwriter",
    "python_calamine",
    "uvicorn",
    "rapidfuzz",
    "tomlkit",
)


def commands(group=None, prefix=""):
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


COMMANDS = dict(commands())


def test_the_commands_of_the_design_are_there():
    wanted = {
        "run",
        "check",
        "map",
        "resume",
        "status",
        "report",
        "template",
        "sandbox",
        "doctor",
        "config show",
        "init",
        "login",
        "logout",
    }
    assert wanted <= COMMANDS.keys()


def test_every_command_with_settings_takes_a_workspace():
    taken = {name for name, command in COMMANDS.items() if any("--workspace" in one.opts for one in command.params)}
    assert taken == {name for name, command in COMMANDS.items() if any("--config" in one.opts for one in command.params)}
    assert {"run", "status", "ledger backup", "config show", "login"} <= taken


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_is_for(name):
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"


WITHOUT_SANDBOX = {
    *("template", "sandbox", "map", "config show", "init", "login", "logout"),
    *("schedule install", "schedule show", "schedule remove", "ledger copy"),
    *("worker run", "worker take-in", "worker status"),  # the sandbox has its ledger in a file
}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in WITHOUT_SANDBOX])
def test_every_command_can_work_in_the_sandbox(name):
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--sandbox", "--config"} <= options


def test_no_option_takes_a_secret():
    options = {option for command in COMMANDS.values() for parameter in command.params for option in parameter.opts}
    options -= {"--keyring", "--hash-password"}  # whether to keep what was typed, and to ask for it
    assert not {option for option in options if any(word in option for word in ("key", "token", "secret", "password"))}


def traced(arguments, folder=None):
    """A command in a process of its own; its last line on stderr says what was loaded, and what was frozen at the end."""
    program = (
        "import atexit, gc, json, sys\n"
        "def tell():\n"
        "    told = {'loaded': sorted(sys.modules), 'frozen': gc.get_freeze_count()}\n"
        "    print(json.dumps(told), file=sys.stderr)\n"
        "atexit.register(tell)\n"  # what is registered first is called last
        f"sys.argv = ['importer', *{arguments!r}]\n"
        "from importer.cli.main import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=folder, env=clean_environment(PYTHONPATH=str(ROOT))
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["run", "--help"], ["--version"]], ids=" ".join)
def test_help_needs_nothing_heavy(arguments):
    """What makes `importer --help` quick is what it does not import."""
    ended = traced(arguments)
    loaded = {name.split(".")[0] for name in json.loads(ended.stderr.splitlines()[-1])["loaded"]}
    assert not loaded & set(HEAVY)
    assert "importer" in ended.stdout + ended.stderr


def test_a_check_loads_nothing_that_sends_or_knows_secrets(tmp_path):
    write_csv(tmp_path / "cases.csv", cases(3))
    ended = traced(["check", "cases.csv"], tmp_path)
    told = json.loads(ended.stderr.splitlines()[-1])
    assert ended.returncode == 0, ended.stderr
    assert not set(told["loaded"]) & {"aiohttp", "httpx", "keyring", "structlog", "uvicorn", "tqdm"}
    assert told["frozen"]  # else the interpreter goes through all that was loaded before it ends


def test_click_and_typer_agree_that_the_group_shows_help_without_arguments():
    group = typer.main.get_command(app)
    with click.Context(group) as context:
        assert "run" in group.get_help(context)
