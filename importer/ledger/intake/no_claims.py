"""Rows that are no claim: left out, or noted as changed if the claim was sent before."""

from __future__ import annotations

from dataclasses import replace

from importer.domain.kinds import QuestionKind
from importer.domain.questions import kinds_of
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LeftOut

OF_ROWS = frozenset(
    {
        QuestionKind.ROW_STATE,
        QuestionKind.UNCONFIRMED,
        QuestionKind.STATE_UNCLEAR,
        QuestionKind.DISPUTED,
        QuestionKind.PART_PAID,
        QuestionKind.SETTLED,
        QuestionKind.CREDITS,
        QuestionKind.UNASSIGNED,
        QuestionKind.SUM,
        QuestionKind.SUBTOTAL,
        QuestionKind.DEBTOR_TYPE,
        QuestionKind.NEW_INVOICES,
    }
)
"""The questions that a row asks of itself. A later row of the same claim that does not ask them takes them back."""

OF_OTHER_ROWS = frozenset(
    {QuestionKind.CREDITS, QuestionKind.UNASSIGNED, QuestionKind.SUM, QuestionKind.SUBTOTAL, QuestionKind.PART_PAID}
)
"""Those of them that other rows of the list raise."""

NOT_YET = "not_due_yet"
IS_CREDIT = "credit"


def is_about_its_case(case: LeftOut) -> bool:
    """Return whether a left-out row says of its case that it is no claim any more.

    One that is not due yet is a claim later. A credit is no case that could wait, and a row without a reference names none.
    """
    return case.reason.code not in (NOT_YET, IS_CREDIT) and case.ref is not None


def as_question(case: LeftOut, *, is_confirmed: bool) -> CaseRecord | None:
    """Return the case of a left-out row that is a question, since nobody has confirmed why it is left out; else None.

    A case that has another amount than its row, such as one of which nothing is open, can only be left out.
    """
    if case.unconfirmed is None or is_confirmed or case.amount not in {None, case.record.money}:
        return None
    return replace(case.record, questions=(case.unconfirmed,))


def asks_otherwise(stored: tuple[Reason, ...], asked: tuple[Reason, ...], *, is_part: bool) -> bool:
    """Return whether a row asks other questions about itself than those of its entry, and nothing else is asked there.

    ``is_part``: the row is from an error sheet, which is only a part of its list: that other rows do not raise a question there
    takes nothing back.
    """
    before, now = set(kinds_of(stored)), set(kinds_of(asked))
    if is_part and before & OF_OTHER_ROWS:
        return False
    return before != now and before <= OF_ROWS
