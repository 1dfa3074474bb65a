"""The documents of the cases in a ledger of an earlier release are derived from requests, vouchers and raw cells."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from support.ledgers import source, transaction
from support.lists import ListDriver
from support.old_ledgers import SCENARIOS, load_ledger

from importer.domain.accounts import Accounts
from importer.domain.document_keys import DocumentSource, document_of_case, document_of_voucher, documents_of_case
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.records import CaseRecord
from importer.errors import LedgerUpgraded
from importer.ledger.intake.intake import take_in
from importer.ledger.ledger import Ledger


def upgraded(scenario, path, prepare=""):
    load_ledger(scenario, path)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(prepare)
    with pytest.warns(LedgerUpgraded):
        Ledger.open(f"sqlite:///{path}", "test").close()


def rows_of(path, query):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_case_of_an_old_ledger_carries_its_documents(tmp_path, scenario):
    path = tmp_path / "ledger.db"
    upgraded(scenario, path)
    expected = {
        (entry, one.key, one.source.value)
        for entry, ref, payload in rows_of(
            path, "SELECT id, ref, payload FROM entry WHERE kind = 'case' AND superseded_by IS NULL AND ref IS NOT NULL"
        )
        for one in documents_of_case(ref, payload)
    }
    stored = set(rows_of(path, "SELECT entry_id, key, source FROM document"))
    assert expected <= stored
    vouchers = rows_of(
        path,
        "SELECT v.case_id, v.payload, c.payload FROM entry v JOIN entry c ON c.id = v.case_id WHERE v.superseded_by IS NULL",
    )
    of_vouchers = {(case, one.key) for case, own, of in vouchers if (one := document_of_voucher(own, of))}
    assert of_vouchers <= {(case, key) for case, key, _ in stored}
    unknown = rows_of(path, "SELECT id FROM entry WHERE kind = 'case' AND superseded_by IS NULL AND ref IS NULL")
    assert {case for case, _, source in stored if source == DocumentSource.UNKNOWN} == {case for (case,) in unknown}


def test_a_number_that_only_the_raw_cells_show_is_the_document(tmp_path):
    """A case without a reference, in a sheet whose unused column is headed as invoice numbers are."""
    path = tmp_path / "ledger.db"
    upgraded("version-4/same-rows", path, """UPDATE batch SET heads = replace(heads, '"debtor_state"', '"Fakturanr."')""")
    query = "SELECT e.id, e.payload, r.cells FROM entry e JOIN row r ON r.id = e.row_id WHERE e.kind = 'case' AND e.ref IS NULL"
    shown = {case: (payload, cell) for case, payload, cells in rows_of(path, query) if (cell := json.loads(cells)[9])}
    assert shown
    stored = dict(rows_of(path, "SELECT entry_id, key FROM document WHERE source = 'reference'"))
    assert {case: stored[case] for case in shown} == {
        case: documents_of_case(number, payload)[0].key for case, (payload, number) in shown.items()
    }


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
@pytest.mark.parametrize("scenario", ["version-3/every-state", "version-4/every-state", "version-4/same-rows"])
def test_what_an_earlier_release_sent_by_row_is_not_sent_by_debtor(tmp_path, scenario):
    path = load_ledger(scenario, tmp_path / "ledger.db")
    with Ledger.open(f"sqlite:///{path}", "test") as ledger:
        driver = ListDriver(ledger)
        (account,) = {one.account for one in driver.entries(RecordKind.CASE)}
        kept = [one for one in driver.entries(RecordKind.CASE) if one.ref and one.superseded_by is None]
        sent = [one for one in kept if one.state in {"accepted", "in_doubt", "held"}]
        records = [as_list(one) for one in sent]
        with transaction(ledger) as connection:
            batch = take_in(connection, source(*records, name="list.xlsx"), Accounts(account, account), "run")
        assert records
        assert {one.state for one in driver.entries(RecordKind.CASE) if one.batch_id == batch} <= {"accepted"}
        assert not [one for one in driver.entries(RecordKind.CASE) if one.base.startswith("of a list")]


def as_list(known):
    """The case of a list with the document of an entry."""
    document = replace(document_of_case(known.ref, known.payload), debtor="K-1")
    base = f"of a list {known.id}"
    return CaseRecord(base, False, "K-1", known.payload, Money(document.currency, document.open_cents), documents=(document,))
