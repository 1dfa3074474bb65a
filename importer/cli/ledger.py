"""The commands about the ledger itself: its backups, and the accounts that it serves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.invocation import environment_of
from importer.cli.options import Config, SandboxFlag
from importer.cli.terminal import say
from importer.cli.workspace_option import CommandLine

ledger_app = CommandLine(help="The ledger's backups and accounts.", no_args_is_help=True)


@ledger_app.command("backup")
def ledger_backup(
    file: Annotated[Path, typer.Argument(help="A new file.")], sandbox: SandboxFlag = False, config: Config = None
) -> None:
    """Copy the ledger; a run may go on meanwhile."""
    from importer.commands.backup import back_up_ledger

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        back_up_ledger(environment, file)
    typer.echo(f"The ledger was copied to {file}.")


@ledger_app.command("copy")
def ledger_copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The ledger: its URL, or the path of its file.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="A new file, or the URL of an empty database.")],
    config: Config = None,
) -> None:
    """Copy a ledger to another database, such as from a file to a server, and compare both row by row."""
    from importer.commands.ledger_copy import copy_to, named_ledger

    with environment_of(config, sandbox=False, serving=False) as environment:
        copied = copy_to(source, target, environment.access)
    for table in copied:
        typer.echo(f"{table.name:<16} {table.rows:>10,} rows  {table.digest[:16]}")
    say(
        f"{named_ledger(target)} holds the same rows as {named_ledger(source)}. Set url under [ledger] to it, and use the other "
        f"one no more."
    )


@ledger_app.command("restored")
def ledger_restored(sandbox: SandboxFlag = False, config: Config = None) -> None:
    """Treat the ledger as a copy that was put back: what it calls unsent is looked for before it is sent."""
    from importer.commands.backup import declare_restored

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        copied_at = declare_restored(environment)
    typer.echo(
        f"The ledger counts as a copy of {copied_at[:16].replace('T', ' ')} UTC. Import the files since then again; when all of "
        f"them are done, `importer ledger trust` ends the checks."
    )


@ledger_app.command("forget")
def ledger_forget(
    account: Annotated[str, typer.Argument(help="The account, as the message names it, or its partner's id.")],
    sandbox: SandboxFlag = False,
    config: Config = None,
) -> None:
    """Forget which keys open an account and which ledgers serve it; the next run learns both again."""
    from importer.commands.backup import forget_account

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        forgotten = forget_account(environment, account)
    say(f"The account {forgotten} is forgotten: the next run learns again who the key belongs to.")


@ledger_app.command("trust")
def ledger_trust(sandbox: SandboxFlag = False, config: Config = None) -> None:
    """Treat a restored ledger as complete again, once everything sent since its backup has been imported again."""
    from importer.commands.backup import trust_ledger

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        restored = trust_ledger(environment)
    typer.echo("The ledger is trusted from now on." if restored else "The ledger was not restored from a backup.")
