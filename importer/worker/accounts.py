"""The workspaces that a worker serves, each with its account."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.errors import ApiStopped, UsageError
from importer.ledger.storage.location import require_ledger
from importer.ledger.storage.lock import OtherSender
from importer.workspace.connections import UNKNOWN_PARTNER, connections, known_accounts, open_ledger_read_only
from importer.workspace.discovery import find_workspace
from importer.workspace.environment import Environment, open_environment


@dataclass(frozen=True)
class Served:
    """A workspace, and the accounts of its credentials. ``config`` is another settings file than its own."""

    environment: Environment
    accounts: Accounts
    config: Path | None = None

    @property
    def account(self) -> str:
        """Return the account of the cases, by which jobs name it."""
        return self.accounts.cases

    @property
    def folder(self) -> str:
        """Return the absolute path of the workspace."""
        return str(self.environment.workspace.root.absolute())

    @property
    def options(self) -> list[str]:
        """Return the options with which a command works in this workspace."""
        return ["--workspace", self.folder, *([] if self.config is None else ["--config", str(self.config.absolute())])]

    def needs_sender(self) -> tuple[bool, OtherSender | None]:
        """Return whether there is something to send and nobody who sends it, and the account's sender. Raises LedgerError."""
        with open_ledger_read_only(self.environment) as ledger:
            other = ledger.sender(self.accounts.cases)
            if other is not None:
                return False, other
            left = any(ledger.outbox.count_open(self.accounts, kind, None) for kind in RecordKind)
            return left or bool(ledger.hand_overs.waiting(self.accounts)), None


@contextmanager
def served_workspaces(folders: Iterable[Path | None], config: Path | None = None) -> Iterator[list[Served]]:
    """Open the workspaces (None: that of the working directory), and find out whose their credentials are.

    ``config`` is another settings file than theirs. Raises UsageError, also if they have several ledgers, LedgerError or
    ApiStopped.
    """
    with ExitStack() as stack:
        found: list[Served] = []
        for folder in folders:
            workspace = find_workspace(folder).with_config(config)
            environment = stack.enter_context(open_environment(workspace, workspace.load_settings(config), sandbox=False))
            require_ledger(environment.ledger_url)
            found.append(Served(environment, _accounts_of(environment), config))
        if len({one.environment.ledger_url for one in found}) != 1:
            raise UsageError("The workspaces of one worker must have one ledger. Start a worker for each ledger.")
        if len({one.account for one in found}) != len(found):
            raise UsageError("Two of the workspaces have credentials of one account. Name one of them.")
        yield found


def _accounts_of(environment: Environment) -> Accounts:
    """Return the accounts of the credentials as the ledger knows them; Debitura is asked for the owner of a new key."""
    with open_ledger_read_only(environment) as ledger:
        known = known_accounts(ledger, environment)
    if known != environment.accounts(UNKNOWN_PARTNER):
        return known
    return environment.accounts(asyncio.run(_partner(environment)))


async def _partner(environment: Environment) -> str:
    async with connections(environment) as (debitura, _):
        try:
            return await debitura.me()
        except ApiStopped as error:
            raise ApiStopped(f"{error} The worker must know whose the key is before it begins.") from None
