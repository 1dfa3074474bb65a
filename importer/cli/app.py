"""The commands with their options. What they do is in ``commands``; each is imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from importer import __version__
from importer.cli.invocation import current_workspace, environment_of, import_request, print_json, show_result
from importer.cli.options import (
    AsJson,
    Config,
    ExpectRows,
    ExpectTotals,
    OutputDir,
    Paths,
    ProfileName,
    Quiet,
    Sandbox,
    StopAtQuota,
    Verbose,
    Yes,
)
from importer.cli.terminal import TerminalConsole, TerminalDialogue, say
from importer.errors import ExitCode, UsageError

app = typer.Typer(
    name="importer",
    help="Spreadsheets in, collection cases and vouchers out, and a sheet that says what became of every row.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ledger_app = typer.Typer(help="The ledger's backups.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")
config_app = typer.Typer(help="Settings.", no_args_is_help=True)
app.add_typer(config_app, name="config")


@app.command()
def run(
    paths: Paths,
    sandbox: Sandbox = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and validate only, as `check` does.")] = False,
    yes: Yes = False,
    profile: ProfileName = None,
    output: OutputDir = None,
    as_json: AsJson = False,
    test_cases: Annotated[bool, typer.Option("--test-cases", help="Send every case as a test case.")] = False,
    expect_rows: ExpectRows = None,
    expect_total: ExpectTotals = None,
    stop_at_quota: StopAtQuota = False,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Import spreadsheets: validate, send, report. A rerun sends only what is missing."""
    console = TerminalConsole(quiet=quiet, verbose=verbose, yes=yes)
    request = import_request(
        paths, profile, output, test_cases=test_cases, yes=yes, rows=expect_rows, totals=expect_total, stop_at_quota=stop_at_quota
    )
    with environment_of(config, sandbox=sandbox, serving=not dry_run) as environment:
        if dry_run:
            from importer.commands.check import check

            result = check(request, environment)
        else:
            from importer.commands.run import run

            result = run(request, environment, console)
    show_result(result, as_json=as_json)


@app.command()
def check(
    paths: Paths,
    sandbox: Sandbox = False,
    profile: ProfileName = None,
    output: OutputDir = None,
    as_json: AsJson = False,
    expect_rows: ExpectRows = None,
    expect_total: ExpectTotals = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Validate spreadsheets and write the same sheets; nothing is sent or recorded."""
    from importer.commands.check import check

    del quiet, verbose  # accepted because `run` accepts them; a check shows no progress and logs nothing
    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        result = check(import_request(paths, profile, output, rows=expect_rows, totals=expect_total), environment)
    show_result(result, as_json=as_json)


@app.command("map")
def map_sheet(
    file: Annotated[Path, typer.Argument(help="A spreadsheet of the kind that you want to import.", show_default=False)],
    profile: Annotated[str | None, typer.Option("--profile", help="The profile's name; by default after the file's.")] = None,
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
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take what is sure, leave out the rest, ask nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a profile that is there.")] = False,
    config: Config = None,
) -> None:
    """Propose a profile for a file, ask about what is unsure, and write it."""
    from importer.commands.map import MapRequest, map_file, values_set

    said = values_set(constants or ())
    workspace = current_workspace()
    request = MapRequest(
        *(file, profile, sheet, holds, said, decimal, date_format),
        only_sure=yes,
        replace=replace,
        folders=workspace.profile_folders,
    )
    dialogue = TerminalDialogue() if sys.stdin.isatty() else None
    mapped = map_file(request, workspace.load_settings(config), dialogue, say)
    for line in mapped.lines:
        say(line, err=mapped.exit_code is not ExitCode.OK)
    raise typer.Exit(int(mapped.exit_code))


@app.command()
def resume(
    sandbox: Sandbox = False,
    output: OutputDir = None,
    as_json: AsJson = False,
    stop_at_quota: StopAtQuota = False,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Go on with whatever is unfinished: send what is pending, settle what is in doubt."""
    from importer.commands.resume import resume

    console = TerminalConsole(quiet=quiet, verbose=verbose, yes=True)
    with environment_of(config, sandbox=sandbox) as environment:
        result = resume(environment, console, output, stop_at_quota=stop_at_quota)
    show_result(result, as_json=as_json)


@app.command()
def status(sandbox: Sandbox = False, as_json: AsJson = False, config: Config = None) -> None:
    """Show the batches in the ledger, what is unfinished, and what is left of the quotas."""
    from importer.commands.status import ledger_status

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        found = ledger_status(environment)
    if as_json:
        print_json(found.as_json())
    else:
        say("\n".join(found.lines()))


@app.command()
def report(
    batch: Annotated[int, typer.Argument(help="The batch's number, as `importer status` shows it.")],
    sandbox: Sandbox = False,
    output: OutputDir = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Write a batch's sheets again, as things stand now."""
    from importer.commands.report import rebuild_report

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        result = rebuild_report(environment, batch, output)
    show_result(result, as_json=as_json)


@app.command()
def template(
    directory: Annotated[Path, typer.Argument(help="Where to write them.")] = Path("templates"),
) -> None:
    """Write the workbook and CSV templates and an example workbook."""
    from importer.templates import write_templates

    for path in write_templates(directory):
        typer.echo(str(path))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 takes a free one.")] = 8085,
    data: Annotated[Path | None, typer.Option("--data", help="Keep cases and vouchers in this file.")] = None,
    faults: Annotated[str | None, typer.Option("--faults", help="A fault plan: JSON, or the path of a JSON file.")] = None,
    limits: Annotated[bool, typer.Option("--limits", help="Enforce the documented rate limits.")] = False,
) -> None:
    """Run both APIs on this machine until interrupted."""
    from importer.commands.sandbox import sandbox_settings, welcome
    from importer.sandbox import serve_forever

    serve_forever(sandbox_settings(port, data, faults, limits=limits), lambda url: typer.echo(welcome(url)))


@app.command()
def doctor(sandbox: Sandbox = False, config: Config = None) -> None:
    """Check the settings, the ledger and both APIs, and say what to do about each fault."""
    from importer.commands.doctor import diagnose

    with environment_of(config, sandbox=sandbox) as environment:
        findings = diagnose(environment)
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.good else 'FAIL'}  {finding.text}")
    raise typer.Exit(int(max((f.exit_code for f in findings), default=ExitCode.OK)))


