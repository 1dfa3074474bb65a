"""Build the case of a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from importer.domain.former_payloads import former_payload, former_state
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.later_words import LaterWord
from importer.domain.match_keys import case_key, folded_creditor
from importer.domain.models import STATE_MISSING, Case
from importer.domain.notes import NoteKind
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, CaseRow, LeftOut, NoClaim, Reject
from importer.domain.states import RejectStatus
from importer.domain.us_states import US, find_us_state
from importer.loader.context import LoadContext
from importer.loader.joins.composed import COMPOSED_CODES
from importer.loader.records.formula_texts import FORMULA_TEXT
from importer.loader.records.named_case import named_case
from importer.loader.records.optional_values import read_optional
from importer.loader.records.party import NOTHING_READ, PartyReading
from importer.loader.records.personal_numbers import PERSONAL_NUMBER
from importer.loader.records.row_values import RowValues
from importer.loader.rows.verdict import NOT_DUE, PLAIN_CLAIM, Role, RowVerdict
from importer.loader.values.identifiers import check_postal_code
from importer.loader.values.text import ValueProblem


def case_of(
    found: RowValues,
    context: LoadContext,
    hint: EntryLabel | None,
    debtor: PartyReading,
    verdict: RowVerdict = PLAIN_CLAIM,
) -> CaseRow:
    """Return the case of a row, left out if it is no claim or not due yet, or a reject with every reason against it.

    ``debtor`` is what the row says of its debtor, whose type is in the values already. ``verdict`` is that of the columns that
    show whether the row is a claim.
    """
    if context.test_cases:
        found.values["is_test"] = True
    if verdict.role not in (Role.LEFT_OUT, Role.CREDIT):
        return _claim(found, context, hint, debtor, verdict)
    if verdict.unconfirmed is None:
        return _left_out(found, context, hint, verdict, debtor)
    return _not_confirmed(found, context, hint, verdict, debtor)


def _claim(
    found: RowValues, context: LoadContext, hint: EntryLabel | None, debtor: PartyReading, verdict: RowVerdict
) -> CaseRecord | LeftOut | Reject:
    """Return the case of a row that may be a claim: left out if it is not due yet, or a reject with every reason against it."""
    if verdict.amount is not None:
        found.values["amount_to_recover"] = verdict.amount
    notes = read_optional(found, leaves_out=context.leaves_out_wrong)
    state: str | None = found.values.get("debtor_state")
    _read_debtor_place(found)
    _check_due_year(found, context)
    case = found.validated(Case, context)
    if case is None:
        former = _read_formerly(found, context, state)
        record = _record_of(found, former, state, hint) if former else None
        return Reject(RecordKind.CASE, tuple(found.reasons), found.money("amount_to_recover"), _ref_of(found), record)
    record = _record_of(found, case, state, hint, debtor)
    if notes:
        record = replace(record, value_notes=notes)
    if early := _too_early(found, case, context):
        return LeftOut(record, early)
    if verdict is not PLAIN_CLAIM:
        disputed = verdict.reasons[0] if verdict.word is LaterWord.DISPUTED else None
        record = replace(record, questions=verdict.reasons, unconfirmed=verdict.unconfirmed, disputed=disputed)
    return record


def _too_early(found: RowValues, case: Case, context: LoadContext) -> Reason | None:
    """Return the reason why a claim is left out until a later import, None if it is due."""
    if case.due_date is None:
        return None
    if case.due_date >= context.today:
        return found.reason(NOT_DUE, _NOT_DUE_YET, "due_date")
    if (context.today - case.due_date).days < context.min_days_overdue:
        message = f"is less than {context.min_days_overdue:,} days ago, the min_days_overdue of the settings"
        return found.reason(NOT_DUE, f"{message}. Import the row again later", "due_date")
    return None


_NOT_DUE_YET = "is today or later, so that the claim is not due yet. Import the row again after that day"


def _check_due_year(found: RowValues, context: LoadContext) -> None:
    """Reject a due date so long after the invoice that its year is probably mistyped."""
    due, day = found.values.get("due_date"), found.values.get("date")
    if isinstance(due, date) and isinstance(day, date) and (due - day).days > context.max_days_ahead:
        message = f"is more than {context.max_days_ahead} days after the invoice, {day}. Check the year"
        found.reject("due_far_ahead", message, "due_date")


def _not_confirmed(
    found: RowValues, context: LoadContext, hint: EntryLabel | None, verdict: RowVerdict, debtor: PartyReading
) -> LeftOut | Reject:
    """Return a row of which a value says that it is no claim, which nobody has confirmed: a question until a person has.

    A row that makes no valid case is rejected for what is wrong: nobody has said yet that it is none.
    """
    case = _claim(found, context, hint, debtor, RowVerdict(amount=verdict.amount))
    if not isinstance(case, CaseRecord):
        return case
    return LeftOut(case, _completed(found, verdict.reasons[0]), None, verdict.unconfirmed, verdict.word)


def _left_out(
    found: RowValues, context: LoadContext, hint: EntryLabel | None, verdict: RowVerdict, debtor: PartyReading
) -> LeftOut | NoClaim | Reject:
    """Return a row that is no claim: with the case that it would be, if its other values make one, since it may wait.

    The case of a credit is none that waits. An amount that no claim can have is replaced: the case is only looked for.
    """
    money, ref, reason = found.money("amount_to_recover"), _ref_of(found), verdict.reasons[0]
    without = Reject(RecordKind.CASE, (_completed(found, reason),), money, ref, None, RejectStatus.LEFT_OUT)
    if verdict.role is Role.CREDIT or ref is None:
        return without
    named = named_case(found)
    found.values["amount_to_recover"] = max(found.values.get("amount_to_recover") or _LEAST, _LEAST)
    state: str | None = found.values.get("debtor_state")
    _read_debtor_place(found)
    found.reasons = [one for one in found.reasons if one.field != "amount_to_recover"]
    read_optional(found, leaves_out=True)
    case = found.validated(Case, context)
    if case is None and reason.code == NOT_DUE:
        return without
    if case is None:
        return NoClaim(verdict.word, named, without.reasons[0], money, hint)
    return LeftOut(_record_of(found, case, state, hint, debtor), without.reasons[0], money, None, verdict.word)


_LEAST = Decimal("0.01")


def _completed(found: RowValues, reason: Reason) -> Reason:
    """Return a reason about the amount with the row's own cell."""
    if reason.field is None:
        return reason
    return found.reason(reason.code, reason.message, reason.field)


