"""The importer from Python: the same as the commands, with DataFrames as sources too."""

from __future__ import annotations

import asyncio
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import structlog

from importer.commands.run import RunResult
from importer.commands.run import check as _check
from importer.commands.run import run as _run
from importer.dispatcher.sending.pipeline import Progress
from importer.domain.special_cells import cell_text
from importer.errors import UsageError
from importer.loader.files.reader import ReadOptions, open_source
from importer.loader.profile import Profile
from importer.loader.profiles.profile_file import PROFILE_FOLDERS
from importer.loader.profiles.recognition import EMPTY_SHELF
from importer.reporter.notes import sentence
from importer.settings import Settings, load_settings
from importer.workspace.environment import open_environment
from importer.workspace.expectation import expectation
from importer.workspace.request import Job, find_profiles

Source = str | Path | pd.DataFrame


def run(
    *sources: Source,
    vouchers: pd.DataFrame | None = None,
    sandbox: bool = False,
    dry_run: bool = False,
    yes: bool = False,
    profile: str | Profile | None = None,
    output: str | Path | None = None,
    test_cases: bool = False,
    expect_rows: int | None = None,
    expect_totals: Mapping[str, Decimal | str] | None = None,
    stop_at_quota: bool = False,
    settings: Settings | None = None,
) -> RunResult:
    """Import files, or a DataFrame of cases (flat or not) with an optional one of vouchers.

    A live run needs ``yes=True``, as the command does without a terminal. Without a ``profile`` each source is read with
    the one in ``profiles/`` that knows its headings; ``"none"`` reads it without any. ``expect_rows`` and
    ``expect_totals`` (by currency) refuse sources that do not hold them. A run waits for a quota that is used up, for
    hours if need be, unless ``stop_at_quota``.

    Raises ImporterError before anything is sent; once sending has begun, how it ended is in the result: ``exit_code``,
    ``reports`` and ``messages``.
    """
    job = replace(
        _job(sources, vouchers, profile, output, test_cases=test_cases, yes=yes),
        stop_at_quota=stop_at_quota,
        expected=expectation(expect_rows, [f"{code}={total}" for code, total in (expect_totals or {}).items()]),
    )
    _quieten_logs()

    def work() -> RunResult:
        with open_environment(settings or load_settings(), sandbox=sandbox) as environment:
            return _check(job, environment) if dry_run else _run(job, environment, _Silent())

    return _beside_the_running_loop(work) if _loop_is_running() else work()


def check(
    *sources: Source,
    vouchers: pd.DataFrame | None = None,
    sandbox: bool = False,
    profile: str | Profile | None = None,
    output: str | Path | None = None,
    expect_rows: int | None = None,
    expect_totals: Mapping[str, Decimal | str] | None = None,
    settings: Settings | None = None,
) -> RunResult:
    """Validate sources and write the same sheets; nothing is sent or recorded."""
    return run(
        *sources,
        vouchers=vouchers,
        sandbox=sandbox,
        dry_run=True,
        profile=profile,
        output=output,
        expect_rows=expect_rows,
        expect_totals=expect_totals,
        settings=settings,
    )


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


def _beside_the_running_loop(work: Callable[[], RunResult]) -> RunResult:
    """In a thread of its own: where a loop runs already (in a notebook, in a server) no second one can be run."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="importer") as pool:
        return pool.submit(work).result()


def _quieten_logs() -> None:
    """Without a choice of the program's own structlog prints every attempt on stdout."""
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )


def _job(
    sources: tuple[Source, ...],
    vouchers: pd.DataFrame | None,
    profile: str | Profile | None,
    output: str | Path | None,
    *,
    test_cases: bool,
    yes: bool,
) -> Job:
    frames = [source for source in sources if isinstance(source, pd.DataFrame)]
    named = dict(zip(("Cases",), frames, strict=False))
    if len(frames) > 1:
        raise UsageError("Give one DataFrame of cases, and the vouchers as vouchers=.")
    if vouchers is not None:
        named["Vouchers"] = vouchers
    if isinstance(profile, Profile):
        chosen, shelf = profile, EMPTY_SHELF
    else:
        chosen, shelf = find_profiles(profile, PROFILE_FOLDERS)
    for reason in shelf.broken:
        warnings.warn(reason, stacklevel=3)
    paths = tuple(Path(source) for source in sources if not isinstance(source, pd.DataFrame))
    if not paths and not named:
        raise UsageError("There is nothing to import. Give a path or a DataFrame.")
    where = Path(output) if output is not None else None
    return Job(paths=paths, frames=named, profile=chosen, shelf=shelf, output=where, test_cases=test_cases, confirmed=yes)


class _Silent:
    """Nobody to ask: a live run must have said yes beforehand."""

    has_bar = False

    def warn(self, text: str) -> None:
        warnings.warn(text, stacklevel=2)

    def note(self, text: str) -> None:
        del text

    def beside(self, text: str) -> None:
        del text

    def confirm(self, question: str) -> bool:
        raise UsageError(f"{question} Pass yes=True to send, or dry_run=True to look first.")

    @contextmanager
    def progress(self, total: int) -> Iterator[Progress]:
        del total
        yield lambda _kind, _state: None


__all__ = ["check", "read_table", "run"]
