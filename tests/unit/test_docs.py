"""What the README says equals what the code does."""

import re

import pytest
import typer.main
from support.paths import ROOT

from importer.cli.app import app
from importer.domain.code_lists import VOUCHER_TYPES
from importer.domain.columns import CASE_COLUMNS, VOUCHER_COLUMNS, Requirement
from importer.domain.states import RowStatus
from importer.errors import ExitCode
from importer.loader.profile import Profile
from importer.reporter.sheets import ERROR_COLUMNS, SUCCESS_COLUMNS
from importer.settings import Settings

README = (ROOT / "README.md").read_text(encoding="utf-8")
NEEDS = {Requirement.REQUIRED: "required", Requirement.CONDITIONAL: "sometimes", Requirement.OPTIONAL: "optional"}


def rows_below(header: str) -> list[list[str]]:
    """The cells of every table row under the table header that begins like this."""
    tables = README.split(f"| {header} |")[1:]
    assert tables, header
    lines = [line for table in tables for line in table.split("\n\n")[0].splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def commands() -> set[str]:
    group = typer.main.get_command(app)
    names = set()
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        names |= {f"{name} {sub}" for sub in inner} if inner else {name}
    return names


def test_every_command_is_described_and_every_described_command_exists():
    described = {re.match(r"`importer ([a-z ]+?)( [A-Z.]+)*`", row[0])[1] for row in rows_below("command")}
    assert described == commands()


def test_every_option_that_the_readme_names_exists():
    group = typer.main.get_command(app)
    every = [*group.commands.values(), *group.commands["config"].commands.values(), group]
    known = {name for command in every for parameter in command.params for name in parameter.opts}
    named = set(re.findall(r"`(--[a-z-]+)", README)) | set(re.findall(r"`(-[a-z])`", README))
    assert named <= known


def test_exit_codes():
    assert {int(row[0]) for row in rows_below("exit code")} == {int(code) for code in ExitCode}


def test_statuses():
    assert {row[0] for row in rows_below("status")} == {status.value.replace("_", " ") for status in RowStatus}


@pytest.mark.parametrize("columns", [CASE_COLUMNS, VOUCHER_COLUMNS], ids=["cases", "vouchers"])
def test_columns(columns):
    described = [(row[0], row[1], row[2]) for row in rows_below("column")]
    wanted = [(f"`{c.name}`", NEEDS[c.requirement], c.help) for c in columns]
    assert [row for row in described if row in wanted] == wanted
    assert len(described) == len(CASE_COLUMNS) + len(VOUCHER_COLUMNS)


def test_voucher_types():
    wanted = [[t.name, t.danish, t.direction.name.lower()] for t in VOUCHER_TYPES]
    assert rows_below("type") == wanted


def test_report_columns_are_named():
    for heading in (*ERROR_COLUMNS, *SUCCESS_COLUMNS):
        assert f"`{heading}`" in README


def toml_block(containing: str) -> dict[str, object]:
    import tomllib

    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    return tomllib.loads(next(block for block in blocks if containing in block))


def test_the_profile_in_the_readme_is_valid_and_shows_every_key():
    shown = toml_block("date_format")
    Profile(**shown)
    assert set(shown) == set(Profile.model_fields) - {"name"}


def test_the_settings_in_the_readme_are_valid_complete_and_the_defaults():
    shown = toml_block("[dispatch]")
    defaults = Settings().model_dump(mode="json")
    assert set(shown) == set(defaults)
    for section in ("debitura", "debbie", "dispatch", "ledger", "output"):
        fixed = {k: v for k, v in defaults[section].items() if v is not None}
        assert {k: v for k, v in shown[section].items() if v != "..."} == fixed
    Settings(**{name: shown[name] for name in ("dispatch", "voucher_types", "defaults")})


def test_the_example_profile_is_valid():
    import tomllib

    path = ROOT / "templates/profiles/accounts-receivable.toml"
    Profile(**tomllib.loads(path.read_text(encoding="utf-8")))


def test_the_two_commands_stand_alone_on_their_lines():
    lines = README.splitlines()
    commands_of_readme = [line for line in lines if line.startswith("python3 -m venv")]
    assert [line.split(" && ")[-1] for line in commands_of_readme] == [
        ".venv/bin/importer run templates/example.xlsx --sandbox",
        ".venv-test/bin/python -m pytest",
    ]
