"""The command ``importer map``."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from importer.cli.invocation import current_workspace, environment_of
from importer.cli.options import Config
from importer.cli.terminal import TerminalDialogue, say
from importer.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from importer.workspace.environment import Environment
    from importer.workspace.request import ImportRequest


OnlyRows = Annotated[
    list[str] | None, typer.Option("--only", metavar="COLUMN=VALUE", help="Read only rows with this value; may be repeated.")
]
SkippedRows = Annotated[
    list[str] | None, typer.Option("--skip", metavar="COLUMN=VALUE", help="Leave out rows with this value; may be repeated.")
]

MasterDataFile = Annotated[
    Path | None,
    typer.Option(
        "--master-data",
        metavar="PATH",
        help="A file with master data of the debtors, which completes the list by customer number.",
        show_default=False,
    ),
]
CasesFrom = Annotated[
    Literal["row", "debtor", "reference"] | None,
    typer.Option("--cases-from", help="What makes a case, if one debtor has several rows."),
]

ConfirmedProfile = Annotated[
    str | None,
    typer.Option(
        "--confirm",
        metavar="PROFILE",
        help="Instead of mapping a file: confirm in this profile what the values of its last import were taken for.",
    ),
]


def map_sheet(
    file: Annotated[
        Path | None, typer.Argument(help="A spreadsheet of the kind that you want to import.", show_default=False)
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="The profile's name; by default the file's name without digits.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook; by default the likeliest.")] = None,
    holds: Annotated[
        Literal["cases", "vouchers", "flat"] | None,
        typer.Option("--holds", help="What the rows hold, if the headings do not tell."),
    ] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="COLUMN=VALUE", help="One value for all rows; may be repeated.")
    ] = None,
    decimal: Annotated[Literal[",", "."] | None, typer.Option("--decimal", help="The decimal mark of amounts.")] = None,
    date_format: Annotated[str | None, typer.Option("--date-format", help="How dates are written, such as DD.MM.YYYY.")] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="The encoding of a CSV file, such as cp850, if its letters leave it open.")
    ] = None,
    master_data: MasterDataFile = None,
    cases_from: CasesFrom = None,
    only: OnlyRows = None,
    skip: SkippedRows = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take what is sure, leave out the rest, ask nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a profile that is there, without a question.")] = False,
    confirm: ConfirmedProfile = None,
    config: Config = None,
) -> None:
    """Propose a profile for a file, ask about what is unsure, and write it."""
    from importer.commands.map import map_file
    from importer.commands.map_request import map_request, values_set

    if confirm is not None or file is None:
        return _confirm_values(confirm, config)
    said = values_set(constants or ())
    workspace = current_workspace()
    described = (file, profile, sheet, holds, said, decimal, date_format, encoding)
    filters = (only or (), skip or (), cases_from)
    request = map_request(described, filters, workspace, master_data, only_sure=yes, replace=replace)
    dialogue = TerminalDialogue() if sys.stdin.isatty() else None
    mapped = map_file(request, workspace.load_settings(config), dialogue, say)
    for line in mapped.lines:
        say(line, err=mapped.exit_code is not ExitCode.OK)
    raise typer.Exit(int(mapped.exit_code))


def with_answers(request: ImportRequest, environment: Environment, *, asks: bool, sends: bool = False) -> ImportRequest:
    """Return the request after the questions at a terminal about headings that would refuse a file; ``asks``: they may be asked.

    If it ``sends``, debtors are asked about as well that may be companies or persons.
    """
    if not (asks and sys.stdin.isatty() and sys.stderr.isatty()):
        return request
    from importer.commands.ask_parties import ask_parties
    from importer.commands.map_offer import offer_map

    dialogue = TerminalDialogue()
    request = offer_map(request, environment.settings, dialogue, partial(say, err=True))
    return ask_parties(request, environment, dialogue) if sends else request


def _confirm_values(profile: str | None, config: Path | None) -> None:
    from importer.commands.map_states import confirm_profile

    if profile is None:
        raise UsageError("Name the file to map, or the profile to confirm with --confirm PROFILE.")
    with environment_of(config, sandbox=False, serving=False) as environment:
        for line in confirm_profile(current_workspace(), environment, profile, say):
            say(line)
