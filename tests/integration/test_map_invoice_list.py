"""`importer map` asks what makes a case if one debtor has several rows."""

from __future__ import annotations

import tomllib

from support.sheets import case, write_csv

from importer.domain.code_lists import VoucherTypes
from importer.loader.profiles.draft import ProfileDraft
from importer.loader.profiles.questions import answer, open_questions
from importer.loader.profiles.workbook import sheets_of


def rows(*names):
    return [case(f"C{at}", debtor_name=name) for at, name in enumerate(names)]


def drafted(path) -> ProfileDraft:
    return ProfileDraft(sheets_of(path, VoucherTypes(), {})[0])


def test_one_debtor_with_several_rows_is_asked_about(tmp_path):
    draft = drafted(write_csv(tmp_path / "a.csv", rows("Bodil Zebrahest", "Kaj Zebrahest", "Bodil Zebrahest")))
    (question,) = open_questions(draft)
    assert (question.id, question.default) == ("cases", None)
    assert [choice.answer for choice in question.choices] == ["debtor", "row", "reference"]
    assert answer(draft, "cases", "debtor").profile().cases_from == "debtor"
    assert answer(draft, "cases", "row").profile().cases_from == "row"


def test_debtors_with_one_row_each_are_not(tmp_path):
    assert open_questions(drafted(write_csv(tmp_path / "a.csv", rows("Bodil Zebrahest", "Kaj Zebrahest")))) == []


def test_a_script_says_what_makes_a_case_and_reads_what_is_lost_without_debbie(workspace):
    write_csv(workspace.folder / "a.csv", rows("Bodil Zebrahest", "Kaj Zebrahest", "Bodil Zebrahest"))
    ended = workspace.call("map", "a.csv", "--yes", "--cases-from", "debtor")
    assert ended.code == 0, ended
    assert 'vouchers = "none"' in ended.out
    written = tomllib.loads((workspace.folder / "profiles" / "a.toml").read_text(encoding="utf-8"))
    assert (written["cases_from"], written["vouchers"]) == ("debtor", "none")


def test_with_debbie_each_document_is_a_voucher(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", rows("Bodil Zebrahest", "Kaj Zebrahest", "Bodil Zebrahest"))
    assert configured_workspace.call("map", "a.csv", "--yes", "--cases-from", "debtor").code == 0
    written = tomllib.loads((configured_workspace.folder / "profiles" / "a.toml").read_text(encoding="utf-8"))
    assert "vouchers" not in written


def test_credits_that_a_case_takes_off_are_no_question_in_the_preview(workspace):
    path = workspace.folder / "a.csv"
    credit = case("C9", debtor_name="Bodil Zebrahest", amount_to_recover="-50.00")
    write_csv(path, [*rows("Bodil Zebrahest", "Kaj Zebrahest"), credit])
    by_row = workspace.call("map", "a.csv", "--yes", "--cases-from", "row", "--decimal", ".")
    assert "which are not taken off" in by_row.out
    by_debtor = workspace.call("map", "a.csv", "--yes", "--cases-from", "debtor", "--replace")
    assert "may be claims 2, credits or payments 1" in by_debtor.out
    assert "which are not taken off" not in by_debtor.out
