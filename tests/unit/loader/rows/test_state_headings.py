"""Headings that may tell a state or something else: the cells below them, or the system, tell which."""

from __future__ import annotations

import pytest
from unit.loader.rows.test_row_verdicts import read

OPEN = "Rechnungsnummer;Kundenname;Rechnungsdatum;Fälligkeitsdatum;Restbetrag;Offen\n"
ROW = "1;Bodil Amsel;2026-06-01;2026-07-01;100,50;{}\n2;Kaj Drossel;2026-06-02;2026-07-02;200,50;{}\n"


def test_yes_and_no_below_a_name_of_the_open_amount_show_what_is_open(tmp_path):
    assert read(tmp_path, OPEN + ROW.format("Ja", "Nein")) == ["case 100.50", "left out no_claim"]
    amounts = "Rechnungsnummer;Kundenname;Rechnungsdatum;Fälligkeitsdatum;Offen\n"
    assert read(tmp_path, amounts + ROW.replace(";{}", "")) == ["case 100.50", "case 200.50"]


def test_a_state_of_an_invoice_is_no_state_of_the_debtor(tmp_path):
    head = "Invoice number,Customer name,Invoice date,Amount due,State\n"
    rows = "1,Bodil Amsel,2026-06-01,100.50,{}\n2,Kaj Drossel,2026-06-02,200.50,{}\n"
    assert read(tmp_path, head + rows.format("open", "void")) == ["case 100.50", "left out no_claim"]
    assert read(tmp_path, head + rows.format("CA", "NY")) == ["case 100.50", "case 200.50"]


@pytest.mark.parametrize("heading", ["Clearing document", "Ausgleichsbeleg"])
def test_a_clearing_document_shows_that_nothing_is_open(tmp_path, heading):
    head = f"Belegnummer;Name 1;Rechnungsdatum;Nettofälligkeit;Betrag in Belegwährung;{heading}\n"
    assert read(tmp_path, head + ROW.format("", "1400002011")) == ["case 100.50", "left out no_claim"]


def test_an_entry_without_a_type_is_a_question_where_its_system_types_every_invoice(tmp_path):
    head = "Invoice date;Document type;Document no.;Customer no.;Customer name;Remaining amount\n"
    rows = "2026-06-01;Invoice;1;10;Bodil Amsel;100.50\n2026-06-01;;2;11;Kaj Drossel;200.50\n"
    assert read(tmp_path, head + rows) == ["case 100.50", "asked state_unclear"]
    elsewhere = head.replace("Customer no.", "Region")
    assert read(tmp_path, elsewhere + rows) == ["case 100.50", "case 200.50"]


def test_lines_of_an_invoice_repeat_it_and_their_texts_describe_no_claim(tmp_path):
    head = "ContactName,InvoiceNumber,InvoiceDate,DueDate,Total,InvoiceAmountDue,Description,Currency\n"
    rows = "Bodil Amsel,1,2026-06-01,2026-07-01,100.50,100.50,{},DKK\n"
    path = tmp_path / "in.csv"
    assert read(tmp_path, head + rows.format("Coffee") + rows.format("Freight")) == ["case 100.50", "case 100.50"]
    assert b"Coffee" not in _payloads(path)


def _payloads(path) -> bytes:
    from unit.loader.rows.test_row_verdicts import CONTEXT

    from importer.domain.records import CaseRecord
    from importer.loader.profile import NO_PROFILE
    from importer.loader.source import open_file

    with open_file(path, NO_PROFILE, CONTEXT) as source:
        return b"".join(row.case.payload for row in source.rows if isinstance(row.case, CaseRecord))


def test_an_invoice_number_comes_before_an_id_of_the_system(tmp_path):
    head = "Invoice ID,Invoice number,Customer name,Invoice date,Amount due\n"
    assert read(tmp_path, f"{head}9001,INV-1,Bodil Amsel,2026-06-01,100.50\n") == ["case 100.50"]
    assert b'"creditorReference":"INV-1"' in _payloads(tmp_path / "in.csv")
    assert read(tmp_path, "Invoice ID,Customer name,Invoice date,Amount due\n9001,Bodil,2026-06-01,5.00\n") == ["case 5.00"]
    assert b'"creditorReference":"9001"' in _payloads(tmp_path / "in.csv")
