"""What people put in: corrected error sheets, folders, attached files, vouchers that depend on others."""

from __future__ import annotations

import shutil

import pytest
from support.sheets import case, cases, correct, read_sheet, voucher, vouchers, write_csv, write_workbook
from support.workspace import API_KEY, STATES, TOKEN, settings_for

from importer.sandbox import Sandbox, SandboxSettings

PDF = b"%PDF-1.7 the invoice"


def test_a_corrected_error_sheet_imports_only_what_was_missing(live, vendors):
    rows = [*cases(2), case("C3", "1.2.3,4"), case("C4", debtor_country="KP")]
    write_workbook(live.folder / "a.xlsx", rows, [*vouchers(3), voucher("C4"), voucher("C1", "abc", unique_id="V-bad")])
    assert live.call("run", "a.xlsx", "--yes").code == 3
    assert len(vendors.cases) == len(vendors.vouchers) == 2
    sheet = live.folder / "errors.xlsx"
    shutil.copy(live.reports()[0] / "errors.xlsx", sheet)
    assert [(r["#row"], r["case_ref"], r["#status"]) for r in read_sheet(sheet, "Cases")] == [
        *((4, "C3", "rejected"), (5, "C4", "refused"))
    ]
    left = {row["unique_id"]: row["#status"] for row in read_sheet(sheet, "Vouchers")}
    assert left == {"V-C3": "blocked", "V-C4": "blocked", "V-bad": "rejected"}

    correct(sheet, "Cases", {"amount_to_recover": 1234}, where=("case_ref", "C3"))
    correct(sheet, "Cases", {"debtor_country": "DK"}, where=("case_ref", "C4"))
    correct(sheet, "Vouchers", {"voucher_amount": 5}, where=("unique_id", "V-bad"))
    before = len(vendors.cases)
    ended = live.call("run", "errors.xlsx", "--yes", "--json")
    assert ended.code == 0, ended
    (summary,) = ended.json()
    assert summary["counts"]["cases"]["accepted"] == len(vendors.cases) - before == 2
    assert sorted(c["creditorReference"] for c in vendors.cases) == [f"INV-C{n}" for n in range(1, 5)]
    assert sorted(v["uniqueId"] for v in vendors.vouchers) == ["V-C1", "V-C2", "V-C3", "V-C4", "V-bad"]
    # Whatever of it all is dropped in once more, nothing is sent again.
    for name in ("a.xlsx", "errors.xlsx"):
        live.call("run", name, "--yes")
    assert len(vendors.cases) == 4
    assert len(vendors.vouchers) == 5


def test_a_corrected_reference_finds_its_row(live, vendors):
    write_csv(live.folder / "a.csv", [case("C1", debtor_country="KP", creditor_reference="")])
    assert live.call("run", "a.csv", "--yes").code == 3
    sheet = live.folder / "errors.xlsx"
    shutil.copy(live.reports()[0] / "errors.xlsx", sheet)
    correct(sheet, "a.csv", {"case_ref": "C1-b", "debtor_country": "SE"}, where=("case_ref", "C1"))
    assert live.call("run", "errors.xlsx", "--yes").code == 0
    assert len(vendors.cases) == 1
    assert live.call("resume").out == "Nothing is unfinished.\n"


def test_a_folder_with_cases_in_one_file_and_vouchers_in_another(live, vendors):
    inbox = live.folder / "inbox"
    inbox.mkdir()
    write_csv(inbox / "a-vouchers.csv", vouchers(3))  # read first by name, taken in last
    write_csv(inbox / "b-cases.txt", cases(2))
    write_workbook(inbox / "c-more.xlsx", cases(1, first=3))
    (inbox / "notes.md").write_text("not a sheet", encoding="utf-8")
    (inbox / "~$c-more.xlsx").write_bytes(b"Excel's lock file")
    ended = live.call("run", "inbox", "--yes", "--json")
    assert ended.code == 0, ended
    assert [s["source"]["name"] for s in ended.json()] == ["b-cases.txt", "c-more.xlsx", "a-vouchers.csv"]
    by_id = {c["id"]: c["creditorReference"] for c in vendors.cases}
    assert {v["uniqueId"]: by_id[v["caseId"]] for v in vendors.vouchers} == {f"V-C{n}": f"INV-C{n}" for n in (1, 2, 3)}
    assert len(live.reports()) == 3