def _record_of(
    found: RowValues, case: Case, state: str | None, hint: EntryLabel | None, debtor: PartyReading = NOTHING_READ
) -> CaseRecord:
    """Return the record of a valid case. ``state`` is the text of the row's cell.

    A row without a reference is identified by its values as earlier releases wrote them, so that its key never changes.
    """
    ref, payload, is_test = _ref_of(found), case.wire(), bool(case.is_test)
    values = "" if ref else (former_payload(case, state) if state else payload).decode()
    creditor = folded_creditor(case.creditor_company_name)
    base = case_key(ref or values, creditor, case.creditor_country_alpha2, is_test=is_test)
    remarks = (NoteKind.DUE_BEFORE_DATE,) if case.due_date is not None and case.due_date < case.date else ()
    party = debtor.party.as_json() if debtor.party else None
    amount = found.money("amount_to_recover")
    return CaseRecord(base, ref is None, ref, payload, amount, hint, is_test, remarks, party=party, asked=debtor.asked)


def _ref_of(found: RowValues) -> str | None:
    return found.values.get("case_ref") or found.values.get("creditor_reference")


def _read_formerly(found: RowValues, context: LoadContext, state: str | None) -> Case | None:
    """Return the case as earlier releases read it, if only what they did not check is wrong; else None.

    That is the state of a US debtor, a value that is joined or split, which they left out, a reference that is a personal
    number, and a text that begins as a formula does: the ledger knows such a case by its cells.
    """
    if any(reason.code not in _NOT_CHECKED_FORMERLY for reason in found.reasons):
        return None
    is_us = found.values.get("debtor_country") == US
    former = {f"debtor_{name}": value for name, value in former_state(US, state).items()} if is_us else {}
    return RowValues(RecordKind.CASE, found.values | former).validated(Case, context, formerly=True)


_STATE_UNKNOWN = "us_state"
_NOT_CHECKED_FORMERLY = COMPOSED_CODES | {_STATE_UNKNOWN, STATE_MISSING, PERSONAL_NUMBER, FORMULA_TEXT}


def _read_debtor_place(found: RowValues) -> None:
    """Check the postal code, and replace the state of a US debtor by its two letters in a member of its own."""
    values = found.values
    country, state = values.get("debtor_country", ""), values.get("debtor_state")
    try:
        check_postal_code(country, values.get("debtor_zip_code", ""))
    except ValueProblem as error:
        found.reject(error.code, str(error), "debtor_zip_code")
    if country != US or not state:
        return
    del values["debtor_state"]
    if code := find_us_state(state):
        values["debtor_state_alpha2"] = code
    else:
        message = "is not a state of the US. Write its two letters (CA) or its name (California)"
        found.reject(_STATE_UNKNOWN, message, "debtor_state")
