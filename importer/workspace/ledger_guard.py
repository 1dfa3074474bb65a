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
from importer.ledger.storage.notes import Noted, beside
from importer.ledger.storage.recognition import accounts_in
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.operator_log import log_event
from importer.workspace.request import NewLedger

_NOTHING = "Nothing was recorded or sent."


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
        f"The ledger {ledger.identity.name} is a copy, or was restored from one: it has {ledger.identity.commits:,} commits, "
        f"but {noted.source} notes {noted.commits:,} of the same ledger on {_day(noted)} UTC "
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
    elsewhere, path = environment.workspace.ledger_elsewhere, _path_of(environment)
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


def _path_of(environment: Environment) -> Path | None:
    try:
        return sqlite_path(environment.ledger_url)
    except LedgerError:  # opening the ledger reports it, and `importer doctor` among other findings
        return None


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
        raise Declined(_NOTHING)


def refuse_vanished(environment: Environment) -> None:
    """Raise LedgerError if the ledger is gone, but the note beside it has remained: a new one would send everything again."""
    path = sqlite_path(environment.ledger_url)
    if environment.is_sandbox or path is None or path.exists():
        return
    noted = beside(path).all()
    if not noted:
        return
    account, last = max(noted, key=lambda one: one[1].at)
    raise LedgerError(
        f"The ledger {path.absolute()} is gone: {last.source} notes that it served {account} until {_day(last)} UTC. A new "
        f"ledger would not know what was sent. Put the disk or the file back, or a backup with `importer ledger restored`. Only "
        f"if it is lost for good, run `importer ledger forget {account}` and begin with --new-ledger. {_NOTHING}"
    )


def admit_ledger(ledger: Ledger, environment: Environment, account: str, console: Console, new: NewLedger) -> bool:
    """Let a ledger serve a live account. Returns whether it serves it from now on: one that is new and ignored does not.

    Raises LedgerError if another ledger is noted for the account, UsageError without a terminal, Declined for a no.
    """
    if environment.is_sandbox:
        return True
    noted = ledger.noted_for(account, environment.notes)
    if ledger.identity.id in noted:
        return True
    has_served = ledger.remote_cases.has_served(account)
    if not has_served and new is NewLedger.IGNORED:
        return False
    if noted or not has_served:
        ledger.withdraw()
    if noted:
        raise LedgerError(_other_ledger(ledger, account, max(noted.values(), key=lambda one: one.at)))
    if not has_served:
        _ask_about_new(ledger, account, console, new)
        ledger.keep()
    return True


def _ask_about_new(ledger: Ledger, account: str, console: Console, new: NewLedger) -> None:
    is_new = f"The ledger {_place(ledger)} is new for the account {account}"
    if new is NewLedger.ALLOWED:
        log_event("new_ledger", account=account, ledger=_place(ledger))
        return
    question = (
        f"{is_new}: what was sent with another ledger, by another user or in the portal is not known in it. If you have "
        f"imported before, stop, and use the ledger and folder of then."
    )
    allow = "add --new-ledger (in Python, new_ledger=True)"
    advice = f"There is no terminal to ask on: {allow} if this account is to begin with a new ledger. {_NOTHING}"
    if not console.decide(f"{question} Begin with a new ledger?", advice):
        raise Declined(_NOTHING)


def _other_ledger(ledger: Ledger, account: str, other: Noted) -> str:
    return (
        f"Another ledger serves the account {account}, as {other.source} notes: {other.path}, last used {_day(other)} UTC. What "
        f"was sent with it is not known in {_place(ledger)}, so that it would be sent again. Use that ledger, or a backup "
        f"of it with `importer ledger restored`. Only if it is lost for good, run `importer ledger forget {account}` and then "
        f"this command again. {_NOTHING}"
    )


def _place(ledger: Ledger) -> str:
    return ledger.identity.place


def _day(noted: Noted) -> str:
    return noted.at[:16].replace("T", " ")


def note_account(ledger: Ledger, environment: Environment, accounts: Accounts) -> None:
    """Note from now on that this ledger serves the account."""
    if not environment.is_sandbox:
        ledger.keep_notes(accounts.cases, environment.notes)
