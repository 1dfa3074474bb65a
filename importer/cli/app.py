"""The commands with their options. What they do is in ``commands``; each is imported when it is called."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer import __version__
from importer.cli.adopt import adopt
from importer.cli.approval import register
from importer.cli.dragged import dragged
from importer.cli.invocation import current_workspace, environment_of, import_request, print_json, show_result
from importer.cli.ledger import ledger_app
from importer.cli.logs.command import logged
from importer.cli.mapping import map_sheet, with_answers
from importer.cli.night import Notify, reported, summary
from importer.cli.options import (
    AsJson,
    Batch,
    Config,
    Confirm,
    Documents,
    ExpectRows,
    ExpectTotals,
    LeaveSending,
    Limit,
    ListIsCurrent,
    MaxDropped,
    MaxRejected,
    NewLedger,
    OutputDir,
    Paths,
    ProfileName,
    Quiet,
    SandboxFlag,
    StandBy,
    StopAtQuota,
    Verbose,
    Yes,
)
from importer.cli.resolution import resolve
from importer.cli.schedule import schedule_app
from importer.cli.serve import serve
from importer.cli.setup import setup_app
from importer.cli.terminal import TerminalConsole, say
from importer.cli.watch import watch
from importer.cli.worker import worker_app
from importer.cli.workspace_option import CommandLine
from importer.commands.finding import Finding
from importer.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from importer.workspace.environment import Environment
    from importer.workspace.request import ImportRequest
    from importer.workspace.result import RunResult

app = CommandLine(
    name="importer",
    help="Spreadsheets in, collection cases and vouchers out, and a sheet that says what became of every row.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(setup_app)
app.add_typer(ledger_app, name="ledger")
app.add_typer(schedule_app, name="schedule")
app.add_typer(worker_app, name="worker")
config_app = CommandLine(help="Settings.", no_args_is_help=True)
app.add_typer(config_app, name="config")


@app.command()
def run(
    paths: Paths,
    sandbox: SandboxFlag = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and validate only, as `check` does.")] = False,
    yes: Yes = False,
    profile: ProfileName = None,
    output: OutputDir = None,
    documents: Documents = None,
    as_json: AsJson = False,
    test_cases: Annotated[bool, typer.Option("--test-cases", help="Send every case as a test case.")] = False,
    expect_rows: ExpectRows = None,
    expect_total: ExpectTotals = None,
    confirm: Confirm = None,
    max_rejected: MaxRejected = None,
    max_dropped: MaxDropped = None,
    limit: Limit = None,
    stop_at_quota: StopAtQuota = False,
    leave_sending: LeaveSending = False,
    new_ledger: NewLedger = False,
    list_is_current: ListIsCurrent = False,
    notify: Notify = False,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Import spreadsheets: validate, send, report. A rerun sends only what is missing."""
    console = TerminalConsole(quiet=quiet, verbose=verbose, yes=yes)
    request = import_request(
        *(paths, profile, output),
        sandbox=sandbox,
        test_cases=test_cases,
        yes=yes,
        rows=expect_rows,
        totals=expect_total,
        stop_at_quota=stop_at_quota,
        gates=(confirm, max_rejected, max_dropped, limit),
        new_ledger=new_ledger,
        list_is_current=list_is_current,
    )
    with environment_of(config, sandbox=sandbox, serving=not dry_run) as environment:
        request = replace(request, documents=documents, leaves_sending=leave_sending)
        request = with_answers(request, environment, asks=not (yes or as_json), sends=not dry_run)
        result = _checked_or_run(request, environment, console, checks=dry_run, notify=notify)
    show_result(result, as_json=as_json)


def _checked_or_run(
    request: ImportRequest, environment: Environment, console: TerminalConsole, *, checks: bool, notify: bool
) -> RunResult:
    if checks:
        from importer.commands.check import check

        return check(request, environment)
    from importer.commands.run import run

    return reported(partial(run, request, environment, console), environment, console, notify=notify)


