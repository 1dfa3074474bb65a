"""What people put in: corrected error sheets, folders, attached files, vouchers that depend on others."""

from __future__ import annotations

import shutil

import pytest
from support.sheets import case, cases, correct, read_sheet, voucher, vouchers, write_csv, write_workbook
from support.workspace import API_KEY, STATES, TOKEN, settings_for

from importer.sandbox import Sandbox, SandboxSettings

PDF = b"%PDF-1.7 the invoice"


def test_a_corrected_error_sheet_imports_only_what_was_missing(configured_workspace, fake_apis):
    rows = [*cases(2), case("C3", "1.2.3,4"), case("C4", debtor_country="KP")]
    write_workbook(
        configured_workspace.folder / "a.xlsx", rows, [*vouchers(3), voucher("C4"), voucher("C1", "abc", unique_id="V-bad")]
    )
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 3
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 2
    sheet = configured_workspace.folder / "errors.xlsx"
    shutil.copy(configured_workspace.reports()[0] / "errors.xlsx", sheet)
    assert [(r["#row"], r["case_ref"], r["#status"]) for r in read_sheet(sheet, "Cases")] == [
        *((4, "C3", "rejected"), (5, "C4", "refused"))
    ]
    left = {row["unique_id"]: row["#status"] for row in read_sheet(sheet, "Vouchers")}
    assert left == {"V-C3": "blocked", "V-C4": "blocked", "V-bad": "rejected"}

    correct(sheet, "Cases", {"amount_to_recover": 1234}, where=("case_ref", "C3"))
    correct(sheet, "Cases", {"debtor_country": "DK"}, where=("case_ref", "C4"))
    correct(sheet, "Vouchers", {"voucher_amount": 5}, where=("unique_id", "V-bad"))
    before = len(fake_apis.cases)
    ended = configured_workspace.call("run", "errors.xlsx", "--yes", "--json")
    assert ended.code == 0, ended
    (summary,) = ended.json()
    assert summary["counts"]["cases"]["accepted"] == len(fake_apis.cases) - before == 2
    assert sorted(c["creditorReference"] for c in fake_apis.cases) == [f"INV-C{n}" for n in range(1, 5)]
    assert sorted(v["uniqueId"] for v in fake_apis.vouchers) == ["V-C1", "V-C2", "V-C3", "V-C4", "V-bad"]
    # Whatever of it all is dropped in once more, nothing is sent again.
    for name in ("a.xlsx", "errors.xlsx"):
        configured_workspace.call("run", name, "--yes")
    assert len(fake_apis.cases) == 4
    assert len(fake_apis.vouchers) == 5


