"""Who has a file open."""

import pytest

from importer.watch.scanning.lock_files import excel_owner, libre_office_owner, owner_of


def excel(name):
    wide = name.encode("utf-16-le")
    narrow = name.encode("cp1252", errors="replace")
    return (bytes([len(narrow)]) + narrow).ljust(55, b" ") + bytes([len(name), 0]) + wide.ljust(108, b" \0"[:1])


@pytest.mark.parametrize("name", ["Ann Holm", "Åse Ødegård", "Łukasz"])
def test_excel(tmp_path, name):
    assert excel_owner(excel(name)) == name
    (tmp_path / "~$a.xlsx").write_bytes(excel(name))
    assert owner_of(tmp_path, "a.xlsx") == name


def test_libre_office(tmp_path):
    assert libre_office_owner(b"Bo Ek,bo,pc1,27.11.2026 10:15,file:///home/bo;") == "Bo Ek"
    assert libre_office_owner(b",bo,pc1,27.11.2026 10:15,file:///home/bo;") == "bo"
    (tmp_path / ".~lock.a.ods#").write_bytes(b"Bo\x1b[2J Ek,bo,")
    assert owner_of(tmp_path, "a.ods") == "Bo[2J Ek"


@pytest.mark.parametrize("content", [b"", b"\x05", b"\xff" * 60, b",,", bytes(200)])
def test_a_lock_file_that_says_nothing(tmp_path, content):
    (tmp_path / "~$a.xlsx").write_bytes(content)
    owner = owner_of(tmp_path, "a.xlsx")
    assert owner is None or owner.isprintable()
    assert owner_of(tmp_path, "b.xlsx") is None
