"""`importer status`: show the batches in the ledger and the rest of the quotas."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.ledger.queries.queries import Queries
from importer.reporter.summary import Summary, summarize
from importer.reporter.terminal import status_lines
from importer.workspace.connections import known_accounts, open_ledger_read_only, quotas_of
from importer.workspace.environment import Environment
from importer.workspace.progress import QuotaState, quota_states
from importer.workspace.sending_status import NOT_SENDING, SendingStatus, sending_status
from importer.workspace.unconfirmed_profiles import UnconfirmedProfile, unconfirmed_profiles
from importer.workspace.workspace import shown_ledger

NEWEST = 10
"""The newest batches that are shown whatever their state."""
MOST_BATCHES = 50
"""The most batches that are shown unless more are asked for."""


class StatusView(StrEnum):
    """Which batches are shown: the open and the newest ones, the open ones alone, or all."""

    USUAL = "usual"
    OPEN = "open"
    ALL = "all"


@dataclass(frozen=True)
class LedgerStatus:
    """The batches that are shown, the newest first, and the state of each rate limit as counted in the ledger.

    ``more`` is the number of batches that are not shown, ``open_more`` that of the open ones among them.
    ``quotas`` is None without Debitura's key, since requests are counted by key. The ``environment`` names the workspace.
    ``sending`` is about the sender of the key's account. ``unconfirmed`` are the profiles that wait for a confirmation.
    """

    batches: list[Summary]
    quotas: list[QuotaState] | None
    environment: Environment
    view: StatusView = StatusView.USUAL
    more: int = 0
    open_more: int = 0
    sending: SendingStatus = NOT_SENDING
    unconfirmed: Sequence[UnconfirmedProfile] = ()

    def as_json(self) -> dict[str, object]:
        """Return the output of ``importer status --json``."""
        quotas = [quota.as_json() for quota in self.quotas or ()]
        place = {
            "workspace": str(self.environment.workspace.root.absolute()),
            "ledger": shown_ledger(self.environment.ledger_url),
        }
        batches = [summary.as_json() for summary in self.batches]
        counts = {"more": self.more, "open_more": self.open_more}
        unconfirmed = {"unconfirmed_profiles": [one.as_json() for one in self.unconfirmed]}
        return {**place, "batches": batches, **counts, "quotas": quotas, **self.sending.as_json(), **unconfirmed}

    def lines(self) -> list[str]:
        """Return the lines for the terminal."""
        quotas = ["Without Debitura's API key its quota cannot be shown."]
        if self.quotas is not None:
            quotas = [quota.text() for quota in self.quotas]
        unconfirmed = [f"{text[0].upper()}{text[1:]}." for one in self.unconfirmed if (text := one.text())]
        return [self.environment.place(), *self._batch_lines(), *unconfirmed, *self.sending.lines(), *quotas]

    def _batch_lines(self) -> list[str]:
        if self.view is StatusView.OPEN:
            return status_lines(self.batches) if self.batches else ["No batch is open."]
        if not self.more:
            return status_lines(self.batches)
        waiting = f"; {self.open_more:,} of them are open: --open shows these" if self.open_more else ""
        lines = status_lines(self.batches) if self.batches else []
        return [*lines, f"{self.more:,} more: `importer status --all` shows them{waiting}."]


def ledger_status(environment: Environment, view: StatusView = StatusView.USUAL) -> LedgerStatus:
    """Return the status of the ledger without requests to the APIs. Raises LedgerError if the ledger does not exist."""
    with open_ledger_read_only(environment) as ledger:
        with ledger.queries() as queries:
            every, waiting = queries.batch_ids(with_empty=True), queries.waiting_batches()
            chosen = chosen_batches(queries, view, every, waiting)
            batches = [summarize(queries, info) for one in chosen if (info := queries.batch(one))]
            unconfirmed = unconfirmed_profiles(queries, environment.workspace)
        has_key = environment.api_key is not None
        quotas = quota_states(quotas_of(environment, ledger)) if has_key else None
        sending = sending_status(ledger, known_accounts(ledger, environment)) if has_key else NOT_SENDING
        unseen = len(waiting.difference(chosen))
        return LedgerStatus(batches, quotas, environment, view, len(every) - len(chosen), unseen, sending, unconfirmed)


def chosen_batches(queries: Queries, view: StatusView, every: Sequence[int], waiting: Collection[int]) -> list[int]:
    """Return the batches to show, the newest first."""
    if view is StatusView.ALL:
        return list(every)
    if view is StatusView.OPEN:
        return [one for one in every if one in waiting]
    with_rows = queries.batch_ids(with_empty=False)
    newest = with_rows[:NEWEST]
    return [one for one in with_rows if one in waiting or one in newest][:MOST_BATCHES]
