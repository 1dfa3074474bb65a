"""The command `importer adopt`."""

from __future__ import annotations

from typing import Annotated

import typer

from importer.cli.invocation import environment_of
from importer.cli.options import Config, Quiet, SandboxFlag
from importer.cli.terminal import TerminalConsole, say
from importer.errors import UsageError


def adopt(
    entry: Annotated[
        str | None, typer.Argument(help="One questioned row, as #entry names it; by default all that are equal to a case.")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", metavar="ID", help="With an entry: the case, by its reference or its id.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="With an entry: record that the row is not that case.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Adopt the cases that are equal in all without asking.")] = False,
    sandbox: SandboxFlag = False,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Take over cases of Debitura that this ledger did not send, for rows that are questioned because of them."""
    from importer.commands.adopt import adopt_equal, adopt_one

    if (entry is None) is not (case is None) or (entry is None and refuse) or (entry is not None and yes):
        raise UsageError("Give no entry, or an entry with --case ID. --yes is for all that are equal, --refuse for one entry.")
    console = TerminalConsole(quiet=quiet, verbose=0, yes=yes)
    with environment_of(config, sandbox=sandbox) as environment:
        if entry is None or case is None:
            say("\n".join(adopt_equal(environment, console, confirmed=yes)))
        else:
            say(adopt_one(environment, console, entry.strip(), case.strip(), refused=refuse))
