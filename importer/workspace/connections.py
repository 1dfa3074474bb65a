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
from importer.domain.secrets import Secrets, header_problem
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.request_counts import KEPT
from importer.ledger.storage.location import password_of, require_ledger
from importer.settings import Api, fingerprint_of
from importer.workspace.environment import Environment

if TYPE_CHECKING:
    from importer.dispatcher.apis.debbie import Debbie
    from importer.dispatcher.apis.debitura import Debitura
    from importer.dispatcher.apis.http import HttpClient
    from importer.dispatcher.apis.requests import RequestGate


UNKNOWN_PARTNER = "unknown"
SHORT_WAIT = 2  # in lengths of the window of a minute


def open_ledger_read_only(environment: Environment) -> Ledger:
    """Open the ledger for reading, also while a run writes it. Raises LedgerError if there is none."""
    require_ledger(environment.ledger_url)
    ledger = Ledger.read(environment.ledger_url, environment.access)
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
        secrets = Secrets((environment.api_key, environment.token, password_of(environment.ledger_url)))
        client = await stack.enter_async_context(client_of(RecordKind.CASE, environment.debitura_url, headers))
        debitura = Debitura(client, secrets)
        debbie = None
        if environment.token and environment.tenant_id and not header_problem(environment.token):
            environment.require_known_host("debbie")
            headers = {"Authorization": f"Bearer {environment.token}"}
            client = await stack.enter_async_context(client_of(RecordKind.VOUCHER, environment.debbie_url, headers))
            debbie = Debbie(client, environment.tenant_id, environment.settings.debbie.case_id_from, secrets)
        yield debitura, debbie


async def ask_api(environment: Environment, api: Api) -> str:
    """Ask one API whether it accepts its credential, and return its address. Raises SettingsError or ApiStopped."""
    from importer.dispatcher.apis.debbie import Debbie
    from importer.dispatcher.apis.debitura import Debitura
    from importer.dispatcher.apis.http import HttpClient

    secrets = Secrets((environment.api_key, environment.token))
    timeout = environment.settings.dispatch.timeout_seconds
    if api == "debitura":
        headers = {"XApiKey": environment.require_debitura()}
        async with HttpClient(environment.debitura_url, headers, connections=1, timeout_seconds=timeout) as client:
            await Debitura(client, secrets).me()
        return environment.debitura_url
    headers = {"Authorization": f"Bearer {environment.require_debbie()}"}
    async with HttpClient(environment.debbie_url, headers, connections=1, timeout_seconds=timeout) as client:
        assert environment.tenant_id is not None
        await Debbie(client, environment.tenant_id, environment.settings.debbie.case_id_from, secrets).check()
    return environment.debbie_url


def credential_fingerprint(ledger: Ledger, environment: Environment, api: Api) -> str:
    """Return the hash by which the ledger recognises this API's credential.

    It depends on the API's address. Earlier releases used the address as it is written in the settings: a credential that
    the ledger knows only by that hash keeps it, so that its partner and its counted requests are found.
    """
    if api == "debitura":
        credential, url, written = environment.api_key, environment.debitura_url, environment.settings.debitura.base_url
    else:
        credential, url, written = environment.token, environment.debbie_url, environment.settings.debbie.base_url
    present = fingerprint_of(credential or "", url)
    if environment.is_sandbox or written.rstrip("/") == url or ledger.knows_credential(present):
        return present
    former = fingerprint_of(credential or "", written.rstrip("/"))
    return former if ledger.knows_credential(former) else present


def credential_fingerprints(ledger: Ledger, environment: Environment) -> list[str]:
    """Return the hashes of both APIs' credentials, under which their requests are counted."""
    return [credential_fingerprint(ledger, environment, api) for api in ("debitura", "debbie")]


def known_accounts(ledger: Ledger, environment: Environment) -> Accounts:
    """Return the accounts as far as they are known without a request; an unknown one has no entries in the ledger."""
    with ledger.queries() as queries:
        knows_accounts = queries.knows_accounts()
    key = environment.api_key if knows_accounts else None
    partner = ledger.account_of(credential_fingerprint(ledger, environment, "debitura")) if key else None
    return environment.accounts(partner or UNKNOWN_PARTNER)


def unused_quotas(environment: Environment, key: str = "", token: str = "") -> dict[RecordKind, RateLimits]:
    """Return the quotas of credentials with which nothing was sent; the embedded sandbox has no limits."""
    dispatch, lengths = environment.settings.dispatch, environment.settings.dispatch.window_seconds
    cases = (dispatch.per_minute, dispatch.per_hour, dispatch.per_day)
    vouchers = (dispatch.debbie_per_minute, 0, 0)
    if environment.is_sandbox:
        cases = vouchers = (0, 0, 0)
    clock = SteadyClock()
    return {
        RecordKind.CASE: RateLimits.documented("Debitura", key, cases, lengths, clock),
        RecordKind.VOUCHER: RateLimits.documented("Debbie", token, vouchers, lengths, clock),
    }


def quotas_of(environment: Environment, ledger: Ledger) -> dict[RecordKind, RateLimits]:
    """Return the quotas of both credentials with the requests counted in this ledger; the embedded sandbox has no limits."""
    key, token = credential_fingerprints(ledger, environment)
    quotas = unused_quotas(environment, key, token)
    for kind, quota in quotas.items():
        kept, before = ledger.counts.kept(quota.credential), []
        uncounted = kept is None and kind is RecordKind.CASE and quota.windows
        partner = ledger.account_of(key) if uncounted else None
        if partner:  # entries were sent before this ledger counted requests
            before = ledger.counts.attempts_since(environment.accounts(partner).cases, datetime.now(UTC) - KEPT)
        quota.load(kept, before)
    return quotas


def keep_counts(ledger: Ledger, quotas: Mapping[RecordKind, RateLimits]) -> None:
    """Store the request counts that have changed since the last commit that stored them."""
    if changes := {credential: kept for quota in quotas.values() for credential, kept in quota.changes().items()}:
        ledger.counts.keep(changes)


def short_wait(environment: Environment) -> float:
    """Return the seconds that a command waits even with ``--stop-at-quota``, so that the limit per minute does not end it."""
    return SHORT_WAIT * environment.settings.dispatch.window_seconds[0]
