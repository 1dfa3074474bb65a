"""One invocation of a command: its workspace, environment and request, and how its result is printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from importer.cli.terminal import say, set_up_logs
from importer.errors import ExitCode

if TYPE_CHECKING:
    from importer.workspace.environment import Environment
    from importer.workspace.request import ImportRequest
    from importer.workspace.result import RunResult
    from importer.workspace.workspace import Workspace


def current_workspace() -> Workspace:
    """Return the workspace of a command, which is the working directory."""
    from importer.workspace.workspace import Workspace

    return Workspace.at(None)


@contextmanager
def environment_of(config: Path | None, *, sandbox: bool, serving: bool = True) -> Iterator[Environment]:
    """Open the environment of the current workspace. Without ``serving`` the embedded sandbox is not started.

    A command that may send requests, and has no console of its own, logs errors only.
    """
    from importer.workspace.environment import open_environment

    if serving:
        _log_errors_only()
    workspace = current_workspace()
    try:
        with open_environment(workspace, workspace.load_settings(config), sandbox=sandbox, serving=serving) as environment:
            yield environment
    except KeyboardInterrupt:  # typer would end without a message
        typer.echo("Interrupted.", err=True)
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None


def _log_errors_only() -> None:
    import structlog

    if not structlog.is_configured():
        set_up_logs(0)


def import_request(
    paths: list[Path],
    profile: str | None,
    output: Path | None,
    *,
    test_cases: bool = False,
    yes: bool = False,
    rows: int | None = None,
    totals: list[str] | None = None,
    stop_at_quota: bool = False,
) -> ImportRequest:
    """Return the request of ``run`` and ``check``.

    Profiles that cannot be read are reported on stderr. Raises ProfileError if the ``profile`` that is named is one of them.
    """
    from importer.workspace.expectation import expectation
    from importer.workspace.request import ImportRequest, find_profiles

    workspace = current_workspace()
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
        expected=expectation(rows, totals or ()),
    )


def show_result(result: RunResult, *, as_json: bool) -> None:
    """Print the result of a run and end the command with its exit code."""
    if as_json:
        print_json(_as_json(result))
    elif result.review is not None:
        from importer.reporter.review.terminal import closing_lines, review_lines

        folders = [report.folder for report in result.reports]
        say("\n".join([*review_lines(result.review), *closing_lines(result.review, folders, result.review_file)]))
    else:
        for report in result.reports:
            say("\n".join(report.text))
    shown = set(result.review.unreadable) if result.review and not as_json else set[str]()
    for message in result.messages:
        if message not in shown:
            say(message, err=bool(result.reports) or as_json)
    raise typer.Exit(int(result.exit_code))


def _as_json(result: RunResult) -> list[dict[str, Any]]:
    """Return the summary of each file; that of a check has the review, with this file alone, too."""
    summaries = [report.summary.as_json() for report in result.reports]
    if result.review is None:
        return summaries
    files = zip(summaries, result.review.files, strict=True)
    return [summary | {"review": replace(result.review, files=(file,)).as_json()} for summary, file in files]


def print_json(value: object) -> None:
    """Print a value as JSON on stdout."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