def test_a_file_that_cannot_be_read_does_not_stop_the_others_in_its_folder(live, vendors):
    inbox = live.folder / "inbox"
    inbox.mkdir()
    (inbox / "a.xlsx").write_bytes(b"this is no workbook")
    write_csv(inbox / "b.csv", cases(2))
    ended = live.call("run", "inbox", "--yes")
    assert ended.code == 4
    assert "a.xlsx" in ended.err
    assert len(vendors.cases) == 2


def test_the_vouchers_of_a_case_that_another_file_has_wrong_are_blocked(live, vendors):
    write_csv(live.folder / "cases.csv", [*cases(1), case("C2", currency="???")])
    write_csv(live.folder / "vouchers.csv", vouchers(2))
    assert live.call("run", "vouchers.csv", "cases.csv", "--yes").code == 3
    assert [v["uniqueId"] for v in vendors.vouchers] == ["V-C1"]
    reports = [r for r in live.reports() if r.name.endswith("vouchers")]
    assert [r["#status"] for r in read_sheet(reports[0] / "errors.xlsx")] == ["blocked"]


def test_a_flat_file_holds_cases_with_their_vouchers(live, vendors):
    flat = {"voucher_type": "Faktura", "voucher_source": "creditor"}
    rows = [
        case("C1", "300.00") | flat | {"voucher_amount": "100.00", "voucher_text": "January"},
        case("C1", "300.00") | flat | {"voucher_amount": "200.00", "voucher_text": "February"},
        case("C2", "50.00") | {"voucher_type": "", "voucher_source": "", "voucher_amount": "", "voucher_text": ""},
    ]
    write_csv(live.folder / "flat.csv", rows)
    ended = live.call("run", "flat.csv", "--yes", "--json")
    assert ended.code == 0, ended
    (summary,) = ended.json()
    assert summary["totals"]["cases"]["DKK"]["rows"] == "350.00"  # the repeated case counts once
    assert [(c["creditorReference"], c["amount"]) for c in vendors.cases] == [("INV-C1", "300.00"), ("INV-C2", "50.00")]
    assert sorted((v["amount"], v["received"]["text"]) for v in vendors.vouchers) == [(-20000, "February"), (-10000, "January")]


def test_an_attached_file_is_uploaded_once_and_named_on_the_wire(desk, vendors, relay):
    (desk.folder / "invoice.pdf").write_bytes(PDF)
    write_workbook(desk.folder / "a.xlsx", cases(1), [voucher("C1", appendix_file="invoice.pdf")])
    assert desk.call("run", "a.xlsx", "--yes").code == 0
    (file,) = vendors.files
    assert (file["name"], file["contentType"], file["size"]) == ("invoice.pdf", "application/pdf", len(PDF))
    (sent,) = vendors.vouchers
    assert sent["received"]["appendix"] == {"fileName": "invoice.pdf", "contentType": "application/pdf", "fileId": file["id"]}
    kinds = ["case" if s.is_case else "file" if s.is_file else "voucher" for s in relay.posts()]
    assert sorted(kinds) == ["case", "file", "voucher"]
    assert kinds.index("file") < kinds.index("voucher")


def test_a_file_is_not_uploaded_again_when_its_voucher_is_sent_again(live, vendors):
    from importer.sandbox import FaultPlan

    vendors.set_faults(FaultPlan.parse([{"on": "vouchers", "kind": "500_before", "times": 2}]))
    (live.folder / "invoice.pdf").write_bytes(PDF)
    write_workbook(live.folder / "a.xlsx", cases(1), [voucher("C1", appendix_file="invoice.pdf")])
    assert live.call("run", "a.xlsx", "--yes").code == 0
    assert vendors.faulted == {"500_before": 2}
    assert len(vendors.files) == len(vendors.vouchers) == 1


def test_a_file_that_is_missing_rejects_its_row_alone(live, vendors):
    rows = [voucher("C1", appendix_file="nowhere.pdf"), voucher("C2")]
    write_workbook(live.folder / "a.xlsx", cases(2), rows)
    assert live.call("run", "a.xlsx", "--yes").code == 3
    assert [v["uniqueId"] for v in vendors.vouchers] == ["V-C2"]
    (error,) = read_sheet(live.reports()[0] / "errors.xlsx", "Vouchers")
    assert error["#errors"].startswith('appendix_file "nowhere.pdf" is not a file in the sheet\'s folder')


