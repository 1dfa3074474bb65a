"""Questions about rows, and the ways to answer them: in the error sheet, by a command for one or many, by a profile."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from openpyxl import load_workbook
from support.sheets import case, read_sheet, voucher, write_csv, write_workbook
from support.terminal import at_a_terminal, finish, read_until


def claim(ref, amount="100.50", **more):
    """A case against one debtor, so that two of them differ by reference and amount only."""
    debtor = {"debtor_name": "Hans Hansen", "debtor_email": "hans@hansen.example", "date": "2025-01-02"}
    return case(ref, amount, **{"creditor_reference": ref, **debtor, **more})


def imported(workspace, name, code):
    ended = workspace.call("run", name, "--yes", "-q")
    assert ended.code == code, ended
    return ended


def sheet(workspace, name):
    return read_sheet(workspace.reports()[-1] / name)


def summary(workspace):
    return json.loads((workspace.reports()[-1] / "summary.json").read_text(encoding="utf-8"))


def asked(workspace, *refs, name="b"):
    """Import a case for each reference, then one with a reference that differs in letter case; the latter are questioned."""
    originals = [claim(ref.upper(), f"{100 + n}.50") for n, ref in enumerate(refs)]
    twins = [claim(ref.lower(), f"{100 + n}.50") for n, ref in enumerate(refs)]
    write_workbook(workspace.folder / "a.xlsx", originals)
    imported(workspace, "a.xlsx", 0)
    write_workbook(workspace.folder / f"{name}.xlsx", twins)
    imported(workspace, f"{name}.xlsx", 6)


def fill_in(workspace, answers, name="back.xlsx", source="errors.xlsx", **changes):
    """Write answers into #answer of the newest report's sheet, one a row, and save it as a person would."""
    shutil.copy(workspace.reports()[-1] / source, workspace.folder / name)
    book = load_workbook(workspace.folder / name)
    page = book.worksheets[0]
    headings = [cell.value for cell in page[1]]
    for row, answer in enumerate(answers, 2):
        page.cell(row, headings.index("#answer") + 1).value = answer
        for heading, value in changes.items():
            page.cell(row, headings.index(heading) + 1).value = value
    book.save(workspace.folder / name)
    return name


def answers(workspace):
    found = workspace.ledger("SELECT answer FROM entry WHERE answer IS NOT NULL ORDER BY id")
    return [json.loads(answer) for (answer,) in found]


def test_an_error_sheet_with_answers_is_imported_again(configured_workspace, fake_apis):
    asked(configured_workspace, "INV-1", "INV-2", "INV-3", "INV-4")
    rows = sheet(configured_workspace, "errors.xlsx")
    assert [row["#answer"] for row in rows] == [None] * 4
    named = rows[1]["#errors"].rpartition("--same-as ")[2].strip("`")
    reference = fake_apis.cases[3]["reference"]
    back = fill_in(configured_workspace, [" SEND ", f"Same  as {named.lower()}", "drop", f"same as {reference.lower()}"])
    ended = imported(configured_workspace, back, 0)
    assert len(fake_apis.cases) == 5
    assert fake_apis.cases[-1]["creditorReference"] == "inv-1"
    counts = summary(configured_workspace)["counts"]["cases"]
    assert (counts["accepted"], counts["already_imported"], counts["left_out"], counts["questioned"]) == (1, 2, 1, 0)
    assert summary(configured_workspace)["balanced"] is True
    assert "Dropped by" in ended.out
    (dropped,) = sheet(configured_workspace, "left-out.xlsx")
    assert (dropped["#status"], dropped["case_ref"]) == ("left out", "inv-3")
    assert [answer["what"] for answer in answers(configured_workspace)] == [
        *("send", f"same as {named.lower()}", "drop", f"same as {reference.lower()}")
    ]
    assert all("@" in answer["who"] and answer["asked"] == ["twin"] for answer in answers(configured_workspace))
    imported(configured_workspace, back, 0)  # the same answers again change nothing
    imported(configured_workspace, "b.xlsx", 0)  # and they hold for the rows wherever they come from
    assert len(fake_apis.cases) == 5


def test_a_dropped_row_is_taken_back_by_another_answer_and_its_vouchers_with_it(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", [claim("INV-1")])
    imported(configured_workspace, "a.xlsx", 0)
    write_workbook(configured_workspace.folder / "b.xlsx", [claim("inv-1")], [voucher("inv-1")])
    imported(configured_workspace, "b.xlsx", 6)
    imported(configured_workspace, fill_in(configured_workspace, ["drop"]), 0)
    found = summary(configured_workspace)["counts"]
    assert (found["cases"]["left_out"], found["vouchers"]["left_out"]) == (1, 1)
    assert configured_workspace.call("resume", "-q").out == "Nothing is unfinished.\n"
    imported(configured_workspace, "b.xlsx", 0)
    assert (len(fake_apis.cases), len(fake_apis.vouchers)) == (1, 0)
    imported(configured_workspace, fill_in(configured_workspace, ["send"], source="left-out.xlsx"), 0)
    assert (len(fake_apis.cases), len(fake_apis.vouchers)) == (2, 1)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("sned", "is not an answer that can be given here. Write send, same as ID or drop"),
        ("same as", "is not an answer that can be given here"),
        ("same as ID", "names no case that the row can be the same as"),
        ("same as C9999-abcdef", "names no case that the row can be the same as"),
    ],
)
def test_a_wrong_answer_is_rejected_and_can_be_corrected(configured_workspace, fake_apis, answer, says):
    asked(configured_workspace, "INV-1")
    imported(configured_workspace, fill_in(configured_workspace, [answer]), 3)
    (row,) = sheet(configured_workspace, "errors.xlsx")
    assert (row["#status"], says in row["#errors"]) == ("rejected", True)
    assert row["#entry"]
    assert len(fake_apis.cases) == 1
    imported(configured_workspace, fill_in(configured_workspace, ["send"], "again.xlsx"), 0)
    assert len(fake_apis.cases) == 2


