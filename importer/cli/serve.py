"""The command ``importer serve``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from importer.cli.invocation import current_workspace
from importer.cli.logs.command import silence
from importer.cli.options import Config, NewLedger, SandboxFlag, Verbose
from importer.cli.terminal import TerminalDialogue, say
from importer.errors import UsageError

Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65_535, help="Another port than that of the settings.", show_default=False)
]
HashPassword = Annotated[
    bool, typer.Option("--hash-password", help="Ask for a password, print the line for a user under [web.users], and end.")
]


def serve(
    sandbox: SandboxFlag = False,
    port: Port = None,
    hash_password: HashPassword = False,
    new_ledger: NewLedger = False,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Run the page: drop files, see how they are read, correct, approve, follow, and fetch the results, in a browser."""
    from importer.web.safe_settings import check_safe
    from importer.web.server import check_installed, offer_links, prepare

    del verbose  # the logs are set up by now
    check_installed()
    if hash_password:
        typer.echo(_hash_of_asked())
        return
    from importer.web.work.environments import PageEnvironments

    silence()
    workspace = current_workspace(config, sandbox=sandbox)
    settings = workspace.load_settings(config)
    if port is not None:
        settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": port})})
    check_safe(settings.web)
    workspace.make()
    serving = prepare(PageEnvironments(workspace, settings, sandbox, config, new_ledger))
    say(f"The page of {workspace.described()} is at {serving.url}. Ctrl-C ends it; what is being sent goes on.", err=True)
    for note in serving.notes:
        say(note, err=True)
    if serving.link:
        say("Open this link, which works once. Enter shows another one.", err=True)
        offer_links(serving, say)
    serving.run()


def _hash_of_asked() -> str:
    """Ask twice for a password, and return its hash. Raises UsageError without a terminal, or if the answers differ."""
    from importer.web.login.passwords import hashed

    dialogue = TerminalDialogue()
    if not sys.stdin.isatty():
        raise UsageError("A password is typed at a terminal, so that it is not shown. Run this at a terminal.")
    password = dialogue.ask_secret("Password: ")
    if dialogue.ask_secret("The same password again: ") != password:
        raise UsageError("The two passwords differ. Nothing was printed; try again.")
    return hashed(password)
