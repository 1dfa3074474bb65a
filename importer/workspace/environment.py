"""Where a command works: the settings in force, the ledger, the connections, and the embedded sandbox if asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from importer.dispatcher.pacing.quota import Quota, SteadyClock
from importer.dispatcher.pacing.windows import windows_of
from importer.domain.columns import Kind
from importer.errors import SettingsError
from importer.ledger.intake.known_entries import Accounts
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.request_counts import KEPT
from importer.ledger.queries.report_rows import knows_accounts
from importer.loader.records.row_reader import LoadContext
from importer.settings import Api, Settings, fingerprint_of, secret

if TYPE_CHECKING:
    from importer.dispatcher.apis.debitura import Debbie, Debitura
    from importer.dispatcher.apis.http import HttpClient
    from importer.dispatcher.apis.metered import Gate

UNKNOWN_PARTNER = "unknown"
SANDBOX_ACCOUNT = "sandbox"
SANDBOX_TENANT = "5a4d0b0c-0000-4000-8000-00000000d0b1"


@dataclass(frozen=True)
class Environment:
    """Settings, credentials and places of one command. Credentials are never shown: see ``repr``.

    They are looked up when they are needed: a keyring may have to be unlocked, and loading it takes a while.
    """

    settings: Settings
    ledger_url: str
    credential: Callable[[Api], str | None]
    tenant_id: str | None
    debitura_url: str
    debbie_url: str
    is_sandbox: bool = False

    def __repr__(self) -> str:
        return f"Environment(ledger_url={self.ledger_url!r}, is_sandbox={self.is_sandbox})"

    @cached_property
    def api_key(self) -> str | None:
        return self.credential("debitura")

    @cached_property
    def token(self) -> str | None:
        return self.credential("debbie")

    def load_context(self, *, test_cases: bool = False, folder: Path = Path()) -> LoadContext:
        zone = self.settings.zone()
        return LoadContext(
            today=datetime.now(zone).date(),
            timezone=zone,
            voucher_types=self.settings.known_voucher_types(),
            defaults=self.settings.defaults,
            test_cases=test_cases,
            folder=folder,
        )

    def accounts(self, partner: str) -> Accounts:
        """The scope of everything in the ledger.

        It names who is behind a credential, not the credential: a new key of the same partner must find what the old
        one sent, or all of it would be sent again.
        """
        if self.is_sandbox:
            return Accounts(SANDBOX_ACCOUNT, SANDBOX_ACCOUNT)
        return Accounts(f"debitura:{self.debitura_url}:{partner}", f"debbie:{self.debbie_url}:{self.tenant_id or 'none'}")

    def require_debitura(self) -> str:
        if self.api_key is None:
            raise SettingsError(
                "There is no key for Debitura. Set IMPORTER_DEBITURA__API_KEY (or store it in the keyring), "
                "or try the importer with --sandbox."
            )
        return self.api_key

    def require_debbie(self) -> str:
        """The token, when there are vouchers to send. Raises SettingsError naming every setting that is missing."""
        missing = [
            name
            for name, value in (("IMPORTER_DEBBIE__TOKEN", self.token), ("IMPORTER_DEBBIE__TENANT_ID", self.tenant_id))
            if not value
        ]
        if missing or self.token is None:
            raise SettingsError(f"There are vouchers to send, but these settings are missing: {', '.join(missing)}. Set them.")
        return self.token


@contextmanager
def open_environment(settings: Settings, *, sandbox: bool, serving: bool = True) -> Iterator[Environment]:
    """The environment of the settings, or that of the embedded sandbox with a ledger and data of its own.

    Without ``serving`` the sandbox is not started: there is nothing to ask it, and another command may be using it.
    """
    if not sandbox:
        yield Environment(
            settings=settings,
            ledger_url=settings.ledger.url,
            credential=partial(secret, settings),
            tenant_id=str(settings.debbie.tenant_id) if settings.debbie.tenant_id else None,
            debitura_url=settings.debitura.base_url,
            debbie_url=settings.debbie.base_url,
        )
        return
    from importer.sandbox import Sandbox, SandboxSettings

    ledger = _sandbox_ledger(settings.ledger.url)
    chosen = SandboxSettings(data_file=ledger.with_suffix(".jsonl"), case_id_from=settings.debbie.case_id_from)
    with Sandbox(chosen) if serving else nullcontext() as running:
        url = running.url if running else "the sandbox"
        yield Environment(
            settings=settings,
            ledger_url=f"sqlite:///{ledger}",
            credential={"debitura": chosen.api_keys[0], "debbie": chosen.tokens[0]}.get,
            tenant_id=SANDBOX_TENANT,
            debitura_url=url,
            debbie_url=url,
            is_sandbox=True,
        )


def _sandbox_ledger(url: str) -> Path:
    """``ledger.db`` → ``ledger.sandbox.db`` beside it; another database's sandbox ledger is a file in this folder."""
    from importer.ledger.storage.engine import sqlite_path

    path = sqlite_path(url) or Path("ledger.db")
    return path.with_name(f"{path.stem}.sandbox{path.suffix or '.db'}")


