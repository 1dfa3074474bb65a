"""The state of everything that imports: who sends, quotas, watched folders, schedules, and what the night has reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from importer.commands.schedule import ScheduleState, schedule_state
from importer.commands.source_batches import ledger_id
from importer.commands.status import LedgerStatus, StatusView, ledger_status
from importer.dispatcher.pacing.local_time import in_local_words
from importer.domain.timestamps import to_timestamp
from importer.errors import ImporterError
from importer.notify.morning import Task, morning_summary
from importer.notify.state import NightState, Trouble
from importer.notify.state_file import StateFile
from importer.reporter.review.model import AccountShown
from importer.watch.folder_state import FolderState, folder_states
from importer.web.work.batches import has_ledger
from importer.web.work.environments import PageEnvironments
from importer.workspace.connections import known_accounts, open_ledger_read_only
from importer.workspace.environment import Environment
from importer.workspace.progress import QuotaState
from importer.workspace.reviews import account_shown


@dataclass(frozen=True)
class ShownQuota:
    """A quota, and when it is whole again; ``until`` is empty if nothing of it is used."""

    state: QuotaState
    until: str


@dataclass(frozen=True)
class ShownSchedule:
    """A schedule: its state, or the ``problem`` for which that is not known. The next run is a timestamp, or empty."""

    name: str
    state: ScheduleState | None
    next: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Overview:
    """All that the page of the state shows. ``status`` and ``account`` are None before the first import.

    ``troubles`` are those that the night has reported, with the timestamp since when; ``missing`` are the profiles whose
    expected file did not come, with the deadline; ``refused`` counts files that were refused and not settled since.
    """

    place: str
    schedules: tuple[ShownSchedule, ...]
    status: LedgerStatus | None = None
    account: AccountShown | None = None
    quotas: tuple[ShownQuota, ...] = ()
    folders: tuple[FolderState, ...] = ()
    tasks: tuple[Task, ...] = ()
    troubles: Mapping[Trouble, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    refused: int = 0
    last_success: str = ""


def overview(environments: PageEnvironments) -> Overview:
    """Return the state as it is now, without a request to an API."""
    schedules = tuple(_schedule(environments, name) for name in sorted(environments.settings.schedule))
    with environments.reading() as environment:
        if not has_ledger(environment):
            return Overview(environment.place(), schedules)
        status = ledger_status(environment, StatusView.OPEN)
        night = StateFile.of(environment).read()
        return Overview(
            environment.place(),
            schedules,
            status,
            _account(environment),
            tuple(map(_quota, status.quotas or ())),
            tuple(_folders(environment)),
            _tasks(environment, night),
            dict(night.troubles),
            {profile: mark.missing for profile, mark in night.expected.items() if mark.missing},
            len(night.refused),
            night.last_success,
        )


def _account(environment: Environment) -> AccountShown | None:
    if environment.api_key is None:
        return None
    with open_ledger_read_only(environment) as ledger:
        return account_shown(environment, known_accounts(ledger, environment))


def _quota(state: QuotaState) -> ShownQuota:
    is_waiting = state.period is None or state.used
    return ShownQuota(state, in_local_words(state.now, state.seconds) if is_waiting else "")


def _folders(environment: Environment) -> list[FolderState]:
    known = ledger_id(environment)
    try:
        return folder_states(environment, known) if known else []
    except OSError:  # what the workspace remembers of them cannot be read
        return []


def _tasks(environment: Environment, night: NightState) -> tuple[Task, ...]:
    return morning_summary(environment, night, None, datetime.now(UTC)).tasks


def _schedule(environments: PageEnvironments, name: str) -> ShownSchedule:
    workspace, settings = environments.workspace, environments.settings
    try:
        state = schedule_state(name, workspace, settings, environments.config)
    except ImporterError as error:  # such as a crontab that this user may not read
        return ShownSchedule(name, None, problem=str(error))
    return ShownSchedule(name, state, to_timestamp(state.next.astimezone(UTC)) if state.next else "")
