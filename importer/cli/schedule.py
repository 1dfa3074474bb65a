"""The commands ``importer schedule``: give imports to the scheduler of the system, and run one."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from importer.cli.invocation import current_workspace, environment_of, show_result
from importer.cli.options import AsJson, Config, Quiet, SandboxFlag, Verbose
from importer.cli.terminal import TerminalConsole, TerminalDialogue, say
from importer.cli.workspace_option import CommandLine
from importer.scheduling.kinds import Kind

OneName = Annotated[str, typer.Argument(help="The schedule's name: NAME of [schedule.NAME].", show_default=False)]
AnyName = Annotated[str | None, typer.Argument(help="The schedule's name; by default all of the settings.", show_default=False)]
Agree = Annotated[bool, typer.Option("--yes", "-y", help="Agree to every question.")]

schedule_app = CommandLine(help="Imports that the scheduler of the system runs.", no_args_is_help=True)


def _dialogue() -> TerminalDialogue | None:
    return TerminalDialogue() if sys.stdin.isatty() else None


@schedule_app.command("install")
def install(
    name: AnyName = None,
    kind: Annotated[Kind | None, typer.Option("--kind", help="The scheduler; by default that of this machine.")] = None,
    system: Annotated[
        bool, typer.Option("--system", help="Give it to the scheduler of the machine, not of this user; that needs root.")
    ] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Show what would be written, and write nothing.")] = False,
    yes: Agree = False,
    config: Config = None,
) -> None:
    """Show what the scheduler of the system would be given, ask, and give it."""
    from importer.commands.schedule import InstallRequest, install_schedules

    workspace = current_workspace(config)
    request = InstallRequest(name, kind, system, config, only_print, yes)
    settings = workspace.load_settings(config)
    for line in install_schedules(request, workspace, settings, _dialogue(), say):
        say(line)


@schedule_app.command("show")
def show(name: AnyName = None, config: Config = None) -> None:
    """Show where schedules are installed, their next and last runs, and what differs from the settings."""
    from importer.commands.schedule import show_schedules

    workspace = current_workspace(config)
    lines, code = show_schedules(name, workspace, workspace.load_settings(config), config)
    for line in lines:
        say(line)
    raise typer.Exit(int(code))


@schedule_app.command("remove")
def remove(name: OneName, yes: Agree = False, config: Config = None) -> None:
    """Take a schedule away from the scheduler of the system."""
    from importer.commands.schedule import remove_schedule

    for line in remove_schedule(name, current_workspace(config), _dialogue(), yes=yes):
        say(line)


@schedule_app.command("run-now")
def run_now(
    name: OneName,
    sandbox: SandboxFlag = False,
    as_json: AsJson = False,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Run a schedule as the scheduler would: without a question, with the exit codes of `run`."""
    from importer.commands.run_schedule import run_schedule, schedule_named
    from importer.notify.night import night

    schedule_named(current_workspace(config, sandbox=sandbox).load_settings(config), name)  # before a sandbox is started for it
    console = TerminalConsole(quiet=quiet, verbose=verbose, yes=True)
    with environment_of(config, sandbox=sandbox) as environment, night(environment, console) as report:
        result = report.result(run_schedule(name, environment, console))
    show_result(result, as_json=as_json)