@asynccontextmanager
async def connections(
    environment: Environment, quotas: Mapping[Kind, Quota] | None = None, gate: Gate | None = None
) -> AsyncIterator[tuple[Debitura, Debbie | None]]:
    """The two APIs, ready to be asked; Debbie is None without its settings. With quotas and a gate requests are counted."""
    from importer.dispatcher.apis.debitura import Debbie, Debitura  # who only checks a file needs no HTTP client
    from importer.dispatcher.apis.http import HttpClient
    from importer.dispatcher.apis.metered import MeteredClient

    dispatch = environment.settings.dispatch
    plain = partial(HttpClient, connections=dispatch.concurrency, timeout_seconds=dispatch.timeout_seconds)
    metered = partial(MeteredClient, connections=dispatch.concurrency, timeout_seconds=dispatch.timeout_seconds)

    def client_of(kind: Kind, url: str, headers: Mapping[str, str]) -> HttpClient:
        if quotas is None or gate is None:
            return plain(url, headers)
        return metered(url, headers, quota=quotas[kind], gate=gate)

    async with AsyncExitStack() as stack:
        headers = {"XApiKey": environment.require_debitura()}
        debitura = Debitura(await stack.enter_async_context(client_of(Kind.CASE, environment.debitura_url, headers)))
        debbie = None
        if environment.token and environment.tenant_id:
            headers = {"Authorization": f"Bearer {environment.token}"}
            client = await stack.enter_async_context(client_of(Kind.VOUCHER, environment.debbie_url, headers))
            debbie = Debbie(client, environment.tenant_id, environment.settings.debbie.case_id_from)
        yield debitura, debbie


def known_accounts(ledger: Ledger, environment: Environment) -> Accounts:
    """The accounts as far as they are known without asking; unknown ones have nothing in the ledger."""
    key = environment.api_key if ledger.query(knows_accounts) else None
    partner = ledger.account_of(fingerprint_of(key, environment.debitura_url)) if key else None
    return environment.accounts(partner or UNKNOWN_PARTNER)


def quotas_of(environment: Environment, ledger: Ledger) -> dict[Kind, Quota]:
    """The quotas of both credentials as far as this ledger knows them; the embedded sandbox has none."""
    dispatch, lengths = environment.settings.dispatch, environment.settings.dispatch.window_seconds
    cases = (dispatch.per_minute, dispatch.per_hour, dispatch.per_day)
    vouchers = (dispatch.debbie_per_minute, 0, 0)
    if environment.is_sandbox:
        cases = vouchers = (0, 0, 0)
    clock = SteadyClock()
    key = fingerprint_of(environment.api_key or "", environment.debitura_url)
    token = fingerprint_of(environment.token or "", environment.debbie_url)
    quotas = {
        Kind.CASE: Quota("Debitura", key, windows_of(cases, lengths), clock),
        Kind.VOUCHER: Quota("Debbie", token, windows_of(vouchers, lengths), clock),
    }
    for kind, quota in quotas.items():
        kept, before = ledger.counted(quota.scope), []
        uncounted = kept is None and kind is Kind.CASE and quota.windows.windows
        partner = ledger.account_of(key) if uncounted else None
        if partner:  # the ledger is older than its counting
            before = ledger.attempts_since(environment.accounts(partner).cases, datetime.now(UTC) - KEPT)
        quota.load(kept, before)
    return quotas