def test_a_corrected_reference_finds_its_row(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", [case("C1", debtor_country="KP", creditor_reference="")])
    assert configured_workspace.call("run", "a.csv", "--yes").code == 3
    sheet = configured_workspace.folder / "errors.xlsx"
    shutil.copy(configured_workspace.reports()[0] / "errors.xlsx", sheet)
    correct(sheet, "a.csv", {"case_ref": "C1-b", "debtor_country": "SE"}, where=("case_ref", "C1"))
    assert configured_workspace.call("run", "errors.xlsx", "--yes").code == 0
    assert len(fake_apis.cases) == 1
    assert configured_workspace.call("resume").out == "Nothing is unfinished.\n"


def test_a_folder_with_cases_in_one_file_and_vouchers_in_another(configured_workspace, fake_apis):
    inbox = configured_workspace.folder / "inbox"
    inbox.mkdir()
    write_csv(inbox / "a-vouchers.csv", vouchers(3))  # read first by name, taken in last
    write_csv(inbox / "b-cases.txt", cases(2))
    write_workbook(inbox / "c-more.xlsx", cases(1, first=3))
    (inbox / "notes.md").write_text("not a sheet", encoding="utf-8")
    (inbox / "~$c-more.xlsx").write_bytes(b"Excel's lock file")
    ended = configured_workspace.call("run", "inbox", "--yes", "--json")
    assert ended.code == 0, ended
    assert [s["source"]["name"] for s in ended.json()] == ["b-cases.txt", "c-more.xlsx", "a-vouchers.csv"]
    by_id = {c["id"]: c["creditorReference"] for c in fake_apis.cases}
    assert {v["uniqueId"]: by_id[v["caseId"]] for v in fake_apis.vouchers} == {f"V-C{n}": f"INV-C{n}" for n in (1, 2, 3)}
    assert len(configured_workspace.reports()) == 3


def test_a_file_that_cannot_be_read_does_not_stop_the_others_in_its_folder(configured_workspace, fake_apis):
    inbox = configured_workspace.folder / "inbox"
    inbox.mkdir()
    (inbox / "a.xlsx").write_bytes(b"this is no workbook")
    write_csv(inbox / "b.csv", cases(2))
    ended = configured_workspace.call("run", "inbox", "--yes")
    assert ended.code == 4
    assert "a.xlsx" in ended.err
    assert len(fake_apis.cases) == 2


def test_the_vouchers_of_a_case_that_another_file_has_wrong_are_blocked(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "cases.csv", [*cases(1), case("C2", currency="???")])
    write_csv(configured_workspace.folder / "vouchers.csv", vouchers(2))
    assert configured_workspace.call("run", "vouchers.csv", "cases.csv", "--yes").code == 3
    assert [v["uniqueId"] for v in fake_apis.vouchers] == ["V-C1"]
    reports = [r for r in configured_workspace.reports() if r.name.endswith("vouchers")]
    assert [r["#status"] for r in read_sheet(reports[0] / "errors.xlsx")] == ["blocked"]


def test_a_flat_file_holds_cases_with_their_vouchers(configured_workspace, fake_apis):
    flat = {"voucher_type": "Faktura", "voucher_source": "creditor"}
    rows = [
        case("C1", "300.00") | flat | {"voucher_amount": "100.00", "voucher_text": "January"},
        case("C1", "300.00") | flat | {"voucher_amount": "200.00", "voucher_text": "February"},
        case("C2", "50.00") | {"voucher_type": "", "voucher_source": "", "voucher_amount": "", "voucher_text": ""},
    ]
    write_csv(configured_workspace.folder / "flat.csv", rows)
    ended = configured_workspace.call("run", "flat.csv", "--yes", "--json")
    assert ended.code == 0, ended
    (summary,) = ended.json()
    assert summary["totals"]["cases"]["DKK"]["rows"] == "350.00"  # the repeated case counts once
    assert [(c["creditorReference"], c["amount"]) for c in fake_apis.cases] == [("INV-C1", "300.00"), ("INV-C2", "50.00")]
    assert sorted((v["amount"], v["received"]["text"]) for v in fake_apis.vouchers) == [(-20000, "February"), (-10000, "January")]


def test_an_attached_file_is_uploaded_once_and_named_on_the_wire(workspace, fake_apis, fault_proxy):
    (workspace.folder / "invoice.pdf").write_bytes(PDF)
    write_workbook(workspace.folder / "a.xlsx", cases(1), [voucher("C1", appendix_file="invoice.pdf")])
    assert workspace.call("run", "a.xlsx", "--yes").code == 0
    (file,) = fake_apis.files
    assert (file["name"], file["contentType"], file["size"]) == ("invoice.pdf", "application/pdf", len(PDF))
    (sent,) = fake_apis.vouchers
    assert sent["received"]["appendix"] == {"fileName": "invoice.pdf", "contentType": "application/pdf", "fileId": file["id"]}
    kinds = ["case" if s.is_case else "file" if s.is_file else "voucher" for s in fault_proxy.posts()]
    assert sorted(kinds) == ["case", "file", "voucher"]
    assert kinds.index("file") < kinds.index("voucher")


def test_a_file_is_not_uploaded_again_when_its_voucher_is_sent_again(configured_workspace, fake_apis):
    from importer.sandbox import FaultPlan

    fake_apis.set_faults(FaultPlan.parse([{"on": "vouchers", "kind": "500_before", "times": 2}]))
    (configured_workspace.folder / "invoice.pdf").write_bytes(PDF)
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1), [voucher("C1", appendix_file="invoice.pdf")])
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 0
    assert fake_apis.faulted == {"500_before": 2}
    assert len(fake_apis.files) == len(fake_apis.vouchers) == 1


