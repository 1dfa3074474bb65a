"""The verdict on a row by the columns that show whether it is a claim, and the reasons for it in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from importer.domain.later_words import LaterWord
from importer.domain.profile_lines import assignment
from importer.domain.reasons import Reason
from importer.domain.row_states import CREDITS, IN_WORDS, Meaning, Sort, sort_of

NOT_DUE = "not_due_yet"
NOTHING_OPEN, NO_CLAIM, CREDIT, FILTERED = "nothing_open", "no_claim", "credit", "row_filter"
UNKNOWN, UNCONFIRMED, HELD, PART_PAID, STATE_UNCLEAR = "row_state", "state_unconfirmed", "disputed", "part_paid", "state_unclear"
SETTLED = "settled_but_open"


class Role(Enum):
    """What a row is by the columns that tell it."""

    CLAIM = auto()
    LEFT_OUT = auto()
    CREDIT = auto()
    """A credit note or a payment: left out, and it holds back the claims of its debtor."""
    QUESTION = auto()


@dataclass(frozen=True, slots=True)
class RowFinding:
    """What one cell says about its row. ``unconfirmed`` asks whether the cell is understood, if that is not certain."""

    role: Role
    reason: Reason | None = None
    unconfirmed: Reason | None = None
    word: LaterWord = LaterWord.WITHDRAWN


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What a row is, with the reasons. ``amount`` is what is open, if that is not what the column of the claim holds.

    ``unconfirmed`` asks whether a value is understood: until a person has confirmed it, the row is a question.
    """

    role: Role = Role.CLAIM
    reasons: tuple[Reason, ...] = ()
    unconfirmed: Reason | None = None
    amount: Decimal | None = None
    word: LaterWord = LaterWord.WITHDRAWN


PLAIN_CLAIM = RowVerdict()


def verdict_of(findings: Iterable[RowFinding], amount: Decimal | None = None) -> RowVerdict:
    """Return the verdict on a row.

    What says that it is no claim outweighs a question, and that outweighs what says that it is a claim. Of several reasons
    not to send it a certain one counts.
    """
    found = list(findings)
    for role in (Role.LEFT_OUT, Role.CREDIT):
        against = [one for one in found if one.role is role]
        if against:
            first = next((one for one in against if one.unconfirmed is None), against[0])
            return RowVerdict(role, (first.reason,) if first.reason else (), first.unconfirmed, amount, first.word)
    return _claim_or_question(found, amount)


def _claim_or_question(found: Sequence[RowFinding], amount: Decimal | None) -> RowVerdict:
    asked = tuple(dict.fromkeys(one.reason for one in found if one.role is Role.QUESTION and one.reason))
    unconfirmed = next((one.unconfirmed for one in found if one.unconfirmed), None)
    is_disputed = any(one.word is LaterWord.DISPUTED for one in found)
    word = LaterWord.DISPUTED if is_disputed else LaterWord.WITHDRAWN
    return RowVerdict(Role.QUESTION if asked else Role.CLAIM, asked, unconfirmed, amount, word)


def with_finding(verdict: RowVerdict, found: RowFinding | None) -> RowVerdict:
    """Return the verdict on a row with one more finding: it is a credit, is left out, or is asked about.

    A row that is left out already stays so.
    """
    if found is None or found.reason is None or verdict.role in (Role.LEFT_OUT, Role.CREDIT):
        return verdict
    if found.role in (Role.LEFT_OUT, Role.CREDIT):
        return RowVerdict(found.role, (found.reason,), found.unconfirmed, verdict.amount, found.word)
    return RowVerdict(Role.QUESTION, (*verdict.reasons, found.reason), verdict.unconfirmed, verdict.amount, verdict.word)


_WORDS = {Meaning.PAID: LaterWord.PAID, Meaning.CREDITED: LaterWord.CREDITED, Meaning.DISPUTED: LaterWord.DISPUTED}

# What one cell says


def finding_of(meaning: Meaning, heading: str, text: str, *, is_certain: bool, is_open: bool) -> RowFinding:
    """Return what a value with a known meaning says. ``is_open``: another column shows that an amount is open."""
    unconfirmed = None if is_certain else _unconfirmed(meaning, heading, text)
    sort = sort_of(meaning)
    if sort is Sort.NO_CLAIM:
        role = Role.CREDIT if meaning in CREDITS else Role.LEFT_OUT
        return RowFinding(role, no_claim(meaning, heading, text), unconfirmed, _WORDS.get(meaning, LaterWord.WITHDRAWN))
    if sort is Sort.QUESTION:
        return asked_about(meaning, heading, text)
    if meaning in (Meaning.BOOKED, Meaning.PART_PAID) and not is_open:
        return RowFinding(Role.QUESTION, _without_open_amount(meaning, heading, text))
    return RowFinding(Role.CLAIM, None, unconfirmed)


