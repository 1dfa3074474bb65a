"""What a night reports: ``importer summary``, and the option ``--notify`` of the commands that import."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.invocation import environment_of, print_json
from importer.cli.options import Config, SandboxFlag
from importer.cli.terminal import TerminalConsole, say

if TYPE_CHECKING:
    from importer.workspace.environment import Environment
    from importer.workspace.result import RunResult

Notify = Annotated[
    bool, typer.Option("--notify", help="Report the run by the settings of [notify] and [expect], for schedulers of your own.")
]


def reported(work: Callable[[], RunResult], environment: Environment, console: TerminalConsole, *, notify: bool) -> RunResult:
    """Do the work of a command, and report it if ``notify``."""
    if not notify:
        return work()
    from importer.notify.night import night

    with night(environment, console) as report:
        return report.result(work())


def summary(
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="MOMENT",
            help="Since when: 2026-03-02, 24h or 7d; by default since the last summary that was sent, or for 24 hours.",
            show_default=False,
        ),
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it to the addresses of [notify] as well.")] = False,
    sandbox: SandboxFlag = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    config: Config = None,
) -> None:
    """Show what became of the files since the last summary, and what waits for whom; with --send, send it."""
    from importer.commands.summary import summarize_morning

    console = TerminalConsole(quiet=False, verbose=0, yes=True)
    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        found = summarize_morning(environment, console, since, send=send)
    if as_json:
        print_json(found.summary.as_json())
    else:
        say("\n".join(found.summary.lines()))
    raise typer.Exit(int(found.exit_code))