def test_a_file_that_is_missing_rejects_its_row_alone(configured_workspace, fake_apis):
    rows = [voucher("C1", appendix_file="nowhere.pdf"), voucher("C2")]
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), rows)
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 3
    assert [v["uniqueId"] for v in fake_apis.vouchers] == ["V-C2"]
    (error,) = read_sheet(configured_workspace.reports()[0] / "errors.xlsx", "Vouchers")
    assert error["#errors"].startswith('appendix_file "nowhere.pdf" is not a file in the sheet\'s folder')


def test_vouchers_go_out_after_their_parents(configured_workspace, fake_apis):
    rows = [
        voucher("C1", "5.00", unique_id="V-grandchild", voucher_type="reminder fee", parent_unique_id="V-child"),
        voucher("C1", "10.00", unique_id="V-child", voucher_type="reminder fee", parent_unique_id="V-parent"),
        voucher("C1", unique_id="V-parent", parent_unique_id=""),
        voucher("C1", unique_id="V-orphan", parent_unique_id="V-nobody"),
    ]
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1), rows)
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 3
    ids = {v["uniqueId"]: v["id"] for v in fake_apis.vouchers}
    assert list(ids) == ["V-parent", "V-child", "V-grandchild"]
    parents = {v["uniqueId"]: v["received"].get("referenceCaseVoucherId") for v in fake_apis.vouchers}
    assert parents == {"V-parent": None, "V-child": ids["V-parent"], "V-grandchild": ids["V-child"]}


def test_a_refused_case_blocks_its_vouchers_and_theirs(configured_workspace, fake_apis):
    rows = [
        voucher("C1", unique_id="V-parent", parent_unique_id=""),
        voucher("C1", unique_id="V-child", parent_unique_id="V-parent"),
        voucher("C2", unique_id="V-other", parent_unique_id=""),
    ]
    write_workbook(configured_workspace.folder / "a.xlsx", [case("C1", debtor_country="KP"), case("C2")], rows)
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 3
    assert [v["uniqueId"] for v in fake_apis.vouchers] == ["V-other"]
    assert configured_workspace.ledger(STATES) == [
        *(("case", "accepted", 1), ("case", "refused", 1)),
        *(("voucher", "accepted", 1), ("voucher", "blocked", 2)),
    ]
    assert configured_workspace.call("resume").out == "Nothing is unfinished.\n"


@pytest.mark.parametrize("name", ["reference", "creditorReference"])
def test_debbie_may_name_cases_otherwise(workspace, name):
    settings = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), case_id_from=name)
    with Sandbox(settings) as fake_apis:
        workspace.env = settings_for(fake_apis.url, IMPORTER_DEBBIE__CASE_ID_FROM=name)
        write_workbook(workspace.folder / "a.xlsx", [*cases(1), case("C2", creditor_reference="")], vouchers(2))
        ended = workspace.call("run", "a.xlsx", "--yes")
        linked = {v["uniqueId"]: v["caseId"] for v in fake_apis.vouchers}
        ids = {c["amount"]: c["id"] for c in fake_apis.cases}
    if name == "reference":
        assert ended.code == 0
        assert linked == {"V-C1": ids["100.01"], "V-C2": ids["100.00"]}
    else:  # a case without a creditor reference has no name at Debbie
        assert ended.code == 3
        assert linked == {"V-C1": ids["100.01"]}
        assert "Its case has no reference to be named by in Debbie" in ended.out


def test_a_changed_row_of_an_accepted_case_is_rejected_with_both_values(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    configured_workspace.call("run", "a.csv", "--yes")
    write_csv(configured_workspace.folder / "b.csv", [case("C1", "250.00")])
    ended = configured_workspace.call("run", "b.csv", "--yes")
    assert ended.code == 3
    assert len(fake_apis.cases) == 1
    (error,) = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx")
    assert "100.01" in error["#errors"]
    assert "250" in error["#errors"]


def test_names_and_order_of_files_do_not_matter(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(4))
    configured_workspace.call("run", "a.csv", "--yes")
    write_workbook(configured_workspace.folder / "renamed.xlsx", list(reversed(cases(5))))
    (summary,) = configured_workspace.call("run", "renamed.xlsx", "--yes", "--json").json()
    assert (summary["counts"]["cases"]["already_imported"], summary["counts"]["cases"]["accepted"]) == (4, 1)
    assert len(fake_apis.cases) == 5