def test_vouchers_go_out_after_their_parents(live, vendors):
    rows = [
        voucher("C1", "5.00", unique_id="V-grandchild", voucher_type="reminder fee", parent_unique_id="V-child"),
        voucher("C1", "10.00", unique_id="V-child", voucher_type="reminder fee", parent_unique_id="V-parent"),
        voucher("C1", unique_id="V-parent", parent_unique_id=""),
        voucher("C1", unique_id="V-orphan", parent_unique_id="V-nobody"),
    ]
    write_workbook(live.folder / "a.xlsx", cases(1), rows)
    assert live.call("run", "a.xlsx", "--yes").code == 3
    ids = {v["uniqueId"]: v["id"] for v in vendors.vouchers}
    assert list(ids) == ["V-parent", "V-child", "V-grandchild"]
    parents = {v["uniqueId"]: v["received"].get("referenceCaseVoucherId") for v in vendors.vouchers}
    assert parents == {"V-parent": None, "V-child": ids["V-parent"], "V-grandchild": ids["V-child"]}


def test_a_refused_case_blocks_its_vouchers_and_theirs(live, vendors):
    rows = [
        voucher("C1", unique_id="V-parent", parent_unique_id=""),
        voucher("C1", unique_id="V-child", parent_unique_id="V-parent"),
        voucher("C2", unique_id="V-other", parent_unique_id=""),
    ]
    write_workbook(live.folder / "a.xlsx", [case("C1", debtor_country="KP"), case("C2")], rows)
    assert live.call("run", "a.xlsx", "--yes").code == 3
    assert [v["uniqueId"] for v in vendors.vouchers] == ["V-other"]
    assert live.ledger(STATES) == [
        *(("case", "accepted", 1), ("case", "refused", 1)),
        *(("voucher", "accepted", 1), ("voucher", "blocked", 2)),
    ]
    assert live.call("resume").out == "Nothing is unfinished.\n"


@pytest.mark.parametrize("name", ["reference", "creditorReference"])
def test_debbie_may_name_cases_otherwise(desk, name):
    settings = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), case_id_from=name)
    with Sandbox(settings) as vendors:
        desk.live = settings_for(vendors.url, IMPORTER_DEBBIE__CASE_ID_FROM=name)
        write_workbook(desk.folder / "a.xlsx", [*cases(1), case("C2", creditor_reference="")], vouchers(2))
        ended = desk.call("run", "a.xlsx", "--yes")
        linked = {v["uniqueId"]: v["caseId"] for v in vendors.vouchers}
        ids = {c["amount"]: c["id"] for c in vendors.cases}
    if name == "reference":
        assert ended.code == 0
        assert linked == {"V-C1": ids["100.01"], "V-C2": ids["100.00"]}
    else:  # a case without a creditor reference has no name at Debbie
        assert ended.code == 3
        assert linked == {"V-C1": ids["100.01"]}
        assert "Its case has no reference to be named by in Debbie" in ended.out


def test_a_changed_row_of_an_accepted_case_is_rejected_with_both_values(live, vendors):
    write_csv(live.folder / "a.csv", cases(1))
    live.call("run", "a.csv", "--yes")
    write_csv(live.folder / "b.csv", [case("C1", "250.00")])
    ended = live.call("run", "b.csv", "--yes")
    assert ended.code == 3
    assert len(vendors.cases) == 1
    (error,) = read_sheet(live.reports()[-1] / "errors.xlsx")
    assert "100.01" in error["#errors"]
    assert "250" in error["#errors"]


def test_names_and_order_of_files_do_not_matter(live, vendors):
    write_csv(live.folder / "a.csv", cases(4))
    live.call("run", "a.csv", "--yes")
    write_workbook(live.folder / "renamed.xlsx", list(reversed(cases(5))))
    (summary,) = live.call("run", "renamed.xlsx", "--yes", "--json").json()
    assert (summary["counts"]["cases"]["already_imported"], summary["counts"]["cases"]["accepted"]) == (4, 1)
    assert len(vendors.cases) == 5
