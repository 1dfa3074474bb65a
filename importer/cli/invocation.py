"""One invocation of a command: its workspace, environment and request, and how its result is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from importer.cli.logs.command import silence
from importer.cli.terminal import say
from importer.cli.workspace_option import named_workspace
from importer.errors import ExitCode

if TYPE_CHECKING:
    from importer.workspace.environment import Environment
    from importer.workspace.request import ImportRequest
    from importer.workspace.result import RunResult
    from importer.workspace.workspace import Workspace


def current_workspace(config: Path | None = None, *, sandbox: bool = False) -> Workspace:
    """Find the workspace of this invocation, by ``--workspace`` or from the working directory. Raises UsageError."""
    from importer.workspace.discovery import find_workspace

    return find_workspace(named_workspace(), sandbox=sandbox).with_config(config)


@contextmanager
def environment_of(config: Path | None, *, sandbox: bool, serving: bool = True) -> Iterator[Environment]:
    """Open the environment of the current workspace. Without ``serving`` the embedded sandbox is not started.

    A command that may send requests logs nothing unless it is asked to.
    """
    from importer.workspace.environment import open_environment
    from importer.workspace.ledger_guard import refuse_second_ledger
    from importer.workspace.operator_log import log_event

    if serving:
        silence()
    workspace = current_workspace(config, sandbox=sandbox)
    try:
        with open_environment(workspace, workspace.load_settings(config), sandbox=sandbox, serving=serving) as environment:
            refuse_second_ledger(environment)
            log_event("workspace", **environment.names())
            yield environment
    except KeyboardInterrupt:  # typer would end without a message
        typer.echo("Interrupted.", err=True)
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None


def import_request(
    paths: list[Path],
    profile: str | None,
    output: Path | None,
    *,
    sandbox: bool = False,
    test_cases: bool = False,
    yes: bool = False,
    rows: int | None = None,
    totals: list[str] | None = None,
    stop_at_quota: bool = False,
    gates: tuple[int | None, str | None, str | None, int | None] = (None, None, None, None),
    new_ledger: bool = False,
    list_is_current: bool = False,
    documents: Path | None = None,
) -> ImportRequest:
    """Return the request of ``run`` and ``check``. ``gates`` are the values of their options.

    Profiles that cannot be read are reported on stderr. Raises ProfileError if the ``profile`` that is named is one of them.
    """
    from importer.workspace.approval import gates as gates_of
    from importer.workspace.expectation import expectation
    from importer.workspace.request import ImportRequest, find_profiles

    workspace = current_workspace(sandbox=sandbox)
    chosen, profile_set = find_profiles(profile, workspace)
    for sentence in profile_set.broken:
        say(sentence, err=True)
    return ImportRequest(
        workspace,
        tuple(paths),
        profile=chosen,
        profile_set=profile_set,
        output=output,
        test_cases=test_cases,
        stop_at_quota=stop_at_quota,
        confirmed=yes,
        new_ledger=new_ledger,
        list_is_current=list_is_current,
        expected=expectation(rows, totals or ()),
        gates=gates_of(*gates),
        documents=documents,
    )


def show_result(result: RunResult, *, as_json: bool) -> None:
    """Print the result of a run and end the command with its exit code."""
    if as_json:
        print_json(_as_json(result))
        _say_all((sentence for report in result.reports for sentence in report.kept), err=True)
    else:
        _say_all(_texts(result))
    shown = set(result.review.unreadable) if result.review and not as_json else set[str]()
    _say_all((message for message in result.messages if message not in shown), err=bool(result.reports) or as_json)
    raise typer.Exit(int(result.exit_code))


def _say_all(texts: Iterable[str], *, err: bool = False) -> None:
    for text in texts:
        say(text, err=err)


def _texts(result: RunResult) -> list[str]:
    """Return the review of a check, or the report of each file."""
    if result.review is None:
        return ["\n".join(report.text) for report in result.reports]
    from importer.reporter.review.terminal import closing_lines, review_lines

    folders = [report.folder for report in result.reports]
    return ["\n".join([*review_lines(result.review), *closing_lines(result.review, folders, result.review_file)])]


def _as_json(result: RunResult) -> list[dict[str, Any]]:
    """Return the summary of each file; that of a check has the review, with this file alone, too."""
    summaries = [report.summary.as_json() for report in result.reports]
    empty = [summary.as_json() for summary in result.empty]
    if result.review is None:
        return summaries + empty
    files = zip(summaries, result.review.files, strict=True)
    return [summary | {"review": replace(result.review, files=(file,)).as_json()} for summary, file in files] + empty


def print_json(value: object) -> None:
    """Print a value as JSON on stdout. Where that cannot show every letter, those outside ASCII are escaped, and none is lost."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    typer.echo(json.dumps(value, indent=2, ensure_ascii=encoding.casefold().replace("-", "") != "utf8"))
