"""Folders and ZIPs of documents: what is taken of them, and what is refused."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from importer.errors import FileRefused
from importer.workspace.documents import documents_beside, open_documents

PDF = b"%PDF-1.7"


def write_zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, PDF)
    return path


def test_the_files_of_a_folder_and_of_a_zip_are_the_same(tmp_path: Path) -> None:
    names = ("1067.pdf", "2026/1068.pdf")
    write_zip(tmp_path / "docs.zip", *names, "__MACOSX/._1067.pdf", ".DS_Store", "2026/", "Thumbs.db")
    for name in (*names, ".DS_Store", "2026/~$1068.docx"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF)
    found = [open_documents(tmp_path / name) for name in ("docs", "docs.zip")]
    assert [sorted(file.name for file in one.files) for one in found] == [sorted(names)] * 2
    assert found[0].digest != open_documents(write_zip(tmp_path / "other.zip", "1067.pdf")).digest


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (tmp_path / "docs" / "1067.pdf").symlink_to(tmp_path / "secret.pdf")
    assert open_documents(tmp_path / "docs").files == ()


@pytest.mark.parametrize(
    "name", ["../1067.pdf", "/etc/1067.pdf", "a/../../1067.pdf", "C:/1067.pdf", "..\\1067.pdf", "a//1067.pdf"]
)
def test_a_zip_with_a_path_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="leads out"):
        open_documents(write_zip(tmp_path / "docs.zip", name))


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("1067.pdf")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(FileRefused, match="link to another file"):
        open_documents(tmp_path / "docs.zip")


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "docs.zip", "1067.pdf")
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(FileRefused, match="is encrypted"):
        open_documents(path)


def test_a_zip_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="twice"):
        open_documents(write_zip(tmp_path / "docs.zip", "A.pdf", "a.pdf"))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "docs.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("1067.pdf", "w") as member:
        for _ in range(70):
            member.write(bytes(1 << 20))
    with pytest.raises(FileRefused, match="zip bomb"):
        open_documents(tmp_path / "docs.zip")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "docs.zip").write_bytes(content)
    with pytest.raises(FileRefused, match="damaged"):
        open_documents(tmp_path / "docs.zip")


def test_a_path_without_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="does not exist"):
        open_documents(tmp_path / "docs")


def test_documents_beside_a_list_have_its_name(tmp_path: Path) -> None:
    assert documents_beside(tmp_path, "list") is None
    write_zip(tmp_path / "list.zip", "list.xlsx")
    assert documents_beside(tmp_path, "list") is None  # a copy of the list itself
    write_zip(tmp_path / "list.zip", "1067.pdf")
    found = documents_beside(tmp_path, "list")
    assert found is not None
    assert [file.name for file in found.files] == ["1067.pdf"]
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "1068.pdf").write_bytes(PDF)
    with pytest.raises(FileRefused, match="--documents list"):
        documents_beside(tmp_path, "list")
