"""A value that usually means that a row is no claim is a question until a person has confirmed it, whatever the row is."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.loader.rows.test_row_verdicts import CONTEXT

from importer.domain.records import CaseRecord, LeftOut, NoClaim, Reject
from importer.domain.row_states import Meaning, words_of
from importer.ledger.intake.later_words import no_claim_in
from importer.ledger.intake.no_claims import as_question
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

HEAD = "Invoice number;Customer name;Invoice date;Total;{}\n"


def one(tmp_path: Path, heading: str, row: str) -> object:
    path = tmp_path / "in.csv"
    path.write_text(HEAD.format(heading) + row + "\n", encoding="utf-8")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        (found,) = source.rows
    return found.case


def asked_code(case: object) -> str | None:
    assert isinstance(case, LeftOut), case
    question = as_question(case, is_confirmed=False)
    return question.questions[0].code if question else None


@pytest.mark.parametrize("row", ["1;Bodil;2026-06-01;10.00;Closed", ";Bodil;2026-06-01;10.00;Closed"])
def test_a_state_asks_with_and_without_a_reference(tmp_path, row):
    assert asked_code(one(tmp_path, "Status", row)) == "state_unconfirmed"


@pytest.mark.parametrize("kind", ["K", "H", "Cr", "Kredit", "Anzahlung", "Teilzahlung"])
@pytest.mark.parametrize("number", ["1", ""])
def test_a_credit_asks_as_well_and_is_about_no_case_that_waits(tmp_path, kind, number):
    case = one(tmp_path, "Document type", f"{number};Bodil;2026-06-01;10.00;{kind}")
    assert asked_code(case) == "state_unconfirmed"
    assert isinstance(case, LeftOut)
    assert no_claim_in(case, is_confirmed=True) is None
    assert as_question(case, is_confirmed=True) is None


def test_a_row_with_an_error_and_such_a_value_is_a_reject_and_withdraws_nothing(tmp_path):
    for row in ("1;Bodil;2026-13-01;10.00;Closed", "1;Bodil;2026-06-01;;Closed", "1;;2026-06-01;10.00;Closed"):
        case = one(tmp_path, "Status", row)
        assert isinstance(case, Reject)
        assert not case.is_left_out
        assert no_claim_in(case, is_confirmed=True) is None
    certain = one(tmp_path, "Status", "1;Bodil;2026-13-01;10.00;Paid")
    assert isinstance(certain, NoClaim)


def test_a_row_that_is_not_due_yet_withdraws_nothing_whatever_else_is_wrong(tmp_path):
    case = one(tmp_path, "Status", "1;Bodil;2026-13-01;10.00;Not due")
    assert isinstance(case, Reject)
    assert case.is_left_out


@pytest.mark.parametrize("kind", ["Abonnement", "Recurring invoice", "Wiederkehrende Rechnung", "Acontofaktura"])
def test_a_kind_of_invoice_is_asked_about_once_and_never_an_order(tmp_path, kind):
    case = one(tmp_path, "Document type", f"1;Bodil;2026-06-01;10.00;{kind}")
    assert isinstance(case, CaseRecord)
    assert case.unconfirmed is not None
    assert "an invoice" in case.unconfirmed.message


def test_a_cash_invoice_does_not_show_whether_it_is_open(tmp_path):
    case = one(tmp_path, "Document type", "1;Bodil;2026-06-01;10.00;Kontantfaktura")
    assert isinstance(case, CaseRecord)
    assert [reason.code for reason in case.questions] == ["state_unclear"]


def test_no_type_that_is_called_an_invoice_is_an_order():
    certain, usual = words_of(Meaning.ORDER)
    words = ("faktura", "rechnung", "invoice")
    assert not [one for one in (*certain, *usual) if any(word in one.casefold() for word in words)]
