"""`importer resolve --send` and `--same-as`: the user's answer about a questioned entry, which was never sent."""

from __future__ import annotations

import asyncio
import getpass
import socket

from importer.commands.resolve import settle_as_existing
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.errors import UsageError
from importer.ledger.intake.user_answer import UserAnswer
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import require_ledger
from importer.workspace.environment import Environment


def answer(environment: Environment, name: str, same_as: str | None) -> str:
    """Answer the question about an entry: it is the same as ``same_as``, or (None) another claim, which is to be sent.

    ``same_as`` is an entry's label, or the id or reference of a case or voucher. One that no entry of this ledger has is
    looked up at the API. Returns a line for the user. Raises UsageError or ApiStopped; then nothing has changed.
    """
    require_ledger(environment.ledger_url)
    with Ledger.open(environment.ledger_url, "importer resolve") as ledger:
        ledger.outbox.recover()
        label, questioned = _find(ledger, name)
        if same_as is None:
            state = ledger.answers.send(questioned, UserAnswer(_user(), "send"))
            waits = " once its case is accepted" if state is State.BLOCKED else ""
            return f"{name} is another claim: it will be sent by the next `importer resume`{waits}."
        other = _other(ledger, label.kind, questioned, same_as.strip())
        given = UserAnswer(_user(), f"same as {same_as.strip()}")
        if other is None:
            found = asyncio.run(settle_as_existing(environment, ledger, questioned.id, name, same_as.strip()))
            ledger.answers.accept(questioned, found.columns(), given)
            return f"{name} is the same as {label.kind} {found.id}, and will not be sent."
        ledger.answers.same(questioned, other, given)
        return f"{name} is the same as {EntryLabel.of(label.kind, other.id, other.key).text()}, and will not be sent."


def _find(ledger: Ledger, name: str) -> tuple[EntryLabel, ExistingEntry]:
    label = EntryLabel.parse(name.strip())
    found = ledger.answers.entry(label) if label else None
    if label is None or found is None:
        raise UsageError(f"There is no entry {name} in this ledger. Copy it from #entry of an error sheet, such as C12-3f9a2b.")
    if found.id != label.entry_id:
        raise UsageError(f"Entry {name} was replaced by {EntryLabel.of(label.kind, found.id, found.key).text()}.")
    if found.state is not State.QUESTIONED:
        state = found.state.replace("_", " ")
        raise UsageError(f"Entry {name} is {state}: there is no question about it. --send and --same-as are for questioned ones.")
    return label, found


def _other(ledger: Ledger, kind: RecordKind, questioned: ExistingEntry, same_as: str) -> ExistingEntry | None:
    """Return the entry that the user has named by its label, id or reference; None if this ledger has none with that id."""
    label = EntryLabel.parse(same_as)
    other = ledger.answers.entry(label) if label else ledger.answers.owner_of(questioned, same_as)
    if other is None:
        if label:
            raise UsageError(f"There is no entry {same_as} in this ledger. Copy the label from the reason in #errors.")
        return None
    if not ledger.answers.may_be_same(questioned, other):
        raise UsageError(f"{same_as} cannot be the same {kind}: it is the entry itself, or of another kind or account.")
    if other.state is State.QUESTIONED:
        raise UsageError(f"{same_as} is questioned as well. Answer that first.")
    return other


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # no name for this user id
        name = "unknown"
    return f"{name}@{socket.gethostname()}"
