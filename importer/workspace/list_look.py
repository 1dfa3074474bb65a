"""The look at the account's list of cases before anything is sent, and what becomes of a run if the list cannot be read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from importer.dispatcher.apis.requests import RequestGate
from importer.dispatcher.reconcile.list_look import LookBack, look_at_list
from importer.domain.accounts import Accounts
from importer.errors import ApiStopped, ExitCode, QuotaReached
from importer.ledger.ledger import Ledger
from importer.workspace.connections import connections, keep_counts, quotas_of, short_wait
from importer.workspace.console import Console
from importer.workspace.environment import Environment


@dataclass(frozen=True, slots=True)
class Unread:
    """The list could not be read, so that nothing may be sent: the exit code of the run, and why."""

    exit_code: ExitCode
    why: str

    @property
    def message(self) -> str:
        """The message to the user of a run."""
        return f"{self.why} {_WAITS}"


def look_before_sending(ledger: Ledger, environment: Environment, accounts: Accounts, console: Console) -> Unread | None:
    """Read the list of a live account, and store the cases that this ledger did not send. Returns why that was not possible."""
    if environment.is_sandbox:
        return None
    try:
        asyncio.run(_look(ledger, environment, accounts, console))
    except QuotaReached as error:
        return Unread(ExitCode.QUOTA, str(error))
    except ApiStopped as error:
        return Unread(ExitCode.API_STOPPED, str(error))
    return None


_WAITS = (
    "Nothing was sent, because Debitura's list must be read first: it may hold cases that this ledger did not send. "
    "`importer resume` goes on."
)


async def _look(ledger: Ledger, environment: Environment, accounts: Accounts, console: Console) -> None:
    dispatch = environment.settings.dispatch
    quotas = quotas_of(environment, ledger)
    gate = RequestGate(ledger, short_wait(environment))
    back = LookBack(timedelta(minutes=dispatch.settle_minutes), dispatch.look_back_days)
    try:
        async with connections(environment, quotas, gate) as (debitura, _):
            await look_at_list(ledger, debitura, accounts, back, console.note)
    finally:
        keep_counts(ledger, quotas)