@app.command()
def resolve(
    entry: Annotated[str, typer.Argument(help="The entry, as #entry of an error sheet names it.")],
    exists: Annotated[str | None, typer.Option("--exists", metavar="ID", help="It is there, with this id.")] = None,
    absent: Annotated[bool, typer.Option("--absent", help="It is not there: send it.")] = False,
    send: Annotated[bool, typer.Option("--send", help="A questioned entry is another claim: send it.")] = False,
    same_as: Annotated[
        str | None,
        typer.Option("--same-as", metavar="ENTRY", help="A questioned entry is the same as this entry, or as what has this id."),
    ] = None,
    although_listed: Annotated[
        bool, typer.Option("--although-listed", help="With --absent: what is listed and like it is another one.")
    ] = False,
    sandbox: Sandbox = False,
    config: Config = None,
) -> None:
    """Say what is true of an entry that is in doubt or held, or answer the question about one that was not sent."""
    from importer.commands.answer import answer
    from importer.commands.resolve import Resolution
    from importer.commands.resolve import resolve as settle

    given = [exists is not None, absent, send, same_as is not None]
    if given.count(True) != 1 or (although_listed and not absent):
        raise UsageError(
            "Say what is true. In doubt or held: --exists ID or --absent (and --although-listed if one like it is listed). "
            "Questioned: --send or --same-as ENTRY."
        )
    with environment_of(config, sandbox=sandbox) as environment:
        if send or same_as is not None:
            say(answer(environment, entry, same_as))
        else:
            say(settle(environment, entry, Resolution(exists, although_listed)))


@ledger_app.command("backup")
def ledger_backup(
    file: Annotated[Path, typer.Argument(help="A new file.")], sandbox: Sandbox = False, config: Config = None
) -> None:
    """Copy the ledger; a run may go on meanwhile."""
    from importer.commands.backup import back_up_ledger

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        back_up_ledger(environment, file)
    typer.echo(f"The ledger was copied to {file}.")


@ledger_app.command("trust")
def ledger_trust(sandbox: Sandbox = False, config: Config = None) -> None:
    """Treat a restored ledger as complete again, once everything sent since its backup has been imported again."""
    from importer.commands.backup import trust_ledger

    with environment_of(config, sandbox=sandbox, serving=False) as environment:
        restored = trust_ledger(environment)
    typer.echo("The ledger is trusted from now on." if restored else "The ledger was not restored from a backup.")


@config_app.command("show")
def config_show(config: Config = None) -> None:
    """Show the settings in force; secrets only as set or missing."""
    from importer.commands.config import settings_lines

    typer.echo("\n".join(settings_lines(current_workspace().load_settings(config))))


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"importer {__version__}")
        raise typer.Exit
