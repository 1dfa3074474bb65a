"""`importer adopt`: take over cases of Debitura that this ledger did not send, for rows that are questioned about them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from importer.commands.answer import find_questioned
from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.remote_cases import Claim, RemoteCase, differences, one_to_one
from importer.errors import ApiStopped, Declined, UsageError
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.user_answer import UserAnswer
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.look_alikes import NumberedCase
from importer.ledger.outbox.remote_cases import QuestionedCase
from importer.ledger.storage.location import require_ledger
from importer.workspace.console import Console
from importer.workspace.dispatch import find_accounts
from importer.workspace.environment import Environment
from importer.workspace.four_eyes import require_other_person_to_send
from importer.workspace.list_look import look_before_sending
from importer.workspace.person import current_person

MOST_SHOWN = 20
_COMMAND = "importer adopt"


def adopt_equal(environment: Environment, console: Console, *, confirmed: bool) -> list[str]:
    """Adopt the cases that are one to one with a questioned row, after a question. Returns lines for the user.

    Nothing is held while the user thinks: the rows are compared again before they are adopted.

    Raises UsageError without a terminal and without ``confirmed``, Declined for a no, ApiStopped if the list cannot be read,
    ApprovalNeeded if this person may not approve the batch of a row, whose vouchers would be sent.
    """
    with _looked(environment, console) as (ledger, accounts):
        questioned = ledger.remote_cases.questioned(accounts)
    if not questioned:
        return ["No row is questioned because of a case at Debitura."]
    matches = equal_pairs(questioned)
    left = _one_by_one([found for found in questioned if found.entry_id not in matches])
    if not matches:
        return ["No case is equal to a row in all: nothing was adopted.", *left]
    for line in _shown(questioned, matches):
        console.note(line)
    _confirm(len(matches), console, confirmed=confirmed)
    with environment.open_ledger(_COMMAND) as ledger:
        now = ledger.remote_cases.questioned(accounts)
        if equal_pairs(now) != matches:
            raise UsageError("The rows that are equal to a case have changed meanwhile. Nothing was adopted: run it again.")
        require_other_person_to_send(environment.settings.approval, ledger, matches, "Nothing was adopted")
        for found in now:
            if found.entry_id in matches:
                _accept(ledger, find_questioned(ledger, found.label)[1], matches[found.entry_id].case)
    adopted = "1 case was adopted." if len(matches) == 1 else f"{len(matches):,} cases were adopted."
    return [adopted, *left, "`importer resume` sends their vouchers."]


def adopt_one(environment: Environment, console: Console, name: str, case_name: str, *, refused: bool = False) -> str:
    """Adopt one case for a questioned row, after the differences were confirmed, or record that the row is not this case.

    Raises UsageError if that is not possible or nobody can be asked, Declined for a no, ApiStopped if the list cannot be read,
    ApprovalNeeded if this person may not approve the batch of the row, whose vouchers would be sent.
    """
    with _looked(environment, console) as (ledger, accounts):
        known, found = _pair(ledger, accounts, name, case_name)
        if refused:
            answer = UserAnswer(current_person().text(), f"not {found.case.name}").as_json()
            ledger.remote_cases.refuse(known.id, found.id, answer)
            return (
                f"It is recorded that {name} is not case {found.case.name}. The row is not sent before that is said too: "
                f"`importer resolve {name} --send`."
            )
    _confirm_one(name, known, found.case, console)
    with environment.open_ledger(_COMMAND) as ledger:
        now, stored = _pair(ledger, accounts, name, case_name)
        if (now.state, now.payload, stored) != (known.state, known.payload, found):
            raise UsageError(f"Entry {name} or the case has changed meanwhile. Nothing was adopted: run it again.")
        require_other_person_to_send(environment.settings.approval, ledger, [now.id], f"{name} was not adopted")
        _accept(ledger, now, found.case)
    return f"{name} is adopted as case {found.case.name} ({found.case.case_id}). `importer resume` sends its vouchers."


def _pair(ledger: Ledger, accounts: Accounts, name: str, case_name: str) -> tuple[ExistingEntry, NumberedCase]:
    """Return a questioned case and the remote case that is to be adopted for it. Raises UsageError."""
    label, known = find_questioned(ledger, name)
    if label.kind is not RecordKind.CASE:
        raise UsageError(f"Entry {name} is a voucher, and only cases are adopted. See `--same-as` of `importer resolve`.")
    return known, _case_named(ledger, accounts, name, case_name)


def equal_pairs(questioned: Sequence[QuestionedCase]) -> Mapping[int, NumberedCase]:
    """Return the remote case of each entry that is one to one with it in all that is compared."""
    cases = {stored.id: stored for found in questioned for stored in found.alike}
    equal = (
        (found.entry_id, stored.id)
        for found in questioned
        for stored in found.alike
        if not differences(found.claim, stored.case.claim)
    )
    return {entry_id: cases[stored_id] for entry_id, stored_id in one_to_one(equal).items()}


@contextmanager
def _looked(environment: Environment, console: Console) -> Iterator[tuple[Ledger, Accounts]]:
    """Open the ledger, and look at the account's list first, so that no case is passed over that was made since."""
    require_ledger(environment.ledger_url)
    with environment.open_ledger(_COMMAND) as ledger:
        ledger.outbox.recover()
        accounts = asyncio.run(find_accounts(ledger, environment, console))
        if unread := look_before_sending(ledger, environment, accounts, console):
            raise ApiStopped(f"{unread.why} Nothing was adopted.")
        yield ledger, accounts


