"""The commands about staged batches: `importer review`, `approve` and `discard`."""

from __future__ import annotations

import typer

from importer.cli.invocation import current_workspace, environment_of, print_json
from importer.cli.logs.command import logged
from importer.cli.options import AsJson, Batch, Config, Confirm, Limit, OutputDir, Quiet, SandboxFlag, Yes
from importer.cli.terminal import TerminalConsole, say


def review(
    batch: Batch, sandbox: SandboxFlag = False, output: OutputDir = None, as_json: AsJson = False, config: Config = None
) -> None:
    """Show what a staged batch would do now: what can be sent, what cannot, and how its columns were read."""
    from importer.commands.review import review_batch

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        found = review_batch(current_workspace(), environment, batch, output)
    if as_json:
        print_json(found.as_json())
    else:
        say("\n".join(found.lines()))


def approve(
    batch: Batch,
    yes: Yes = False,
    confirm: Confirm = None,
    limit: Limit = None,
    sandbox: SandboxFlag = False,
    output: OutputDir = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Approve a staged batch, so that it may be sent, after showing its review and asking."""
    from importer.commands.approve import approve as approve_batch
    from importer.workspace.approval import gates

    console = TerminalConsole(quiet=quiet, verbose=0, yes=yes)
    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        wanted = gates(confirm=confirm, limit=limit)
        say(approve_batch(current_workspace(), environment, batch, console, wanted, yes=yes, output=output))


def discard(batch: Batch, sandbox: SandboxFlag = False, config: Config = None) -> None:
    """Discard a staged batch: nothing of it is sent."""
    from importer.commands.approve import discard as discard_batch

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        say(discard_batch(environment, batch))


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (review, approve, discard):
        app.command()(logged(command))
