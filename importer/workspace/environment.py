"""The environment of a command: settings, ledger, credentials and URLs, either the real ones or those of the embedded sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from importer.domain.accounts import Accounts
from importer.errors import SettingsError
from importer.ledger.storage.location import sqlite_url
from importer.loader.context import LoadContext
from importer.settings import Api, Settings, secret
from importer.workspace.workspace import Workspace

SANDBOX_ACCOUNT = "sandbox"
SANDBOX_TENANT = "5a4d0b0c-0000-4000-8000-00000000d0b1"


@dataclass(frozen=True)
class Environment:
    """The settings, credentials, paths and URLs of one command. Its ``repr`` omits credentials.

    Credentials are looked up when they are first needed, because a keyring is slow to load and may have to be unlocked.
    """

    settings: Settings
    ledger_url: str
    output: Path
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

    def load_context(self, *, test_cases: bool, folder: Path) -> LoadContext:
        """Return the context for reading rows, with the present day."""
        zone = self.settings.zone()
        return LoadContext(
            today=day_of(datetime.now(UTC), zone),
            timezone=zone,
            voucher_types=self.settings.known_voucher_types(),
            defaults=self.settings.defaults,
            test_cases=test_cases,
            folder=folder,
        )

    def accounts(self, partner: str) -> Accounts:
        """Return the accounts of the entries in the ledger.

        They name the partner and the tenant, not the credentials: after a change of the partner's key, entries that were
        sent with the old key must be found, or all of them would be sent again.
        """
        if self.is_sandbox:
            return Accounts(SANDBOX_ACCOUNT, SANDBOX_ACCOUNT)
        return Accounts(f"debitura:{self.debitura_url}:{partner}", f"debbie:{self.debbie_url}:{self.tenant_id or 'none'}")

    def require_debitura(self) -> str:
        """Return Debitura's key. Raises SettingsError if it is missing."""
        if self.api_key is None:
            raise SettingsError(
                "The key for Debitura is missing. Set IMPORTER_DEBITURA__API_KEY (or store it in the keyring), "
                "or try the importer with --sandbox."
            )
        return self.api_key

    def require_debbie(self) -> str:
        """Return Debbie's token, for vouchers to send. Raises SettingsError, which names every missing setting."""
        missing = [
            name
            for name, value in (("IMPORTER_DEBBIE__TOKEN", self.token), ("IMPORTER_DEBBIE__TENANT_ID", self.tenant_id))
            if not value
        ]
        if missing or self.token is None:
            raise SettingsError(f"There are vouchers to send, but these settings are missing: {', '.join(missing)}. Set them.")
        return self.token


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the earlier of the day in ``zone`` and the UTC day: a server may count by either."""
    return min(moment.astimezone(zone).date(), moment.astimezone(UTC).date())


@contextmanager
def open_environment(workspace: Workspace, settings: Settings, *, sandbox: bool, serving: bool = True) -> Iterator[Environment]:
    """Open the environment of a workspace, or that of its embedded sandbox with a ledger and data of its own.

    Without ``serving`` the sandbox is not started, for commands without requests: another command may be running it.
    """
    if not sandbox:
        yield Environment(
            settings=settings,
            ledger_url=workspace.ledger_url(settings),
            output=workspace.output(settings),
            credential=partial(secret, settings),
            tenant_id=str(settings.debbie.tenant_id) if settings.debbie.tenant_id else None,
            debitura_url=settings.debitura.base_url,
            debbie_url=settings.debbie.base_url,
        )
        return
    from importer.sandbox import Sandbox, SandboxSettings

    ledger = workspace.sandbox_ledger(settings)
    chosen = SandboxSettings(data_file=ledger.with_suffix(".jsonl"), case_id_from=settings.debbie.case_id_from)
    with Sandbox(chosen) if serving else nullcontext() as running:
        url = running.url if running else "the sandbox"
        yield Environment(
            settings=settings,
            ledger_url=sqlite_url(ledger),
            output=workspace.output(settings),
            credential={"debitura": chosen.api_keys[0], "debbie": chosen.tokens[0]}.get,
            tenant_id=SANDBOX_TENANT,
            debitura_url=url,
            debbie_url=url,
            is_sandbox=True,
        )
