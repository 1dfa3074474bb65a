"""Whether this ledger is the one that has served the account, and whether the key still names the same partner.

Both are asked before anything is recorded or sent: a copy of a ledger does not know what was sent since, and another
partner's account knows nothing of what was sent at all.
"""

from __future__ import annotations

from pathlib import Path

from importer.domain.accounts import Accounts, debitura_account, normal_id
from importer.errors import Declined, LedgerError, UsageError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import sqlite_path
from importer.ledger.storage.notes import Noted
from importer.ledger.storage.recognition import accounts_in
from importer.workspace.console import Console
from importer.workspace.environment import Environment


def furthest_note(ledger: Ledger, environment: Environment) -> Noted | None:
    """Return the note with the highest number of commits of this ledger; None if there is none."""
    found = [noted for file in ledger.note_files(environment.notes) for noted in file.of_ledger(ledger.identity.id)]
    return max(found, key=lambda noted: noted.commits, default=None)


def difference_from_notes(ledger: Ledger, environment: Environment) -> str | None:
    """Describe how the ledger is behind a note of it; None if it is the ledger of the note, or a restored backup of it."""
    noted = furthest_note(ledger, environment)
    if noted is None or ledger.identity.commits >= noted.commits or ledger.restored.is_unused():
        return None
    return (
        f"The ledger {ledger.identity.path} is a copy, or was restored from one: it has {ledger.identity.commits:,} commits, "
        f"but {noted.source} notes {noted.commits:,} of the same ledger on {noted.at[:16].replace('T', ' ')} UTC "
        f"(then {noted.path}). What was sent since is missing from it. Use that ledger if it still exists; if this one is to "
        f"take its place, run `importer ledger restored`: what it calls unsent is then looked for before it is sent."
    )


def refuse_copy(ledger: Ledger, environment: Environment) -> None:
    """Raise LedgerError for a ledger that is behind a note of it. A restored backup goes on above the number noted."""
    if environment.is_sandbox:
        return
    if difference := difference_from_notes(ledger, environment):
        raise LedgerError(f"{difference} Nothing was recorded or sent.")
    noted = furthest_note(ledger, environment)
    if noted is not None and ledger.identity.commits < noted.commits:
        ledger.restored.first_used_at(noted.commits)


def refuse_second_ledger(environment: Environment, account: str | None = None) -> None:
    """Raise UsageError if a workspace is named, and the working directory holds a ledger with entries of the same account.

    Without an ``account``, those that have entries in the ledger of the workspace are compared.
    """
    elsewhere, path = environment.workspace.ledger_elsewhere, sqlite_path(environment.ledger_url)
    if environment.is_sandbox or elsewhere is None or path is None or _is_same_file(path, elsewhere):
        return
    own = accounts_in(path) if account is None else {account}
    if shared := sorted(own & accounts_in(elsewhere)):
        workspace = environment.workspace
        raise UsageError(
            f"The workspace {workspace.root.absolute()} is {workspace.origin.value}, but the working directory holds a ledger "
            f"with entries of the same account ({shared[0]}): {elsewhere}. Neither {path.absolute()} nor that one knows what "
            f"was sent with the other. Run the command in another folder to use the workspace that is named, or without naming "
            f"one to use the ledger of the working directory. Nothing was recorded or sent."
        )


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them does not exist
        return False


def refuse_other_partner(ledger: Ledger, environment: Environment, fingerprint: str, partner: str, console: Console) -> None:
    """Ask whether a known key may open another partner's account. Raises UsageError without a terminal, Declined for a no."""
    known = ledger.account_of(fingerprint)
    if environment.is_sandbox or known is None or normal_id(known) == normal_id(partner):
        return
    account = debitura_account(environment.debitura_url, known)
    question = (
        f"{environment.debitura_url}/me names the partner {partner} for this key, which opened the account of the partner "
        f"{known} until now. What was sent there is not known in the new account, so that everything would be sent again."
    )
    advice = (
        f"Nothing was recorded or sent. Check the key and debitura.base_url, and ask Debitura if both are right. Only if the "
        f"partner has really changed, run `importer ledger forget {account}` and then this command again."
    )
    if not console.decide(f"{question} Go on with the new partner?", advice):
        raise Declined("Nothing was recorded or sent.")


def note_account(ledger: Ledger, environment: Environment, accounts: Accounts, console: Console) -> None:
    """Note from now on that this ledger serves the account, and warn if it is not the first one."""
    if environment.is_sandbox:
        return
    for other in ledger.keep_notes(accounts.cases, environment.notes):
        console.warn(
            f"Another ledger has served this account until {other.at[:16].replace('T', ' ')} UTC: {other.path}. This one does "
            f"not know what was sent with that one."
        )
