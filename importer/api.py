"""The importer from Python: the same as the commands, with DataFrames as sources too."""

from __future__ import annotations

import asyncio
import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import pandas as pd
import structlog

from importer.commands.check import check as _check
from importer.domain.special_cells import cell_text
from importer.errors import UsageError
from importer.loader.files.reader import ReadOptions, open_source
from importer.loader.profile import Profile
from importer.reporter.notes import sentence
from importer.settings import Settings
from importer.workspace.discovery import find_workspace
from importer.workspace.environment import open_environment
from importer.workspace.events import Event
from importer.workspace.expectation import expectation
from importer.workspace.ledger_guard import refuse_second_ledger
from importer.workspace.request import ImportRequest, find_profiles
from importer.workspace.result import RunResult
from importer.workspace.workspace import Workspace

SourceArgument = str | Path | pd.DataFrame
"""A source as an argument: the path of a file or folder, or a DataFrame of cases (flat or not)."""


def run(
    *sources: SourceArgument,
    vouchers: pd.DataFrame | None = None,
    workspace: str | Path | None = None,
    sandbox: bool = False,
    dry_run: bool = False,
    yes: bool = False,
    profile: str | Profile | None = None,
    output: str | Path | None = None,
    test_cases: bool = False,
    expect_rows: int | None = None,
    expect_totals: Mapping[str, Decimal | str] | None = None,
    stop_at_quota: bool = False,
    new_ledger: bool = False,
    settings: Settings | None = None,
) -> RunResult:
    """Import files, or a DataFrame of cases (flat or not) with an optional one of vouchers.

    The ``workspace`` is the folder of the settings file, the ledger, the profiles and the output; by default it is found as
    the command finds it. Paths among the arguments are relative to the working directory, those in settings to the workspace.

    A live run needs ``yes=True``, as the command does without a terminal. The first one with a new ledger needs
    ``new_ledger=True`` too: what was sent for the account with another ledger is not known in it. Without a ``profile``
    each source is read with the one in ``profiles/`` that lists its headings; ``"none"`` reads it without any.
    ``expect_rows`` and ``expect_totals`` (by currency) refuse sources that do not hold them. A run waits for a quota that
    is used up, for hours if need be, unless ``stop_at_quota``.

    Raises ImporterError before anything is sent; once sending has begun, how it ended is in the result: ``exit_code``,
    ``reports`` and ``messages``.
    """
    place = find_workspace(sandbox=sandbox) if workspace is None else Workspace.at(_path(workspace, "workspace"))
    frames = _named_frames(sources, vouchers)
    chosen, profile_set = find_profiles(profile, place)
    for problem in profile_set.broken:
        warnings.warn(problem, stacklevel=2)
    paths = tuple(_path(source, "source") for source in sources if not isinstance(source, pd.DataFrame))
    if not paths and not frames:
        raise UsageError("There is nothing to import. Give a path or a DataFrame.")
    request = ImportRequest(
        place,
        paths,
        frames=frames,
        profile=chosen,
        profile_set=profile_set,
        output=None if output is None else _path(output, "output"),
        test_cases=test_cases,
        stop_at_quota=stop_at_quota,
        confirmed=yes,
        new_ledger=new_ledger,
        expected=expectation(expect_rows, [f"{code}={total}" for code, total in (expect_totals or {}).items()]),
    )
    _quieten_logs()
    return _beside_a_running_loop(partial(_import, request, settings, sandbox=sandbox, dry_run=dry_run))


def check(
    *sources: SourceArgument,
    vouchers: pd.DataFrame | None = None,
    workspace: str | Path | None = None,
    sandbox: bool = False,
    profile: str | Profile | None = None,
    output: str | Path | None = None,
    expect_rows: int | None = None,
    expect_totals: Mapping[str, Decimal | str] | None = None,
    settings: Settings | None = None,
) -> RunResult:
    """Validate sources and write the same sheets; nothing is sent or recorded. The arguments are those of :func:`run`."""
    return run(
        *sources,
        vouchers=vouchers,
        workspace=workspace,
        sandbox=sandbox,
        dry_run=True,
        profile=profile,
        output=output,
        expect_rows=expect_rows,
        expect_totals=expect_totals,
        settings=settings,
    )