def test_an_answer_where_nothing_is_asked_is_rejected(configured_workspace, fake_apis):
    asked(configured_workspace, "INV-1")
    back = fill_in(configured_workspace, ["send"])
    imported(configured_workspace, back, 0)
    book = load_workbook(configured_workspace.folder / back)
    headings = [cell.value for cell in book.worksheets[0][1]]
    book.worksheets[0].cell(2, headings.index("#answer") + 1).value = "drop"
    book.save(configured_workspace.folder / back)
    imported(configured_workspace, back, 3)
    (row,) = sheet(configured_workspace, "errors.xlsx")
    assert "was answered with send by" in row["#errors"]
    assert "and is accepted" in row["#errors"]
    rows = [{"#row": 2, "#status": "x", "#errors": "x", "#entry": None, "#answer": "send", **claim("NEW")}]
    write_workbook(configured_workspace.folder / "new.xlsx", rows)
    imported(configured_workspace, "new.xlsx", 3)
    assert "names no row that is questioned" in sheet(configured_workspace, "errors.xlsx")[0]["#errors"]
    assert len(fake_apis.cases) == 2


def test_an_id_that_only_the_api_may_know_leaves_the_row_questioned_with_the_command(configured_workspace, fake_apis):
    asked(configured_workspace, "INV-1")
    unknown = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
    imported(configured_workspace, fill_in(configured_workspace, [f"same as {unknown}"]), 3)
    (row,) = sheet(configured_workspace, "errors.xlsx")
    assert row["#status"] == "questioned"
    assert f"`importer resolve {row['#entry']} --same-as {unknown}`" in row["#errors"]
    assert len(fake_apis.cases) == 1


def test_an_answer_is_about_the_question_that_was_asked(configured_workspace, fake_apis):
    """A row that is corrected beside its answer, and looks like another case now, is asked about again."""
    write_workbook(configured_workspace.folder / "a.xlsx", [claim("INV-1")])
    imported(configured_workspace, "a.xlsx", 0)
    write_workbook(configured_workspace.folder / "c.xlsx", [claim("INV-01", "200.50", debtor_name="Ida Holm")])
    imported(configured_workspace, "c.xlsx", 0)
    write_workbook(configured_workspace.folder / "b.xlsx", [claim("inv-1")])
    imported(configured_workspace, "b.xlsx", 6)
    changed = fill_in(configured_workspace, ["send"], amount_to_recover="200.50", debtor_name="Ida Holm")
    imported(configured_workspace, changed, 6)
    (row,) = sheet(configured_workspace, "errors.xlsx")
    assert row["#status"] == "questioned"
    assert "another question is open" in row["#errors"]
    assert len(fake_apis.cases) == 2
    imported(configured_workspace, fill_in(configured_workspace, ["drop"], "d.xlsx", debtor_email="ida@holm.example"), 0)
    assert len(fake_apis.cases) == 2


def test_the_sheet_offers_the_answers_and_groups_the_questions(configured_workspace):
    asked(configured_workspace, "INV-1", "INV-2")
    path = configured_workspace.reports()[-1] / "errors.xlsx"
    page = load_workbook(path).worksheets[0]
    (offer,) = page.data_validations.dataValidation
    assert (str(offer.sqref), offer.formula1, bool(offer.showErrorMessage)) == ("E2:E3", '"send,same as ID,drop"', False)
    line = read_sheet(path, "Summary")[0]
    assert (line["#rows"], line["#what"], line["#column"], line["#values"]) == (2, "questions", "#answer", "twin")
    assert line["#DKK"] == 202
    assert summary(configured_workspace)["questions"] == {"twin": {"rows": 2, "totals": {"DKK": "202.00"}}}
    shown = configured_workspace.call("status").out
    assert "2 questioned (2 twin)" in shown


