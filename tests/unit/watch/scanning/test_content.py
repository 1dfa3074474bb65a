"""Whether a file is written to its end."""

import pytest
import xlwt
from support.sheets import cases, write_workbook

from importer.watch.scanning.content import is_whole


@pytest.fixture(scope="module")
def xlsx(tmp_path_factory):
    return write_workbook(tmp_path_factory.mktemp("whole") / "a.xlsx", cases(20)).read_bytes()


@pytest.fixture(scope="module")
def xls(tmp_path_factory):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Cases")
    for row in range(200):
        sheet.write(row, 0, f"row {row}")
    path = tmp_path_factory.mktemp("whole") / "a.xls"
    book.save(str(path))
    return path.read_bytes()


def check(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return is_whole(path)


def preallocated(content, written):
    return content[:written] + bytes(len(content) - written)


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.ods", "a.xlsb"])
def test_a_zip_without_its_end_is_not_whole(tmp_path, xlsx, name, share):
    written = int(len(xlsx) * share)
    assert not check(tmp_path, name, preallocated(xlsx, written))
    assert not check(tmp_path, name, xlsx[:written])
    assert check(tmp_path, name, xlsx)


def test_a_zip_with_a_hole_is_not_whole(tmp_path, xlsx):
    middle = len(xlsx) // 2
    assert not check(tmp_path, "a.xlsx", xlsx[: middle - 50] + bytes(100) + xlsx[middle + 50 :])


@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_an_older_workbook_without_its_end_is_not_whole(tmp_path, xls, share):
    written = int(len(xls) * share)
    assert not check(tmp_path, "a.xls", preallocated(xls, written))
    assert not check(tmp_path, "a.xls", xls[:written])
    assert check(tmp_path, "a.xls", xls)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_a_text_that_ends_in_zeros_is_not_whole(tmp_path, encoding):
    content = "ref;navn\n1;Åse\n".encode(encoding)
    assert check(tmp_path, "a.csv", content)
    assert not check(tmp_path, "a.csv", content + bytes(2))
    assert not check(tmp_path, "a.csv", preallocated(content, 6))
    assert not check(tmp_path, "a.csv", bytes(len(content)))


def test_an_empty_file_is_not_whole(tmp_path):
    assert not check(tmp_path, "a.csv", b"")
    assert not check(tmp_path, "a.xls", b"")


def test_an_html_table_that_is_called_xls_is_read_as_text(tmp_path):
    assert check(tmp_path, "a.xls", b"<table><tr><td>1</td></tr></table>")
