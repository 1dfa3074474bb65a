"""The connections of a command: to the ledger and to both APIs, with their accounts and quotas."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from importer.dispatcher.pacing.rate_limits import RateLimits, SteadyClock
from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.request_counts import KEPT
from importer.ledger.storage.location import require_ledger
from importer.settings import fingerprint_of
from importer.workspace.environment import Environment

if TYPE_CHECKING:
    from importer.dispatcher.apis.debbie import Debbie
    from importer.dispatcher.apis.debitura import Debitura
    from importer.dispatcher.apis.http import HttpClient
    from importer.dispatcher.apis.requests import RequestGate


UNKNOWN_PARTNER = "unknown"


def open_ledger_read_only(environment: Environment) -> Ledger:
    """Open the ledger for reading, also while a run writes it. Raises LedgerError if there is none."""
    require_ledger(environment.ledger_url)
    ledger = Ledger.read(environment.ledger_url)
    assert ledger is not None
    return ledger


@asynccontextmanager
async def connections(
    environment: Environment, quotas: Mapping[RecordKind, RateLimits] | None = None, gate: RequestGate | None = None
) -> AsyncIterator[tuple[Debitura, Debbie | None]]:
    """Connect to both APIs; Debbie is None without its settings. Requests are counted if quotas and a gate are given."""
    from importer.dispatcher.apis.debbie import Debbie
    from importer.dispatcher.apis.debitura import Debitura
    from importer.dispatcher.apis.http import HttpClient
    from importer.dispatcher.apis.requests import RateLimitedClient

    dispatch = environment.settings.dispatch
    plain = partial(HttpClient, connections=dispatch.concurrency, timeout_seconds=dispatch.timeout_seconds)
    limited = partial(RateLimitedClient, connections=dispatch.concurrency, timeout_seconds=dispatch.timeout_seconds)

    def client_of(kind: RecordKind, url: str, headers: Mapping[str, str]) -> HttpClient:
        if quotas is None or gate is None:
            return plain(url, headers)
        return limited(url, headers, limits=quotas[kind], gate=gate)

    async with AsyncExitStack() as stack:
        headers = {"XApiKey": environment.require_debitura()}
        debitura = Debitura(await stack.enter_async_context(client_of(RecordKind.CASE, environment.debitura_url, headers)))
        debbie = None
        if environment.token and environment.tenant_id:
            headers = {"Authorization": f"Bearer {environment.token}"}
            client = await stack.enter_async_context(client_of(RecordKind.VOUCHER, environment.debbie_url, headers))
            debbie = Debbie(client, environment.tenant_id, environment.settings.debbie.case_id_from)
        yield debitura, debbie


def known_accounts(ledger: Ledger, environment: Environment) -> Accounts:
    """Return the accounts as far as they are known without a request; an unknown one has no entries in the ledger."""
    with ledger.queries() as queries:
        knows_accounts = queries.knows_accounts()
    key = environment.api_key if knows_accounts else None
    partner = ledger.account_of(fingerprint_of(key, environment.debitura_url)) if key else None
    return environment.accounts(partner or UNKNOWN_PARTNER)


def quotas_of(environment: Environment, ledger: Ledger) -> dict[RecordKind, RateLimits]:
    """Return the quotas of both credentials with the requests counted in this ledger; the embedded sandbox has no limits."""
    dispatch, lengths = environment.settings.dispatch, environment.settings.dispatch.window_seconds
    cases = (dispatch.per_minute, dispatch.per_hour, dispatch.per_day)
    vouchers = (dispatch.debbie_per_minute, 0, 0)
    if environment.is_sandbox:
        cases = vouchers = (0, 0, 0)
    clock = SteadyClock()
    key = fingerprint_of(environment.api_key or "", environment.debitura_url)
    token = fingerprint_of(environment.token or "", environment.debbie_url)
    quotas = {
        RecordKind.CASE: RateLimits.documented("Debitura", key, cases, lengths, clock),
        RecordKind.VOUCHER: RateLimits.documented("Debbie", token, vouchers, lengths, clock),
    }
    for kind, quota in quotas.items():
        kept, before = ledger.counts.kept(quota.credential), []
        uncounted = kept is None and kind is RecordKind.CASE and quota.windows
        partner = ledger.account_of(key) if uncounted else None
        if partner:  # entries were sent before this ledger counted requests
            before = ledger.counts.attempts_since(environment.accounts(partner).cases, datetime.now(UTC) - KEPT)
        quota.load(kept, before)
    return quotas