def _import(request: ImportRequest, settings: Settings | None, *, sandbox: bool, dry_run: bool) -> RunResult:
    chosen = settings or request.workspace.load_settings()
    with open_environment(request.workspace, chosen, sandbox=sandbox, serving=not dry_run) as environment:
        refuse_second_ledger(environment)
        if dry_run:
            return _check(request, environment)
        from importer.commands.run import run as _run  # what sends is loaded only by a run that may send

        return _run(request, environment, _Silent())


def _path(given: str | Path, what: str) -> Path:
    """Return the path of an argument. Raises UsageError for an empty text, which would mean the working directory."""
    if isinstance(given, str) and not given.strip():
        raise UsageError(f"The path given as {what} is empty. Write it out, or leave the argument out.")
    return Path(given)


def _beside_a_running_loop(work: Callable[[], RunResult]) -> RunResult:
    """Do the work, in another thread if an event loop is running in this one (in a notebook, in a server).

    The work runs event loops of its own, and one thread cannot run two.
    """
    if not _loop_is_running():
        return work()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="importer") as pool:
        return pool.submit(work).result()


@dataclass(frozen=True, slots=True)
class Table:
    """A file as text: for each sheet its rows as (row number that Excel shows, cells). ``notes`` are sentences."""

    name: str
    format: str
    sha256: str
    encoding: str | None
    delimiter: str | None
    sheets: dict[str, list[tuple[int, list[str]]]]
    notes: tuple[str, ...] = ()


def read_table(path: Path, options: ReadOptions | None = None) -> Table:
    """Read a file whole into text cells, as a person would type them. Raises FileRefused if it cannot be read for certain."""
    with open_source(path, options or ReadOptions()) as source:
        sheets = {
            sheet.name: [(row, [cell_text(cell) for cell in cells]) for row, cells in sheet.rows()] for sheet in source.sheets
        }
        notes = tuple(map(sentence, source.notes))
        return Table(source.name, source.format, source.sha256, source.encoding, source.delimiter, sheets, notes)


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _quieten_logs() -> None:
    """Show warnings alone, on stderr, unless the program has configured structlog: by default it prints every attempt."""
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )


def _named_frames(sources: tuple[SourceArgument, ...], vouchers: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Return the DataFrames by the names of the sheets that they replace. Raises UsageError for a second one of cases."""
    frames = [source for source in sources if isinstance(source, pd.DataFrame)]
    if len(frames) > 1:
        raise UsageError("Give one DataFrame of cases, and the vouchers as vouchers=.")
    named = dict(zip(("Cases",), frames, strict=False))
    return named if vouchers is None else named | {"Vouchers": vouchers}


class _Silent:
    """A console without a user who could be asked: a live run needs ``yes=True``."""

    def warn(self, text: str) -> None:
        """Issue a warning for the caller's code."""
        warnings.warn(text, stacklevel=2)

    def note(self, text: str) -> None:
        del text

    def present(self, text: str) -> None:
        del text

    def introduce(self, text: str) -> None:
        del text

    def require_answer(self, question: str) -> None:
        self.confirm(question)

    def confirm(self, question: str) -> bool:
        """Raise UsageError, because nobody can answer."""
        raise UsageError(f"{question} Pass yes=True to send, or dry_run=True to look first.")

    def decide(self, question: str, advice: str) -> bool:
        raise UsageError(f"{question} {advice}")

    def progress(self, total: int) -> AbstractContextManager[None]:
        del total
        return nullcontext()

    def show(self, event: Event) -> None:
        del event


__all__ = ["RunResult", "check", "read_table", "run"]
