"""`importer schedule run-now`: what the scheduler of the system runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from importer.commands.resume import resume
from importer.commands.run import run
from importer.errors import ExitCode, FileRefused, ImporterError, UsageError
from importer.ledger.storage.location import has_ledger
from importer.scheduling.settings import ScheduleSettings
from importer.settings import Settings
from importer.workspace.approval import gates
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.request import ImportRequest, find_profiles
from importer.workspace.result import MOST_URGENT_FIRST, RunResult
from importer.workspace.schedule_record import ScheduleRecord
from importer.workspace.scheduled_files import scheduled_files


@dataclass(frozen=True)
class ScheduledRun:
    """A run of a schedule that has begun: its name and settings, the files that it found, and when it began (UTC)."""

    name: str
    settings: ScheduleSettings
    files: tuple[Path, ...]
    began: datetime


Begun = Callable[[ScheduledRun], None]


def schedule_named(settings: Settings, name: str) -> ScheduleSettings:
    """Return the settings of a schedule. Raises UsageError, which names those that there are."""
    if (found := settings.schedule.get(name)) is not None:
        return found
    there = ", ".join(sorted(settings.schedule)) or "none"
    raise UsageError(f"There is no [schedule.{name}] in the settings (there are: {there}). Write it into importer.toml.")


def run_schedule(name: str, environment: Environment, console: Console, *, begun: Begun | None = None) -> RunResult:
    """Run a schedule: go on with what earlier runs have left, and import the files that it finds, without a question.

    ``begun`` is called once the run has begun and its files are known. Raises ImporterError: LedgerHeld if the schedule is
    already running, UsageError if there is none with this name, FileRefused if one of its folders is missing, and what ``run``
    raises before anything is sent. How a run ended is remembered, but for one that another run kept out.
    """
    settings = schedule_named(environment.settings, name)
    record = ScheduleRecord(environment.workspace.root, _record_name(name, environment), environment.access)
    with record.alone():
        began, code = datetime.now(UTC), ExitCode.BUG
        found = ScheduledRun(name, settings, (), began)
        try:
            resumed = _resume(settings, environment, console)
            try:
                found = replace(found, files=tuple(scheduled_files(settings.paths, environment.workspace.root, console.warn)))
                if begun is not None:
                    begun(found)
                imported = _import(found.files, settings, environment, console)
            except ImporterError as error:
                is_all = resumed.exit_code is ExitCode.OK or str(error) in resumed.messages
                if error.exit_code not in MOST_URGENT_FIRST or (is_all and not resumed.reports):
                    raise
                imported = _ended_by(error)  # what was resumed is reported too
            result = after_resuming(resumed, imported)
            code = result.exit_code
        except ImporterError as error:
            code = error.exit_code
            raise
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
            raise
        finally:
            with suppress(OSError):  # a full disk: what was imported is in the ledger
                record.write(began, code, len(found.files))
    return result


def _resume(settings: ScheduleSettings, environment: Environment, console: Console) -> RunResult:
    """Go on with what earlier runs have left, if there is anything and the schedule wants it.

    An error of that does not keep tonight's files out: it is returned as a result. Raises LedgerHeld, which holds for both.
    """
    if not settings.resume_first or not has_ledger(environment.ledger_url):
        return RunResult(ExitCode.OK)
    try:
        return resume(environment, console, settings.output, stop_at_quota=settings.stop_at_quota)
    except ImporterError as error:
        if error.exit_code not in MOST_URGENT_FIRST:
            raise
        return _ended_by(error)


def _ended_by(error: ImporterError) -> RunResult:
    """Return the result of a part of the run that was ended by an error."""
    refused = error.files if isinstance(error, FileRefused) else 0
    return RunResult(error.exit_code, messages=(str(error),), refused=refused)


def _record_name(name: str, environment: Environment) -> str:
    return f"{name}.sandbox" if environment.is_sandbox else name


def _import(files: tuple[Path, ...], settings: ScheduleSettings, environment: Environment, console: Console) -> RunResult:
    if not files:
        return RunResult(ExitCode.OK, messages=(f"Nothing to import: there is no file in {', '.join(settings.paths)}.",))
    profile, profile_set = find_profiles(settings.profile, environment.workspace)
    for sentence in profile_set.broken:
        console.warn(sentence)
    request = ImportRequest(
        environment.workspace,
        files,
        profile=profile,
        profile_set=profile_set,
        output=settings.output,
        stop_at_quota=settings.stop_at_quota,
        confirmed=True,
        gates=gates(None, settings.max_rejected, settings.max_dropped, settings.limit),
    )
    return run(request, environment, console)


def after_resuming(resumed: RunResult, imported: RunResult) -> RunResult:
    """Return the result of both parts of a run: its exit code is the more urgent one."""
    if not resumed.reports and resumed.exit_code is ExitCode.OK:
        return imported
    both = replace(
        imported,
        exit_code=min(resumed.exit_code, imported.exit_code, key=MOST_URGENT_FIRST.index),
        reports=(*resumed.reports, *imported.reports),
        messages=(*resumed.messages, *imported.messages),
    )
    return both if not resumed.reports else replace(both, review=None)  # a review is of the files that were imported
