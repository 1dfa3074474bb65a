"""The environment of a command: settings, ledger, credentials and URLs, either the real ones or those of the embedded sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from importer.credentials import secret
from importer.domain.accounts import SANDBOX_ACCOUNT, Accounts, debbie_account, debitura_account, normal_url
from importer.domain.file_access import OWNER_ALONE, FileAccess, access_of
from importer.domain.hosts import is_loopback
from importer.domain.secrets import header_problem
from importer.errors import SettingsError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import shown_url, sqlite_url
from importer.loader.context import LoadContext
from importer.settings import Api, Settings
from importer.workspace.credentials import refuse_unknown_host
from importer.workspace.ledger_wait import open_when_free
from importer.workspace.user_data import user_notes
from importer.workspace.workspace import Workspace, shown_ledger

SHORTEST_DEADLINE = 1.0
"""Seconds within which a request to a test server may always go out."""
KEY_VARIABLE, TOKEN_VARIABLE = "IMPORTER_DEBITURA__API_KEY", "IMPORTER_DEBBIE__TOKEN"
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
    workspace: Workspace
    is_sandbox: bool = False
    notes: Path | None = None  # the user's notes of which ledgers serve which accounts; none for the sandbox
    backup_folder: Path | None = None  # that of the settings; None: beside the ledger
    access: FileAccess = OWNER_ALONE  # to the ledger, the reports and what is beside them

    def __repr__(self) -> str:
        return f"Environment(ledger_url={shown_url(self.ledger_url)!r}, is_sandbox={self.is_sandbox})"

    def open_ledger(
        self, command: str, note: Callable[[str], None] | None = None, accounts: frozenset[str] | None = None
    ) -> Ledger:
        """Open the ledger for writing, on behalf of ``command``. Raises LedgerError.

        Raises LedgerHeld if another command holds it for long: with a ``note``, which shows the wait, for longer than
        ``[ledger] wait_seconds``, else for more than a few seconds.
        """
        open_now = partial(Ledger.open, self.ledger_url, command, self.access, accounts=accounts)
        return open_when_free(open_now, self.settings.ledger.wait_seconds, note)

    def place(self) -> str:
        """Return the line that names the workspace and the ledger."""
        return f"Workspace {self.workspace.described()}, ledger {shown_ledger(self.ledger_url)}."

    def names(self) -> dict[str, str]:
        """Return the paths of the workspace and the ledger, for logs."""
        return {"workspace": str(self.workspace.root.absolute()), "ledger": shown_ledger(self.ledger_url)}

    @cached_property
    def api_key(self) -> str | None:
        """Debitura's key; None if it is nowhere."""
        return self.credential("debitura")

    @cached_property
    def token(self) -> str | None:
        """Debbie's token; None if it is nowhere."""
        return self.credential("debbie")

    def check_deadline(self) -> None:
        """Raise SettingsError if the settings do not allow a send deadline that protects from sending twice."""
        _ = self.send_within_seconds

    @cached_property
    def send_within_seconds(self) -> float:
        """How long after the start of its intent's commit a request may go out. Raises SettingsError.

        An entry that another process takes over is sent again after the settle time at the earliest, and by then a request of
        the first process must have gone out and been answered. For a server on this machine, which is a test server, the
        default is shortened instead of refused.
        """
        dispatch = self.settings.dispatch
        longest = dispatch.settle_minutes * 60 / 2 - dispatch.timeout_seconds
        if dispatch.send_within_seconds <= longest or self.is_sandbox:
            return dispatch.send_within_seconds
        is_chosen = "send_within_seconds" in dispatch.model_fields_set
        if is_loopback(self.debitura_url) and not is_chosen:
            return max(longest, SHORTEST_DEADLINE) if dispatch.settle_minutes else dispatch.send_within_seconds
        raise SettingsError(
            f"send_within_seconds ({dispatch.send_within_seconds:g}) and timeout_seconds ({dispatch.timeout_seconds:g}) together "
            f"are more than half of settle_minutes ({dispatch.settle_minutes:g}), so that a case could be sent twice if this "
            f"program is suspended. Under [dispatch], shorten the first two or set settle_minutes to at least "
            f"{(dispatch.send_within_seconds + dispatch.timeout_seconds) / 30:g}."
        )

    def load_context(self, *, test_cases: bool, folder: Path) -> LoadContext:
        """Return the context for reading rows, with the present day."""
        zone = self.settings.zone()
        return LoadContext(
            today=day_of(datetime.now(UTC), zone),
            timezone=zone,
            voucher_types=self.settings.known_voucher_types(),
            defaults=self.settings.defaults,
            test_cases=test_cases,
            leaves_out_wrong=self.settings.values.optional_errors == "leave out",
            takes_vouchers=self.is_sandbox or self.tenant_id is not None,
            folder=folder,
            min_days_overdue=self.settings.claims.min_days_overdue,
            max_days_ahead=self.settings.claims.max_days_ahead,
        )

    def accounts(self, partner: str) -> Accounts:
        """Return the accounts of the entries in the ledger.

        They name the partner and the tenant, not the credentials: after a change of the partner's key, entries that were
        sent with the old key must be found, or all of them would be sent again.
        """
        if self.is_sandbox:
            return Accounts(SANDBOX_ACCOUNT, SANDBOX_ACCOUNT)
        return Accounts(debitura_account(self.debitura_url, partner), debbie_account(self.debbie_url, self.tenant_id))

    def require_debitura(self) -> str:
        """Return Debitura's key. Raises SettingsError if it is missing, or if no request can carry it."""
        if self.api_key is None:
            raise SettingsError(
                "The key for Debitura is missing. Set IMPORTER_DEBITURA__API_KEY, keep it in the keyring with "
                "`importer login`, or try the importer with --sandbox."
            )
        self.require_known_host("debitura")
        _require_sendable(KEY_VARIABLE, self.api_key)
        return self.api_key

    def require_debbie(self) -> str:
        """Return Debbie's token, for vouchers to send. Raises SettingsError, which names every missing or wrong setting."""
        missing = [
            name for name, value in ((TOKEN_VARIABLE, self.token), ("IMPORTER_DEBBIE__TENANT_ID", self.tenant_id)) if not value
        ]
        if missing or self.token is None:
            raise SettingsError(f"There are vouchers to send, but these settings are missing: {', '.join(missing)}. Set them.")
        self.require_known_host("debbie")
        _require_sendable(TOKEN_VARIABLE, self.token)
        return self.token

    def require_known_host(self, api: Api) -> None:
        """Raise SettingsError if the API's credential may not go to the host of the settings."""
        if not self.is_sandbox:
            refuse_unknown_host(api, self.debitura_url if api == "debitura" else self.debbie_url)


