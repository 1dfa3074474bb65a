"""What Debitura reports of a case, from its response to the sheets, and cases that people name by their reference."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from support.fault_proxy import Drop, Reply, Seen
from support.sheets import cases, read_sheet, vouchers, write_csv, write_workbook

CASE_ID = "5b1c2d3e-0000-4000-8000-000000000001"
SIGN_AT = "https://sign.example/all?of=7"
REPORTED = {
    "id": CASE_ID,
    "reference": "AB12CD34",
    "lifecycle": "Pending Verification Internal",
    "validation": {"needsInfo": ["email", "phone"]},
    "collectionPartner": {"name": "Nordlys Inkasso"},
    "signingHandoff": {"combinedSigningUrl": SIGN_AT},
}
SHOWN = {
    "#lifecycle": "Pending Verification Internal",
    "#partner": "Nordlys Inkasso",
    "#needs_info": "email; phone",
    "#sign_at": SIGN_AT,
}


def test_what_the_server_reports_of_a_case_is_in_the_success_sheet(workspace, fault_proxy):
    answer = Reply(200, json.dumps({**REPORTED, "caseVoucherId": str(uuid4())}).encode())
    none_yet = Reply(200, b"[]")
    fault_proxy.hook = lambda seen: answer if seen.method == "POST" else none_yet if "case-vouchers" in seen.path else None
    write_workbook(workspace.folder / "a.xlsx", cases(1), vouchers(1))
    assert workspace.call("run", "a.xlsx", "--yes").code == 0
    for sheet in ("Cases", "Vouchers"):  # a voucher's row shows its case
        (row,) = read_sheet(workspace.reports()[0] / "success.xlsx", sheet)
        assert {name: row[name] for name in SHOWN} == SHOWN
    again = workspace.call("report", "1", "--output", "later")
    assert again.code == 0
    (folder,) = (workspace.folder / "later").glob("*-a")
    (row,) = read_sheet(folder / "success.xlsx", "Cases")
    assert row["#lifecycle"] == SHOWN["#lifecycle"]


def test_a_case_of_which_nothing_is_reported_has_empty_cells(workspace, fault_proxy):
    fault_proxy.hook = lambda seen: Reply(200, json.dumps({"id": CASE_ID}).encode()) if seen.is_case else None
    write_csv(workspace.folder / "a.csv", cases(1))
    assert workspace.call("run", "a.csv", "--yes").code == 0
    (row,) = read_sheet(workspace.reports()[0] / "success.xlsx")
    assert {row[name] for name in SHOWN} == {None}
    assert workspace.ledger("SELECT remote_facts FROM entry") == [(None,)]


def leave_in_doubt(workspace, fault_proxy) -> str:
    """Lose the answer for one case; returns the entry's name."""
    fault_proxy.hook = lambda seen: Drop() if seen.is_case else None
    write_csv(workspace.folder / "a.csv", cases(1))
    assert workspace.call("run", "a.csv", "--yes").code == 6
    (row,) = read_sheet(workspace.reports()[-1] / "errors.xlsx")
    return str(row["#entry"])


def by_reference(found: Reply) -> object:
    def hook(seen: Seen) -> Reply | None:
        return found if seen.path.startswith("/managed-cases/case-reference/") else None

    return hook


OURS = {"creditorReference": "INV-C1", "grossAmount": 100.01, "currency": "DKK", "debtor": {"name": "Bodil Zebrahest C1"}}


@pytest.mark.parametrize("typed", ["AB12CD34", "ab12cd34", " AB12CD34 "])
def test_a_case_is_resolved_by_its_reference(workspace, fault_proxy, typed):
    name = leave_in_doubt(workspace, fault_proxy)
    fault_proxy.hook = by_reference(Reply(200, json.dumps({**REPORTED, **OURS}).encode()))
    ended = workspace.call("resolve", name, "--exists", typed)
    assert (ended.code, ended.out) == (0, f"{name} is accepted as {CASE_ID}.\n")
    assert fault_proxy.seen[-1].path == f"/managed-cases/case-reference/{typed.strip()}"
    ((remote, reference, facts),) = workspace.ledger("SELECT remote_id, remote_reference, remote_facts FROM entry")
    assert (remote, reference) == (CASE_ID, "AB12CD34")
    assert json.loads(facts)["lifecycle"] == SHOWN["#lifecycle"]


@pytest.mark.parametrize(
    "found",
    [
        Reply(404),
        Reply(400),
        Reply(200, b"[]"),
        Reply(200, json.dumps({**REPORTED, **OURS, "reference": "XX12CD34"}).encode()),  # another case
        Reply(200, json.dumps({**REPORTED, **OURS, "id": None}).encode()),
    ],
)
def test_a_reference_without_a_case_resolves_nothing(workspace, fault_proxy, found):
    name = leave_in_doubt(workspace, fault_proxy)
    fault_proxy.hook = by_reference(found)
    ended = workspace.call("resolve", name, "--exists", "AB12CD34")
    assert ended.code == 2
    assert "Debitura has no case AB12CD34" in ended.err
    assert workspace.ledger("SELECT state, remote_id FROM entry") == [("in_doubt", None)]


def test_a_case_of_another_row_is_not_taken_by_its_reference(workspace, fault_proxy):
    name = leave_in_doubt(workspace, fault_proxy)
    other = {**OURS, "creditorReference": "INV-X", "debtor": {"name": "Karla Tapir"}}
    fault_proxy.hook = by_reference(Reply(200, json.dumps({**REPORTED, **other}).encode()))
    ended = workspace.call("resolve", name, "--exists", "AB12CD34")
    assert ended.code == 2
    assert "another creditor reference and another debtor" in ended.err


def test_an_empty_answer_resolves_nothing(workspace, fault_proxy):
    name = leave_in_doubt(workspace, fault_proxy)
    for typed in ("", " "):
        ended = workspace.call("resolve", name, "--exists", typed)
        assert ended.code == 2
        assert "--exists" in ended.err
