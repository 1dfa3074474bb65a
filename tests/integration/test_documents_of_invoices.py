"""Documents in a folder or a ZIP go out with the voucher of the invoice whose number is in their name."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from support.invoice_lists import import_list, payment, row
from support.sheets import case, voucher, write_csv, write_workbook
from support.workspace import CliWorkspace

APPENDICES = "SELECT unique_id, appendix FROM entry WHERE kind = 'voucher' ORDER BY 1"


def pdf(number: str) -> bytes:
    return f"%PDF-1.7\n% {number}\n".encode()


def write_folder(path: Path, *names: str) -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(pdf(name))
    return path


def write_zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, pdf(name))
    return path


def listed(folder: Path, *numbers: str) -> Path:
    vouchers = [voucher("C1", unique_id=f"V-{number}", reference_id=number) for number in numbers]
    return write_workbook(folder / "list.xlsx", [case("C1")], vouchers)


def sent(workspace: CliWorkspace) -> dict[str, str | None]:
    """The names of the files of the vouchers that were accepted, by unique id."""
    rows = workspace.ledger("SELECT key, appendix, state FROM entry WHERE kind = 'voucher'")
    assert {state for *_, state in rows} <= {"accepted"}, rows
    return {key: Path(json.loads(appendix)["path"]).name if appendix else None for key, appendix, _ in rows}


@pytest.mark.parametrize("kind", ["folder", "zip", "beside", "zip beside"])
def test_documents_are_attached_by_number(kind: str, configured_workspace, tmp_path) -> None:
    workspace, names = configured_workspace, ("INV-1067.pdf", "1068/letter.pdf", "note.pdf", "1069 and 1070.pdf")
    source = listed(tmp_path, "1067", "1068", "1069", "1070")
    place = tmp_path / ("list" if "beside" in kind else "docs")
    made = write_zip(place.with_suffix(".zip"), *names) if "zip" in kind else write_folder(place, *names)
    options = () if "beside" in kind else ("--documents", made)
    done = workspace.call("run", source, "--yes", *options)
    assert done.code == 0, done.out + done.err
    found = workspace.ledger("SELECT payload, appendix FROM entry WHERE kind = 'voucher'")
    by_number = {json.loads(payload)["referenceId"]: json.loads(appendix or "{}") for payload, appendix in found}
    assert {number: Path(file["path"]).name for number, file in by_number.items() if file} == {
        "1067": "INV-1067.pdf",
        "1068": "letter.pdf",
    }
    assert all("file_id" in file for file in by_number.values() if file)
    review = (workspace.reports()[-1] / "review.html").read_text(encoding="utf-8")
    assert f"2 documents of {made.name} go out with the voucher" in review
    assert "note.pdf" in review
    assert "1069 and 1070.pdf" in review


def test_a_document_that_a_row_names_comes_first(configured_workspace, tmp_path) -> None:
    workspace = configured_workspace
    write_folder(tmp_path / "docs", "1067.pdf", "other.pdf")
    row = voucher("C1", reference_id="1067", appendix_file="docs/other.pdf")
    source = write_workbook(tmp_path / "list.xlsx", [case("C1")], [row])
    done = workspace.call("run", source, "--yes", "--documents", tmp_path / "docs")
    assert done.code == 0, done.out + done.err
    assert list(sent(workspace).values()) == ["other.pdf"]
    assert "not sent" in done.out
    assert "other.pdf" not in done.out.partition("not sent")[2].partition("\n")[0]


def test_a_document_that_cannot_be_sent_rejects_its_voucher(configured_workspace, tmp_path) -> None:
    workspace, source = configured_workspace, listed(tmp_path, "1067")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "1067.pdf").write_bytes(b"<html>not found</html>")
    done = workspace.call("run", source, "--yes", "--documents", tmp_path / "docs")
    assert done.code == 3, done.out + done.err
    assert "The document 1067.pdf should be a PDF by its ending" in done.out


def test_rows_without_a_voucher_are_said(configured_workspace, tmp_path) -> None:
    workspace = configured_workspace
    source = write_csv(tmp_path / "list.csv", [case("C1", creditor_reference="1067")])
    done = workspace.call("run", source, "--yes", "--documents", write_folder(tmp_path / "docs", "1067.pdf"))
    assert done.code == 0, done.out + done.err
    assert "the rows of these invoices have no voucher to attach them to: 1067.pdf" in done.out


def test_a_payment_with_the_number_of_an_invoice_takes_no_document(configured_workspace, tmp_path) -> None:
    workspace = configured_workspace
    rows = [
        voucher("C1", unique_id="V1", reference_id="1067"),
        voucher("C1", "10.00", unique_id="V2", reference_id="1067", voucher_type="deposit"),
    ]
    source = write_workbook(tmp_path / "list.xlsx", [case("C1")], rows)
    done = workspace.call("run", source, "--yes", "--documents", write_folder(tmp_path / "docs", "1067.pdf"))
    assert done.code == 0, done.out + done.err
    assert sorted(map(str, sent(workspace).values())) == ["1067.pdf", "None"]


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_document_that_differs_after_the_approval_is_not_sent(change: str, configured_workspace, tmp_path) -> None:
    workspace, source = configured_workspace, listed(tmp_path, "1067")
    archive = write_zip(tmp_path / "list.zip", "1067.pdf")
    workspace.env |= {"IMPORTER_APPROVAL__REQUIRED": "always"}
    assert workspace.call("run", source, "--yes").code == 8
    assert workspace.call("review", "1").code == 0
    write_zip(archive, "1067.pdf" if change == "gone" else "1068.pdf")
    if change == "gone":
        archive.unlink()
    else:
        with zipfile.ZipFile(archive, "w") as changed:
            changed.writestr("1067.pdf", pdf("another"))
    assert workspace.call("approve", "1", "--yes").code == 0
    done = workspace.call("resume")
    assert done.code == 3, done.out + done.err
    states = dict(workspace.ledger("SELECT kind, state FROM entry"))
    assert states == {"case": "accepted", "voucher": "refused"}


def test_a_hostile_zip_is_refused_before_anything_is_sent(configured_workspace, tmp_path) -> None:
    workspace, source = configured_workspace, listed(tmp_path, "1067")
    done = workspace.call("run", source, "--yes", "--documents", write_zip(tmp_path / "docs.zip", "../1067.pdf"))
    assert done.code == 4, done.out + done.err
    assert "leads out of it" in done.err
    assert not (tmp_path / "1067.pdf").exists()
    beside = write_zip(tmp_path / "list.zip", "../1067.pdf")
    done = workspace.call("run", source, "--yes")
    assert done.code == 4, done.out + done.err
    assert beside.name in done.err


def test_other_documents_make_an_unchanged_list_be_read_again(configured_workspace, tmp_path) -> None:
    workspace, source = configured_workspace, listed(tmp_path, "1067")
    assert workspace.call("run", source, "--yes").code == 0
    again = workspace.call("run", source, "--yes", "--documents", write_folder(tmp_path / "docs", "1067.pdf"))
    assert "1 document of docs goes out" in again.out


def test_documents_go_out_with_the_invoices_of_one_case(configured_workspace) -> None:
    workspace = configured_workspace
    write_folder(workspace.folder / "list", "INV-20311.pdf", "20312.pdf", "20313.pdf", "20399.pdf")
    rows = [row("1001", "20311", "1000.00"), row("1001", "20312", "250.50"), payment("1001", "20313", "50.00")]
    import_list(workspace, rows)
    found = workspace.ledger("SELECT payload, appendix FROM entry WHERE kind = 'voucher'")
    files = {json.loads(payload)["referenceId"]: Path(json.loads(file)["path"]).name if file else None for payload, file in found}
    assert files == {"20311": "INV-20311.pdf", "20312": "20312.pdf", "20313": None}
    ((notes,),) = workspace.ledger("SELECT notes FROM batch")
    assert "20399.pdf" in notes
    assert "20313.pdf" in notes
