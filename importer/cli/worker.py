"""The commands ``importer worker``: run a worker, give it files, and show how the workers are."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.invocation import environment_of, print_json
from importer.cli.logs.command import silence
from importer.cli.options import AsJson, Config, ProfileName, Quiet
from importer.cli.terminal import TerminalConsole, say
from importer.cli.workspace_option import CommandLine, named_workspace

Jobs = Annotated[int, typer.Option("--jobs", min=1, max=64, help="How many files and accounts it works on at a time.")]
Folders = Annotated[
    list[Path] | None,
    typer.Argument(help="The workspaces that it serves; by default the one of the working directory.", show_default=False),
]
Files = Annotated[list[Path], typer.Argument(help="Files that the worker can read under the same path.", show_default=False)]

worker_app = CommandLine(help="Workers for a ledger on a server: they take in files and send.", no_args_is_help=True)


@worker_app.command("run")
def run_worker(folders: Folders = None, jobs: Jobs = 4, config: Config = None, quiet: Quiet = False) -> None:
    """Take in files and send for the accounts of some workspaces, until it is stopped; another worker goes on then."""
    from importer.worker.tables import require_extra

    require_extra()
    from importer.worker.accounts import served_workspaces
    from importer.worker.requests import prepared_arguments
    from importer.worker.serving import Worker

    silence()
    console = TerminalConsole(quiet=quiet, verbose=0, yes=True)
    with served_workspaces(folders or [named_workspace()], config) as served:
        arguments = prepared_arguments(served[0].environment.ledger_url, "importer worker")
        asyncio.run(Worker(served, console, jobs).run(arguments))


@worker_app.command("take-in")
def take_in(files: Files, profile: ProfileName = None, config: Config = None) -> None:
    """Give files to the workers, which record them as `run --yes` does, and send what is approved."""
    from importer.worker.tables import require_extra

    require_extra()
    from importer.worker.accounts import served_workspaces
    from importer.worker.requests import add_files

    options = [] if profile is None else ["--profile", profile]
    with served_workspaces([named_workspace()], config) as (served,):
        added = asyncio.run(add_files(served, files, options))
    say(f"{len(added)} of {len(files)} file(s) added; the others wait already.")


@worker_app.command("status")
def status(as_json: AsJson = False, config: Config = None) -> None:
    """Show the workers and their jobs."""
    from importer.worker.tables import require_extra

    require_extra()
    from importer.ledger.storage.location import require_ledger
    from importer.worker.requests import workers_status

    with environment_of(config, sandbox=False, serving=False) as environment:
        require_ledger(environment.ledger_url)
        found = asyncio.run(workers_status(environment.ledger_url))
    if as_json:
        print_json(found.as_json())
    else:
        say("\n".join(found.lines()))
