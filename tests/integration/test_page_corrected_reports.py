"""The reports of a batch whose rows were corrected: a person who works from its sheets corrects nothing for a second time."""

from __future__ import annotations

import pytest
from openpyxl import load_workbook
from support.sheets import case, cases, write_csv
from support.web import approve, send

from importer.commands.approve import discard
from importer.commands.report import rebuild_report
from importer.workspace.environment import open_environment

BAD = [case("B1", debtor_country="Atlantis"), case("B2", debtor_country="Lemuria")]
INVOICE = {"voucher_type": "invoice", "voucher_amount": "100.00", "voucher_source": "CREDITOR"}


def correct(browser, number, rows, batch=1, **texts):
    header = list(rows[0])
    form = {"sheet": "0", "number": str(number), "position": [str(header.index(one)) for one in texts]}
    return browser.post(f"/batches/{batch}/correct", form | {"text": list(texts.values()), "next": "keep"})


def check(browser, batch=1):
    return browser.follow(browser.post(f"/batches/{batch}/check"))


def approve_again(browser, batch):
    browser.post(f"/batches/{batch}/review")
    assert approve(browser, batch).status_code == 303


def rows_of(folder, name):
    """The number, the status and the reasons of each row of a sheet of the first batch; None without the sheet."""
    (path,) = {found.parent for found in (folder / "output").glob("*-a/success.xlsx")}
    if not (path / name).exists():
        return None
    rows = list(load_workbook(path / name).worksheets[0].iter_rows(values_only=True))
    return [row[:3] for row in rows[1:]]


def report(page):
    with open_environment(page.environments.workspace, page.environments.settings, sandbox=True) as environment:
        (found,) = rebuild_report(environment, 1, None).reports
    return "\n".join(found.text)


def test_a_row_that_was_corrected_and_sent_is_no_error_of_the_first_batch_any_more(page, tmp_path):
    browser = page.visitor()
    rows = [*cases(1), *BAD]
    browser.drop(write_csv(tmp_path / "a.csv", rows))
    approve_again(browser, 1)
    send(page)
    assert [row[0] for row in rows_of(tmp_path, "errors.xlsx")] == [3, 4]
    correct(browser, 3, rows, debtor_country="Denmark")
    check(browser)
    assert [row[0] for row in rows_of(tmp_path, "errors.xlsx")] == [3, 4]  # it waits for an approval, and may be discarded
    approve_again(browser, 2)
    send(page)  # brings the sheets of the first batch up to date too
    (left,) = rows_of(tmp_path, "errors.xlsx")
    assert (left[:2], "Lemuria" in left[2]) == ((4, "rejected"), True)
    ((number, status, why),) = rows_of(tmp_path, "left-out.xlsx")
    assert (number, status) == (3, "corrected later")
    assert why.startswith("Corrected in batch 2 (a-corrected-1.xlsx, row 2). Nothing is to be done here")
    said = report(page)
    assert "next: 1 rejected: correct them in errors.xlsx" in said
    assert "1 × Corrected in a later batch" in said
    assert ("Lemuria" in said, "Atlantis" in said) == (True, False)


def test_nothing_is_to_be_corrected_once_all_rows_were(page, tmp_path):
    browser = page.visitor()
    rows = [*cases(1), *BAD]
    browser.drop(write_csv(tmp_path / "a.csv", rows))
    approve_again(browser, 1)
    send(page)
    for number in (3, 4):
        correct(browser, number, rows, debtor_country="Denmark")
    check(browser)
    approve_again(browser, 2)
    send(page)
    assert rows_of(tmp_path, "errors.xlsx") is None
    assert len(rows_of(tmp_path, "left-out.xlsx")) == 2
    assert "next:" not in report(page)
    assert "corrected by a later import" in report(page)


@pytest.mark.parametrize(
    ("wrong", "texts"),
    [
        (case("X", debtor_country="Thule", creditor_reference="", case_ref="") | INVOICE, {"debtor_country": "Denmark"}),
        (case("X") | INVOICE | {"voucher_amount": "much"}, {"voucher_amount": "100.00"}),
        (case("X", debtor_country="Atlantis") | INVOICE, {"debtor_country": "Denmark"}),
    ],
    ids=["a row without a reference", "a voucher without an id", "a case and its voucher"],
)
def test_a_row_that_only_its_place_shows_is_known_as_corrected(page, tmp_path, wrong, texts):
    browser = page.visitor()
    rows = [case("C1") | INVOICE, wrong]
    browser.drop(write_csv(tmp_path / "a.csv", rows))
    approve_again(browser, 1)
    send(page)
    assert [row[0] for row in rows_of(tmp_path, "errors.xlsx")] == [3]
    correct(browser, 3, rows, **texts)
    check(browser)
    approve_again(browser, 2)
    send(page)
    assert rows_of(tmp_path, "errors.xlsx") is None
    assert [row[:2] for row in rows_of(tmp_path, "left-out.xlsx")] == [(3, "corrected later")]


def test_a_correction_that_is_still_wrong_or_was_discarded_changes_no_report(page, tmp_path):
    browser = page.visitor()
    rows = [*cases(1), *BAD]
    browser.drop(write_csv(tmp_path / "a.csv", rows))
    approve_again(browser, 1)
    send(page)
    correct(browser, 3, rows, debtor_country="Thule")
    correct(browser, 4, rows, debtor_country="Denmark")
    check(browser)
    approve_again(browser, 2)
    with open_environment(page.environments.workspace, page.environments.settings, sandbox=True) as environment:
        discard(environment, 2)
    assert "next: 2 rejected" in report(page)
    assert [row[0] for row in rows_of(tmp_path, "errors.xlsx")] == [3, 4]
    assert rows_of(tmp_path, "left-out.xlsx") is None
