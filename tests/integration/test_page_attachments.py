"""Documents that are dropped with their sheet: they are kept until their vouchers are sent, and no longer."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from support.sheets import case, voucher, write_csv, write_workbook
from support.web import approve, send, site

from importer.web.pages.drop import DroppedFile, dropped_folder
from importer.web.work.attachments import sweep_attachments

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def page(tmp_path):
    with site(tmp_path / "w") as found:
        yield found


def sheet(tmp_path, *names, **changes):
    rows = [voucher("C1", f"{10 + number}.00", unique_id=f"V{number}", appendix_file=name) for number, name in enumerate(names)]
    return write_workbook(tmp_path / "a.xlsx", [case("C1", **changes)], rows).read_bytes()


def drop(browser, *files):
    sent = [(field, (name, content, "application/octet-stream")) for field, name, content in files]
    return browser.follow(browser.post("/drop", files=sent))


def kept(page):
    folder = page.environments.folder("attachments")
    return sorted(str(path.relative_to(folder)).partition("/")[2] for path in folder.rglob("*") if path.is_file())


def test_documents_are_taken_with_their_sheet_and_kept_until_they_are_sent(page, tmp_path):
    browser = page.visitor()
    shown = drop(browser, ("files", "a.xlsx", sheet(tmp_path, "invoice.pdf")), ("files", "invoice.pdf", PDF))
    assert "Review of a.xlsx" in shown.text
    assert "1 voucher" in shown.text
    assert kept(page) == [".batches", "invoice.pdf"]
    page.services.clean_up()  # as at the end and the start of the server
    assert "invoice.pdf" in kept(page)
    assert approve(browser, 1).status_code == 303
    send(page)
    assert 'class="state done"' in browser.get("/batches/1").text
    sweep_attachments(page.environments)
    assert kept(page) == []


def test_a_correction_finds_the_documents_of_the_batch(page, tmp_path):
    browser = page.visitor()
    content = sheet(tmp_path, "invoice.pdf", debtor_country="Atlantis")
    drop(browser, ("files", "a.xlsx", content), ("files", "invoice.pdf", PDF))
    position = list(case("C1")).index("debtor_country")
    place = {"sheet": "0", "number": "2", "position": str(position), "text": "Denmark"}
    browser.follow(browser.post("/batches/1/correct", place))
    assert "is not a file in the sheet" not in browser.get("/batches/2/rows").text
    folder = page.environments.folder("attachments")
    noted = {page.environments.ledger_id(): [page.environments.batch_key(batch).name for batch in (1, 2)]}
    assert [json.loads(path.read_text()) for path in folder.rglob(".batches")] == [noted]


def test_a_folder_is_taken_with_the_documents_in_it(page, tmp_path):
    browser = page.visitor()
    content = sheet(tmp_path, "docs/invoice.pdf", "../../x.pdf")
    drop(
        browser,
        *(("folder", "november/a.xlsx", content), ("folder", "november/docs/invoice.pdf", PDF)),
        *(("folder", "november/../../../x.pdf", PDF), ("folder", "november/Thumbs.db", b"x")),
    )
    assert not list(tmp_path.glob("*.pdf"))
    assert kept(page) == []  # a name that leads elsewhere refuses the whole drop
    shown = drop(browser, ("folder", "november/a.xlsx", content), ("folder", "november/docs/invoice.pdf", PDF))
    assert kept(page) == [".batches", "docs/invoice.pdf"]
    assert "is not a file in the sheet" in shown.text  # the other one


def test_what_is_taken_of_a_folder():
    def taken(*names):
        files = [DroppedFile(name, io.BytesIO(), is_document=False) for name in names]
        return [(one.name, one.is_document) for one in dropped_folder(files)]

    assert taken("n/a.csv", "n/.hidden.csv", "n/docs/list.csv", "n/b.pdf", "n/x.exe") == [
        *[("n/a.csv", False), (".hidden.csv", True), ("docs/list.csv", True), ("b.pdf", True)]
    ]
    assert taken("docs/b.pdf") == [("docs/b.pdf", True)]


def test_documents_alone_and_two_of_one_name_are_refused(page, tmp_path):
    browser = page.visitor()
    alone = drop(browser, ("files", "invoice.pdf", PDF))
    assert (alone.status_code, "documents without a sheet" in alone.text) == (422, True)
    content = sheet(tmp_path, "invoice.pdf")
    twice = drop(
        browser, ("files", "a.xlsx", content), ("files", "i.pdf", PDF), ("files", "x/i.pdf", PDF), ("files", "i.pdf", PDF)
    )
    assert (twice.status_code, "two documents of the name i.pdf" in twice.text) == (422, True)
    too_long = drop(browser, ("files", "a.xlsx", content), ("files", f"{'x' * 300}.pdf", PDF))
    assert (too_long.status_code, "cannot be the name of a document" in too_long.text) == (422, True)
    assert kept(page) == []
    nothing = browser.post("/drop", files=[("files", ("", b"", "text/csv"))])
    assert (nothing.status_code, "No file was chosen" in nothing.text) == (422, True)
    other = drop(browser, ("files", "a.exe", b"x"))
    assert re.search(r"a\.exe is not a spreadsheet.*\.pdf", other.text, re.DOTALL)


def test_documents_without_a_name_in_the_sheet_belong_to_the_invoice_in_their_name(page, tmp_path):
    browser = page.visitor()
    rows = [voucher("C1", f"{number}.00", unique_id=f"V{number}", reference_id=f"INV-{number}") for number in (17, 18)]
    content = write_workbook(tmp_path / "a.xlsx", [case("C1")], rows).read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("INV-17.pdf", PDF)
        made.writestr("other.pdf", PDF)
    shown = drop(browser, ("files", "a.xlsx", content), ("files", "invoices.zip", archive.getvalue()))
    assert "1 document of invoices.zip goes out" in shown.text
    assert "other.pdf of invoices.zip" in shown.text
    assert approve(browser, 1).status_code == 303
    send(page)
    assert 'class="state done"' in browser.get("/batches/1").text
    shown = drop(browser, ("files", "b.xlsx", content), ("files", "INV-18.pdf", PDF), ("files", "INV-19.pdf", PDF))
    assert "1 document of" in shown.text


def test_master_data_are_dropped_with_their_list(page, tmp_path):
    lacking = {name: value for name, value in case("C1").items() if name not in ("debtor_country", "debtor_email")}
    listed = write_csv(tmp_path / "list.csv", [{**lacking, "Customer no.": "101"}])
    customer = {"Customer no.": "101", "Name": case("C1")["debtor_name"], "Country": "DK", "Email": "post@101.example"}
    customers = write_csv(tmp_path / "customers.csv", [customer])
    browser = page.visitor()
    shown = browser.follow(browser.drop(customers, listed))
    assert "Review of list.csv" in shown.text
    assert "completed debtor_country in 1 row" in shown.text.replace("\n", " ")
    alone = browser.follow(browser.drop(customers))
    assert "master data of debtors" in alone.text
