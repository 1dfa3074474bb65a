"""The documents of the cases in a ledger of an earlier release are derived from requests, vouchers and raw cells."""

import sqlite3
from contextlib import closing

import pytest
from support.old_ledgers import SCENARIOS, load_ledger

from importer.domain.document_keys import DocumentSource, document_of_voucher, documents_of_case
from importer.errors import LedgerUpgraded
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
    path = tmp_path / "ledger.db"
    heading = "UPDATE batch SET heads = replace(heads, '\"claim_description\"', '\"Fakturanr.\"')"
    upgraded("version-4/same-rows", path)
    assert rows_of(path, "SELECT count(*) FROM document WHERE source = 'unknown'") != [(0,)]
    assert heading  # the sheets of these ledgers have no such column
