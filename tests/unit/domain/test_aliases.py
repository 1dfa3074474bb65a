"""Tests of the headings of other systems: each has one meaning, in any spelling of its letters."""

from __future__ import annotations

import pytest

from importer.domain.aliases import Names, counter_heading, keys_of, names_of, system_of, systems
from importer.domain.columns import CASE_COLUMNS, VOUCHER_COLUMNS, columns_of, index_of, own_index, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import fold


@pytest.mark.parametrize("kind", RecordKind)
def test_no_name_of_another_system_is_sure_or_weak_for_two_columns(kind) -> None:
    meant: dict[str, set[str]] = {}
    for column in columns_of(kind):
        for name in (*column.elsewhere.sure, *column.elsewhere.weak):
            for key in keys_of(name):
                meant.setdefault(key, set()).add(column.name)
    assert not {key: names for key, names in meant.items() if len(names) > 1}


@pytest.mark.parametrize("kind", RecordKind)
def test_every_sure_name_leads_to_its_column_and_no_weak_one_does(kind) -> None:
    for column in columns_of(kind):
        for name in column.elsewhere.sure:
            assert {index_of(kind)[key] for key in keys_of(name)} == {column.name}, name
        for name in column.elsewhere.weak:
            assert all(own_index(kind).get(key, column.name) == column.name for key in keys_of(name)), name
    assert not set(weak_index(kind)) & set(index_of(kind))


@pytest.mark.parametrize("kind", RecordKind)
def test_a_name_that_is_only_asked_about_is_never_taken(kind) -> None:
    taken = index_of(kind) | weak_index(kind)
    for column in columns_of(kind):
        assert not [name for name in column.elsewhere.ask if fold(name) in taken], column.name


def test_no_name_stands_twice_in_one_list() -> None:
    for column in (*CASE_COLUMNS, *VOUCHER_COLUMNS):
        for names in (column.elsewhere.sure, column.elsewhere.weak, column.elsewhere.ask):
            folded = [fold(name) for name in names]
            assert len(set(folded)) == len(folded), (column.name, folded)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Fakturanr.", "creditor_reference"),
        ("FAKTURA NR", "creditor_reference"),
        ("Förfallodatum", "due_date"),
        ("Foerfallodatum", "due_date"),
        ("Forfallodatum", "due_date"),
        ("Fo\u0308rfallodatum", "due_date"),
        ("Fälligkeitsdatum", "due_date"),
        ("Faelligkeitsdatum", "due_date"),
        ("Restbeløb", "amount_to_recover"),
        ("Restbeloeb", "amount_to_recover"),
        ("Restbelob", "amount_to_recover"),
        ("Währung", "currency"),
        ("WAEHRUNG", "currency"),
        ("Straße", "debtor_address"),
        ("STRASSE", "debtor_address"),
        ("*InvoiceNumber", "creditor_reference"),
        ("Postnr.", "debtor_zip_code"),
        ("PLZ", "debtor_zip_code"),
        ("Org.nr", "debtor_registration_number"),
        ("CVR-nr.", "debtor_registration_number"),
    ],
)
def test_headings_of_other_systems(heading, name) -> None:
    assert index_of(RecordKind.CASE)[fold(heading)] == name


@pytest.mark.parametrize(
    "heading", ["Beløb", "Betrag", "Belopp", "Beløp", "Amount", "Total", "Kunde", "Navn", "Dato", "Bilagsnr.", "Sagsnr."]
)
def test_headings_that_mean_one_thing_here_and_another_there_are_weak(heading) -> None:
    assert fold(heading) not in index_of(RecordKind.CASE)
    assert fold(heading) in weak_index(RecordKind.CASE)


@pytest.mark.parametrize(
    "heading", ["Saldo", "Balance", "Konto", "Kundenr.", "Bogføringsdato", "Buchungsdatum", "Nummer", "Beløb (RV)", "Netto"]
)
def test_headings_that_would_be_guesses_are_not_taken_at_all(heading) -> None:
    assert fold(heading) not in index_of(RecordKind.CASE) | weak_index(RecordKind.CASE)


def test_vouchers_share_the_names_of_dates_and_currencies_with_cases() -> None:
    assert names_of("voucher", "due_date") == names_of("case", "due_date")
    assert names_of("case", "is_test") == Names()


def test_an_amount_is_doubted_for_headings_that_speak_of_payments_balances_taxes_and_sides() -> None:
    told = {
        heading: counter_heading("amount_to_recover", fold(heading))
        for heading in ("Betalt", "Indbetalt i alt", "Utest. i dag", "Saldo")
    }
    assert told == {"Betalt": "paid", "Indbetalt i alt": "paid", "Utest. i dag": "open", "Saldo": "open"}
    assert counter_heading("amount_to_recover", fold("MwSt")) == "tax"
    assert counter_heading("amount_to_recover", fold("S/H")) == "sign"
    for heading in ("Betalingsbetingelser", "Zahlungsziel", "Interest", "Adresse", "Forfaldsdato", "Tekst"):
        assert counter_heading("amount_to_recover", fold(heading)) is None, heading


@pytest.mark.parametrize(
    ("dates", "date"), [(("Posting Date",), "Posting Date"), (("Posting Date", "Document Date"), "Document Date")]
)
def test_a_posting_date_is_the_date_only_without_that_of_the_document(dates, date) -> None:
    system = system_of(map(fold, (*dates, "Document Type", "Document No.", "Customer No.", "Due Date", "Remaining Amount")))
    assert system is not None
    assert [key for key, column in system.case.items() if column == "date"] == [fold(date)]


def test_systems_are_given_away_by_several_headings_of_their_own() -> None:
    assert {"Xero", "QuickBooks", "Stripe", "Business Central", "SAP"} <= {system.name for system in systems()}
    assert all(len(system.has) > 2 for system in systems())