def _require_sendable(name: str, value: str) -> None:
    if problem := credential_problem(name, value):
        raise SettingsError(f"{problem}.")


def credential_problem(name: str, value: str) -> str | None:
    """Describe what is wrong with a credential, by the name of its variable and never with its value; None if nothing is."""
    if problem := header_problem(value):
        return f"{name}, from the environment or the keyring, {problem}, so that no request can carry it. Copy it again"
    return None


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the earlier of the day in ``zone`` and the UTC day: a server may count by either."""
    return min(moment.astimezone(zone).date(), moment.astimezone(UTC).date())


@contextmanager
def open_environment(workspace: Workspace, settings: Settings, *, sandbox: bool, serving: bool = True) -> Iterator[Environment]:
    """Open the environment of a workspace, or that of its embedded sandbox with a ledger and data of its own.

    Without ``serving`` the sandbox is not started, for commands without requests: another command may be running it.
    """
    access = access_of(settings.workspace.group)
    if not sandbox:
        workspace.make()
        yield Environment(
            settings=settings,
            ledger_url=workspace.ledger_url(settings),
            output=workspace.output(settings),
            credential=partial(secret, settings),
            tenant_id=str(settings.debbie.tenant_id) if settings.debbie.tenant_id else None,
            debitura_url=normal_url(settings.debitura.base_url),
            debbie_url=normal_url(settings.debbie.base_url),
            workspace=workspace,
            notes=user_notes(),
            backup_folder=workspace.backup_folder(settings),
            access=access,
        )
        return
    from importer.sandbox import Sandbox, SandboxSettings

    ledger = workspace.sandbox_ledger(settings)
    data = ledger.with_suffix(".jsonl")
    chosen = SandboxSettings(data_file=data, data_access=access, case_id_from=settings.debbie.case_id_from)
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
            workspace=workspace,
            is_sandbox=True,
            access=access,
        )
