"""Build the case of a row."""

from __future__ import annotations

from typing import Any

from importer.domain.code_lists import DebtorType, find_debtor_type, is_by_name, is_state_code, looks_like_a_company
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import case_key, folded_creditor
from importer.domain.models import Case
from importer.domain.records import CaseRecord, Reject
from importer.loader.context import LoadContext
from importer.loader.records.row_values import RowValues
from importer.loader.values.identifiers import check_postal_code
from importer.loader.values.text import ValueProblem


def case_of(found: RowValues, context: LoadContext, hint: EntryLabel | None, *, derive_debtor_type: bool) -> CaseRecord | Reject:
    """Return the case of a row, or a reject with every reason against it.

    ``derive_debtor_type``: the sheet has no column ``debtor_type`` and needs none (Debitura's own template).
    """
    if context.test_cases:
        found.values["is_test"] = True
    _read_debtor_type(found, derive_debtor_type=derive_debtor_type)
    _read_debtor_place(found)
    money = found.money("amount_to_recover")
    ref = found.values.get("case_ref") or found.values.get("creditor_reference")
    case = found.validated(Case, context)
    if case is None:
        return Reject(RecordKind.CASE, tuple(found.reasons), money, ref)
    payload = case.wire()
    creditor, is_test = folded_creditor(case.creditor_company_name), bool(case.is_test)
    base = case_key(ref or payload.decode(), creditor, case.creditor_country_alpha2, is_test=is_test)
    return CaseRecord(base, ref is None, ref, payload, money, hint, is_test)


def _by_name(values: dict[str, Any]) -> DebtorType:
    """Return the debtor type that the name suggests, and drop a contact person that only repeats a person's name."""
    name = values.get("debtor_name", "")
    if looks_like_a_company(name) or "debtor_registration_number" in values:
        return DebtorType.COMPANY
    if values.get("debtor_contact_person") == name:
        values.pop("debtor_contact_person", None)
    return DebtorType.PERSON


def _read_debtor_type(found: RowValues, *, derive_debtor_type: bool) -> None:
    """Read the debtor type from its cell or, in Debitura's own template, from whether there is a contact person."""
    values = found.values
    if derive_debtor_type:
        values["debtor_type"] = DebtorType.COMPANY if "debtor_contact_person" in values else DebtorType.PERSON
        if values["debtor_type"] is DebtorType.PERSON and looks_like_a_company(values.get("debtor_name", "")):
            found.reject("contact_person", "is missing. A company needs a contact person", "debtor_contact_person")
    elif "debtor_type" in values:
        kind = _by_name(values) if is_by_name(values["debtor_type"]) else find_debtor_type(values["debtor_type"])
        if kind is None:
            found.reject("debtor_type", "is neither Company nor Person. Write one of them", "debtor_type")
        values["debtor_type"] = kind


def _read_debtor_place(found: RowValues) -> None:
    """Check the postal code, and move a state's code to a member of its own."""
    values = found.values
    country, state = values.get("debtor_country", ""), values.get("debtor_state")
    try:
        check_postal_code(country, values.get("debtor_zip_code", ""))
    except ValueProblem as error:
        found.reject(error.code, str(error), "debtor_zip_code")
    if state and is_state_code(country, state):
        values["debtor_state_alpha2"] = state.upper()
        del values["debtor_state"]