def asked_about(meaning: Meaning, heading: str, text: str) -> RowFinding:
    """Return what a cell says that holds its row. A dispute also matters to a case that was sent."""
    return RowFinding(Role.QUESTION, question(meaning, heading, text), word=_WORDS.get(meaning, LaterWord.WITHDRAWN))


def no_claim(meaning: Meaning, heading: str, text: str) -> Reason:
    """Return the reason to leave out a row of which a cell says that it is no claim."""
    code = {Meaning.NOT_DUE: NOT_DUE}.get(meaning, CREDIT if meaning in CREDITS else NO_CLAIM)
    return Reason(
        code, f"says that the row is {IN_WORDS[meaning]}: {_WHY_NOT.get(meaning, 'it is not sent')}", None, heading, text
    )


_WHY_NOT = {
    Meaning.CREDIT: "it lowers what the debtor owes and is not sent as a claim",
    Meaning.PAYMENT: "it lowers what the debtor owes and is not sent as a claim",
    Meaning.FEE: "it is no claim of its own",
    Meaning.NOT_DUE: "import the row again when it is",
    Meaning.PURCHASE: "it is what you owe, not what is owed to you",
}


def question(meaning: Meaning, heading: str, text: str) -> Reason:
    """Return the question about a row of which a cell says that something holds it."""
    if meaning is Meaning.UNCLEAR:
        message = "does not show whether the row is a claim. Answer whether it is sent"
        return Reason(STATE_UNCLEAR, message, None, heading, text)
    message = f"says that the row is {IN_WORDS[meaning]}. Answer whether it is sent all the same"
    return Reason(HELD, message, None, heading, text)


def unknown(heading: str, text: str) -> Reason:
    """Return the question about a value that nobody knows."""
    shown = text or "(empty)"
    message = (
        f"is not known, so that it does not show whether the row is a claim. Say in the profile what it means: "
        f"under [values.row_state], {assignment(text, 'claim')} or {assignment(text, 'no claim')}"
    )
    return Reason(
        UNKNOWN, message, None, heading, shown, gist="is not known, so that it does not show whether the row is a claim"
    )


def _unconfirmed(meaning: Meaning, heading: str, text: str) -> Reason:
    message = (
        f"is taken for {IN_WORDS[meaning]}, which nobody has confirmed for this kind of list. Approve an import that shows it, "
        f"or say in the profile what it means: under [values.row_state], {assignment(text, meaning.value.replace('_', ' '))}"
    )
    gist = f"is taken for {IN_WORDS[meaning]}, which nobody has confirmed for this kind of list"
    return Reason(UNCONFIRMED, message, None, heading, text, gist=gist)


def _without_open_amount(meaning: Meaning, heading: str, text: str) -> Reason:
    message = f"says that the row is {IN_WORDS[meaning]}, and no column shows what is still open. Answer whether the amount is"
    return Reason(PART_PAID, message, None, heading, text)


def part_paid(heading: str, text: str) -> Reason:
    """Return the question about a row of which something was paid, if it is not known whether its amount is what is left."""
    message = "was paid, and it is not proved whether the amount of the row is what was invoiced or what is still open"
    return Reason(PART_PAID, f"{message}. Answer whether it is still open", None, heading, text)


def suspected(heading: str, text: str) -> RowFinding:
    """Return the question about a value below a heading that is not known and may show that the row is no claim."""
    gist = "may say that the row is no claim, and the heading of its column is not known"
    message = (
        f"{gist}. Say in the profile what it means: under [values.row_state], {assignment(text, 'claim')} or "
        f"{assignment(text, 'no claim')}; or that the column says nothing about it, by adding its heading to ignore"
    )
    return RowFinding(Role.QUESTION, Reason(UNKNOWN, message, None, heading, text or "(empty)", gist=gist))


def settled_but_open(heading: str, text: str) -> Reason:
    """Return the question about a row with a day on which nothing of it was left open, and an open amount above zero."""
    message = "says that nothing is open any more, and the row has an open amount. Answer whether the amount is still open"
    return Reason(SETTLED, message, None, heading, text)


def contradicted(heading: str, text: str) -> Reason:
    """Return the question about a row whose open amount is more than what was invoiced less what was settled."""
    message = "was settled, so that less is left of the invoice than the row calls open. Answer whether the amount is still open"
    return Reason(PART_PAID, message, None, heading, text)