def test_all_questions_of_a_kind_are_answered_together(configured_workspace, fake_apis):
    asked(configured_workspace, "INV-1", "INV-2", "INV-3")
    batch = str(summary(configured_workspace)["batch_id"])
    together = ("resolve", "--batch", batch, "--kind", "twin")
    for wrong in ([], ["--confirm", "2"]):
        ended = configured_workspace.call(*together, "--send", *wrong)
        assert (ended.code, "3 questioned rows" in ended.err, "--confirm 3" in ended.err) == (2, True, True)
    assert configured_workspace.call(*together, "--confirm", "3").code == 2
    assert configured_workspace.call("resolve", "--batch", batch, "--kind", "same-cells", "--send", "--confirm", "3").code == 2
    assert configured_workspace.call("resolve", "--batch", "99", "--kind", "twin", "--send", "--confirm", "3").code == 2
    assert configured_workspace.call("resolve", "C1-abcdef", *together[1:], "--send", "--confirm", "3").code == 2
    assert answers(configured_workspace) == []
    ended = configured_workspace.call(*together, "--send", "--confirm", "3")
    assert (ended.code, "3 questioned rows of batch" in ended.out) == (0, True)
    assert configured_workspace.call("resume", "-q").code == 0
    assert len(fake_apis.cases) == 6


@pytest.mark.parametrize(("option", "status"), [("--same", "already_imported"), ("--drop", "left_out")])
def test_rows_of_a_kind_are_never_sent_together(configured_workspace, fake_apis, option, status):
    asked(configured_workspace, "INV-1", "INV-2")
    batch = str(summary(configured_workspace)["batch_id"])
    assert configured_workspace.call("resolve", "--batch", batch, "--kind", "twin", option, "--confirm", "2").code == 0
    imported(configured_workspace, "b.xlsx", 0)
    assert summary(configured_workspace)["counts"]["cases"][status] == 2
    assert len(fake_apis.cases) == 2


def test_same_for_all_needs_one_named_case_each(configured_workspace):
    write_workbook(configured_workspace.folder / "a.xlsx", [claim("INV-1")])
    imported(configured_workspace, "a.xlsx", 0)
    write_workbook(configured_workspace.folder / "b.xlsx", [claim("inv-1"), claim("Inv-1")])
    imported(configured_workspace, "b.xlsx", 6)
    batch = str(summary(configured_workspace)["batch_id"])
    ended = configured_workspace.call("resolve", "--batch", batch, "--kind", "twin", "--same", "--confirm", "2")
    assert (ended.code, "1 of the 2 rows cannot be answered with --same" in ended.err) == (2, True)
    assert answers(configured_workspace) == []


def test_at_a_terminal_the_rows_are_shown_and_asked_about(configured_workspace):
    asked(configured_workspace, *(f"INV-{n}" for n in range(1, 8)))
    batch = str(summary(configured_workspace)["batch_id"])
    arguments = ("resolve", "--batch", batch, "--kind", "twin", "--send")
    with at_a_terminal(configured_workspace, *arguments) as (process, keyboard):
        shown = read_until(keyboard, "Send all 7? [all/none/show] ")
        assert "7 questioned rows, DKK 724.50" in shown
        assert "row 6" in shown
        assert "row 7" not in shown
        assert "and 2 more" in shown
        _press(keyboard, "show")
        assert "row 8" in read_until(keyboard, "Send all 7? [all/none/show] ")
        _press(keyboard, "none")
        assert finish(process, keyboard)[0] == 130
    assert answers(configured_workspace) == []
    with at_a_terminal(configured_workspace, *arguments) as (process, keyboard):
        read_until(keyboard, "[all/none/show] ")
        _press(keyboard, "all")
        assert finish(process, keyboard)[0] == 0
    assert len(answers(configured_workspace)) == 7


def _press(keyboard, text):
    os.write(keyboard, f"{text}\n".encode())


def test_one_entry_is_dropped_and_taken_back_by_a_command(configured_workspace, fake_apis):
    asked(configured_workspace, "INV-1")
    label = sheet(configured_workspace, "errors.xlsx")[0]["#entry"]
    dropped = configured_workspace.call("resolve", label, "--drop")
    assert (dropped.code, dropped.out.startswith(f"{label} is dropped, and will not be sent.")) == (0, True)
    imported(configured_workspace, "b.xlsx", 0)
    assert configured_workspace.call("resolve", label, "--send").code == 0
    assert configured_workspace.call("resolve", label, "--drop").code == 2  # it waits to be sent now
    assert configured_workspace.call("resume", "-q").code == 0
    assert len(fake_apis.cases) == 2


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ('twin = "send"', 2, '"twin" cannot be answered for good'),
        ('look-alike = "leave out"', 2, '"look-alike" cannot be answered for good'),
        ('twins = "ask"', 2, '"twins" is not a kind of question; there are twin'),
        ('twin = "perhaps"', 2, 'write "send", "ask" or "leave out"'),
        ('twin = "ask"', 0, ""),
    ],
)
def test_a_profile_cannot_answer_for_good_what_differs_from_row_to_row(configured_workspace, line, code, says):
    folder = configured_workspace.folder / "profiles"
    folder.mkdir()
    (folder / "erp.toml").write_text(f"[questions]\n{line}\n", encoding="utf-8")
    write_csv(configured_workspace.folder / "a.csv", [claim("INV-1")])
    ended = configured_workspace.call("run", "a.csv", "--yes", "-q", "--profile", "erp")
    assert (ended.code, says in ended.err) == (code, True)