def _case_named(ledger: Ledger, accounts: Accounts, name: str, case_name: str) -> NumberedCase:
    found = ledger.remote_cases.named(accounts, case_name)
    if found is None:
        raise UsageError(
            f"This ledger knows no case {case_name} of Debitura that belongs to no row. Check the id. A case that the list no "
            f"longer shows is taken with `importer resolve {name} --same-as {case_name}`."
        )
    return found


def _confirm_one(name: str, known: ExistingEntry, case: RemoteCase, console: Console) -> None:
    claim = Claim.of_payload(known.payload)
    if case.claim.is_test is not None and case.claim.is_test is not claim.is_test:
        which = "a test case" if case.claim.is_test else "no test case"
        raise UsageError(f"Case {case.name} is {which}, unlike the row: it cannot be adopted for {name}.")
    found = "; ".join(difference.in_words() for difference in differences(claim, case.claim))
    compared = f"They differ: {found}." if found else "Creditor, reference, debtor, amount, currency and date are equal."
    advice = "There is no terminal to ask on. Without one, `importer adopt --yes` takes those that are equal in all."
    if not console.decide(f"Adopt case {case.in_words()} for {name}? {compared}", advice):
        raise Declined("Nothing was adopted.")


def _confirm(count: int, console: Console, *, confirmed: bool) -> None:
    cases = "1 case that is" if count == 1 else f"{count:,} cases that are"
    question = f"Adopt {cases} equal to a row in creditor, reference, debtor, amount, currency and date?"
    if not confirmed and not console.decide(question, "There is no terminal to ask on: add --yes to adopt them."):
        raise Declined("Nothing was adopted.")


def _accept(ledger: Ledger, known: ExistingEntry, case: RemoteCase) -> None:
    columns = {"remote_id": case.case_id, "remote_reference": case.reference, "remote_facts": case.facts}
    ledger.answers.accept(known, columns, UserAnswer(current_person().text(), f"adopted {case.name}"))


def _shown(questioned: Sequence[QuestionedCase], matches: Mapping[int, NumberedCase]) -> list[str]:
    equal = [found for found in questioned if found.entry_id in matches]
    lines = [
        f"  {found.label}  {found.ref or 'without a reference'}, {_debt(found)}: case {matches[found.entry_id].case.in_words()}"
        for found in equal[:MOST_SHOWN]
    ]
    return [*lines, *([f"  and {len(equal) - MOST_SHOWN:,} more"] if len(equal) > MOST_SHOWN else [])]


def _debt(found: QuestionedCase) -> str:
    """Return who owes how much: ``Alfa Transport ApS, DKK 1,250.50``."""
    amount = f"{found.claim.amounts[0]:,.2f}" if found.claim.amounts else "no amount"
    return f"{found.claim.debtor or 'without a name'}, {found.claim.currency} {amount}"


def _one_by_one(left: Sequence[QuestionedCase]) -> list[str]:
    """Return a line for each row that must be compared by a person."""
    alike = [found for found in left if found.alike]
    lines = [f"  importer adopt {found.label} --case {_nearest(found).name}: {_why(found)}" for found in alike[:MOST_SHOWN]]
    more = [f"  and {len(alike) - MOST_SHOWN:,} more, in errors.xlsx"] if len(alike) > MOST_SHOWN else []
    return [f"{len(alike):,} rows must be compared one by one:", *lines, *more] if lines else []


def _nearest(found: QuestionedCase) -> RemoteCase:
    return min((stored.case for stored in found.alike), key=lambda case: len(differences(found.claim, case.claim)))


def _why(found: QuestionedCase) -> str:
    names = [difference.name for difference in differences(found.claim, _nearest(found).claim)]
    return f"{', '.join(names)} differ" if names else "several rows or cases are equal"
