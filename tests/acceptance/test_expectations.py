"""Files that must add up to what somebody says: refused before anything is sent, with the difference and its cause."""

from __future__ import annotations

import json

import pytest
from support.sheets import case, cases, voucher, vouchers, write_csv, write_workbook

import importer
from importer.errors import FileRefused


def test_a_file_that_adds_up_is_imported(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), vouchers(1))  # cases count, not vouchers: 100.01 + 100.02
    ended = configured_workspace.call("run", "a.xlsx", "--yes", "--expect-rows", "2", "--expect-total", "DKK=200.03")
    assert (ended.code, len(fake_apis.cases)) == (0, 2)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--expect-rows", "3"), "rows: expected 3, found 2: 1 too few."),
        (("--expect-rows", "1"), "rows: expected 1, found 2: 1 too many."),
        (("--expect-total", "DKK=200.04"), "DKK: expected 200.04, found 200.03: 0.01 too little."),
        (("--expect-total", "DKK=0"), "DKK: expected 0.00, found 200.03: 200.03 too much."),
        (("--expect-total", "dkk=200.03", "--expect-total", "EUR=5"), "EUR: expected 5.00, found 0.00: 5.00 too little."),
        (("--expect-total", "EUR=0"), "DKK: expected 0.00, found 200.03: 200.03 too much."),
    ],
)
def test_a_file_that_does_not_is_refused_and_nothing_is_recorded(configured_workspace, fake_apis, options, told):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), vouchers(1))
    ended = configured_workspace.call("run", "a.xlsx", "--yes", *options)
    assert (ended.code, ended.out) == (4, "")
    assert f"  {told}\n" in ended.err
    assert 'Counted: the cases in a.xlsx sheet "Cases" (2 rows).' in ended.err
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT id FROM batch") == configured_workspace.ledger("SELECT id FROM entry") == []
    checked = configured_workspace.call("check", "a.xlsx", *options)
    assert checked.code == configured_workspace.call("run", "a.xlsx", "--dry-run", *options).code == 4
    assert told in checked.err
    assert "control totals" in checked.out  # and the sheets are written: they show what is there


def test_rows_whose_amount_cannot_be_read_are_named(configured_workspace, fake_apis):
    rows = [case("C1"), case("C2", "1.2.3,4"), case("C3", "-5"), case("C4", "")]
    write_csv(configured_workspace.folder / "a.csv", rows)
    ended = configured_workspace.call("run", "a.csv", "--yes", "--expect-total", "DKK=1429.00")
    assert ended.code == 4
    assert "DKK: expected 1,429.00, found 95.00: 1,334.00 too little." in ended.err
    assert "a.csv: in 2 rows the amount could not be read exactly, so the sum lacks it: row 3, row 5." in ended.err
    assert not fake_apis.cases
    told = configured_workspace.call("check", "a.csv").out
    assert '  cases in "a.csv": 4 rows  DKK 95.00\n    valid: 1 row  DKK 100.00\n' in told
    assert "without 2 amounts that could not be read exactly: row 3, row 5" in told


def test_several_files_are_counted_together(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    write_csv(configured_workspace.folder / "b.csv", cases(1, first=3))
    write_csv(configured_workspace.folder / "v.csv", vouchers(3))
    files = ("a.csv", "b.csv", "v.csv")
    assert configured_workspace.call("run", *files, "--yes", "--expect-rows", "6", "--expect-total", "DKK=300.06").code == 4
    assert configured_workspace.call("run", *files, "--yes", "--expect-rows", "3", "--expect-total", "DKK=300.06").code == 0
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 3


def test_a_file_beside_them_that_cannot_be_read_refuses_all(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    (configured_workspace.folder / "b.csv").write_bytes(b"")
    ended = configured_workspace.call("run", "a.csv", "b.csv", "--yes", "--expect-rows", "2")
    assert ended.code == 4
    assert "b.csv is empty" in ended.err
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT id FROM batch") == []


def test_vouchers_count_where_there_are_no_cases_and_flat_rows_count_as_they_stand(configured_workspace):
    write_csv(
        configured_workspace.folder / "v.csv",
        [{**voucher("x"), "case_ref": None, "case_id": "abc", "unique_id": f"U{n}"} for n in range(3)],
    )
    assert configured_workspace.call("check", "v.csv", "--expect-rows", "3", "--expect-total", "DKK=300").code == 0
    flat = {"voucher_type": "invoice", "voucher_amount": "100.00", "voucher_source": "CREDITOR"}
    write_csv(configured_workspace.folder / "f.csv", [{**case("C1"), **flat, "voucher_text": text} for text in "ab"])
    assert (
        configured_workspace.call("check", "f.csv", "--expect-rows", "2", "--expect-total", "DKK=100.00").code == 0
    )  # one case in two rows


@pytest.mark.parametrize("total", ["DKK", "DKK=1,234.50", "DKK=1.234,50", "DKK=1.234", "kroner=5", "DKK=", "=5"])
def test_a_total_that_could_be_misread_is_wrong_usage(configured_workspace, total):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    ended = configured_workspace.call("run", "a.csv", "--yes", "--expect-total", total)
    assert ended.code == 2
    assert "--expect-total DKK=1234.50" in ended.err
    twice = configured_workspace.call("check", "a.csv", "--expect-total", "DKK=1", "--expect-total", "dkk=2")
    assert twice.code == 2


def test_the_summary_holds_the_totals_of_each_sheet(configured_workspace):
    write_workbook(configured_workspace.folder / "a.xlsx", [*cases(2), case("C3", "7.00", debtor_country="Narnia")], vouchers(1))
    (summary,) = configured_workspace.call("check", "a.xlsx", "--json").json()
    assert summary.pop("review")["files"][0]["control_totals"][0]["read"] == {"DKK": "207.03"}
    assert summary == json.loads((configured_workspace.reports()[0] / "summary.json").read_text(encoding="utf-8"))
    assert summary["sheets"] == [
        {
            "name": "Cases",
            "holds": "cases",
            "rows": 3,
            "valid": 2,
            "unreadable_amounts": 0,
            "totals": {"DKK": {"read": "207.03", "valid": "200.03"}},
        },
        {
            "name": "Vouchers",
            "holds": "vouchers",
            "rows": 1,
            "valid": 1,
            "unreadable_amounts": 0,
            "totals": {"DKK": {"read": "100.01", "valid": "100.01"}},
        },
    ]


def test_expectations_from_python(configured_workspace, fake_apis):
    path = write_csv(configured_workspace.folder / "a.csv", cases(2))
    with pytest.raises(FileRefused, match=r"DKK: expected 1\.00"):
        importer.run(path, yes=True, new_ledger=True, expect_totals={"DKK": "1.00"}, settings=configured_workspace.settings())
    assert (
        importer.run(
            path,
            yes=True,
            new_ledger=True,
            expect_rows=2,
            expect_totals={"DKK": "200.03"},
            settings=configured_workspace.settings(),
        ).exit_code
        == 0
    )
    assert importer.check(path, expect_rows=3, settings=configured_workspace.settings()).exit_code == 4
    assert len(fake_apis.cases) == 2