@app.command()
@logged
def check(
    paths: Paths,
    sandbox: SandboxFlag = False,
    profile: ProfileName = None,
    output: OutputDir = None,
    documents: Documents = None,
    as_json: AsJson = False,
    expect_rows: ExpectRows = None,
    expect_total: ExpectTotals = None,
    list_is_current: ListIsCurrent = False,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Show what an import would do, with a review and the same sheets; nothing is sent or recorded."""
    from importer.commands.check import check

    del quiet  # accepted because `run` accepts it; a check shows no progress
    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        request = import_request(
            *(paths, profile, output),
            sandbox=sandbox,
            rows=expect_rows,
            totals=expect_total,
            documents=documents,
            list_is_current=list_is_current,
        )
        result = check(with_answers(request, environment, asks=not as_json), environment)
    show_result(result, as_json=as_json)


app.command("map")(logged(map_sheet))


@app.command()
def resume(
    sandbox: SandboxFlag = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accepted as in `run`; `resume` asks nothing.")] = False,
    output: OutputDir = None,
    as_json: AsJson = False,
    stop_at_quota: StopAtQuota = False,
    stand_by: StandBy = False,
    notify: Notify = False,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Go on with whatever is unfinished: send what is pending, settle what is in doubt."""
    from importer.commands.resume import resume
    from importer.commands.stand_by import stand_by as resume_later

    del yes  # what is sent was confirmed when it was taken in
    console = TerminalConsole(quiet=quiet, verbose=verbose, yes=True)
    with environment_of(config, sandbox=sandbox) as environment:
        work = partial(resume_later if stand_by else resume, environment, console, output, stop_at_quota=stop_at_quota)
        result = reported(work, environment, console, notify=notify)
    show_result(result, as_json=as_json)


@app.command()
def status(
    only_open: Annotated[
        bool,
        typer.Option("--open", help="Show only open batches, of which something is left to do."),
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Show every batch, also those of files without rows.")] = False,
    sandbox: SandboxFlag = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show what is unfinished, the newest batches in the ledger, and what is left of the quotas."""
    from importer.commands.status import StatusView, ledger_status

    if only_open and every:
        raise UsageError("Give --open or --all, not both.")
    view = StatusView.OPEN if only_open else StatusView.ALL if every else StatusView.USUAL
    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        found = ledger_status(environment, view)
    if as_json:
        print_json(found.as_json())
    else:
        say("\n".join(found.lines()))


@app.command()
@logged
def report(
    batch: Batch,
    sandbox: SandboxFlag = False,
    output: OutputDir = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Write a batch's sheets again, as things stand now."""
    from importer.commands.report import rebuild_report

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        result = rebuild_report(environment, batch, output)
    show_result(result, as_json=as_json)


register(app)


app.command()(summary)


@app.command()
def template(
    directory: Annotated[Path, typer.Argument(help="Where to write them.")] = Path("templates"),
    drop_target: Annotated[
        bool, typer.Option("--drop-target", help="Write import.cmd instead, on which spreadsheets are dropped on Windows.")
    ] = False,
) -> None:
    """Write the workbook and CSV templates and an example workbook."""
    from importer.templates import write_templates

    if drop_target:
        from importer.scheduling.command import importer_command
        from importer.templates.drop_target import write_drop_target

        typer.echo(str(write_drop_target(directory, importer_command(), str(current_workspace().root.absolute()))))
        return
    for path in write_templates(directory):
        typer.echo(str(path))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 takes a free one.")] = 8085,
    data: Annotated[Path | None, typer.Option("--data", help="Keep cases and vouchers in this file.")] = None,
    faults: Annotated[str | None, typer.Option("--faults", help="A fault plan: JSON, or the path of a JSON file.")] = None,
    limits: Annotated[bool, typer.Option("--limits", help="Enforce the documented rate limits.")] = False,
    chosen: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change what the documentation leaves open; may be repeated."),
    ] = None,
    show_settings: Annotated[bool, typer.Option("--settings", help="Show what --set can change, and end.")] = False,
) -> None:
    """Run both APIs on this machine until interrupted."""
    from importer.commands.sandbox import described_settings, sandbox_settings, welcome
    from importer.sandbox import serve_forever

    settings = sandbox_settings(port, data, faults, limits=limits, chosen=chosen or ())
    if show_settings:
        typer.echo(described_settings())
    else:
        serve_forever(settings, lambda url: typer.echo(welcome(url, settings)))


@app.command()
def doctor(
    probe: Annotated[
        bool, typer.Option("--probe", help="Find out with a test case, which is deleted again, how the API treats repeats.")
    ] = False,
    wait: Annotated[
        float, typer.Option("--wait", metavar="MINUTES", min=0, max=60, help="With --probe: the age of a key to prove.")
    ] = 0,
    sandbox: SandboxFlag = False,
    config: Config = None,
) -> None:
    """Check the settings, the ledger and both APIs, and say what to do about each fault."""
    from importer.commands.doctor import diagnose

    findings = []
    with environment_of(config, sandbox=sandbox) as environment:
        for finding in diagnose(environment):
            findings.append(finding)
            _show_finding(finding)
        if probe:
            from importer.commands.probe import probe as try_account

            for finding in try_account(environment, wait * 60, TerminalConsole(quiet=False, verbose=False, yes=False)):
                findings.append(finding)
                _show_finding(finding)
    raise typer.Exit(int(max((f.exit_code for f in findings), default=ExitCode.OK)))


def _show_finding(finding: Finding) -> None:
    typer.echo(finding.line())


app.command()(logged(resolve))


app.command()(dragged)


app.command()(logged(adopt))


app.command()(watch)


app.command()(serve)


@config_app.command("show")
def config_show(config: Config = None) -> None:
    """Show the settings in force; secrets only as set or missing."""
    from importer.commands.config import settings_lines

    typer.echo("\n".join(settings_lines(current_workspace(config).load_settings(config))))


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"importer {__version__}")
        raise typer.Exit
