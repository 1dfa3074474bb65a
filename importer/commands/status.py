"""`importer status`: show the batches in the ledger and the rest of the quotas."""

from __future__ import annotations

from dataclasses import dataclass

from importer.reporter.summary import Summary, summarize
from importer.reporter.terminal import status_lines
from importer.workspace.connections import known_accounts, open_ledger_read_only, quotas_of
from importer.workspace.environment import Environment
from importer.workspace.progress import QuotaState, quota_states
from importer.workspace.sending_status import NOT_SENDING, SendingStatus, sending_status
from importer.workspace.workspace import shown_ledger

MOST_BATCHES = 50


@dataclass(frozen=True)
class LedgerStatus:
    """The newest batches, the newest first, and the state of each rate limit as counted in the ledger.

    ``quotas`` is None without Debitura's key, since requests are counted by key. The ``environment`` names the workspace.
    ``sending`` is about the sender of the key's account.
    """

    batches: list[Summary]
    quotas: list[QuotaState] | None
    environment: Environment
    sending: SendingStatus = NOT_SENDING

    def as_json(self) -> dict[str, object]:
        """Return the output of ``importer status --json``."""
        quotas = [quota.as_json() for quota in self.quotas or ()]
        place = {
            "workspace": str(self.environment.workspace.root.absolute()),
            "ledger": shown_ledger(self.environment.ledger_url),
        }
        return {**place, "batches": [summary.as_json() for summary in self.batches], "quotas": quotas, **self.sending.as_json()}

    def lines(self) -> list[str]:
        """Return the lines for the terminal."""
        quotas = ["Without Debitura's API key its quota cannot be shown."]
        if self.quotas is not None:
            quotas = [quota.text() for quota in self.quotas]
        return [self.environment.place(), *status_lines(self.batches, [*self.sending.lines(), *quotas])]


def ledger_status(environment: Environment) -> LedgerStatus:
    """Return the status of the ledger without requests to the APIs. Raises LedgerError if the ledger does not exist."""
    with open_ledger_read_only(environment) as ledger:
        with ledger.queries() as queries:
            batches = [summarize(queries, batch) for batch in queries.batches(MOST_BATCHES)]
        has_key = environment.api_key is not None
        quotas = quota_states(quotas_of(environment, ledger)) if has_key else None
        sending = sending_status(ledger, known_accounts(ledger, environment)) if has_key else NOT_SENDING
        return LedgerStatus(batches, quotas, environment, sending)
