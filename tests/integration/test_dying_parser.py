"""A workbook that kills or fills the parser costs that one file; the good ones beside it are imported."""

import os
import sys
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.sheets import cases, write_workbook

from importer.loader.files import calamine_book, reader_process

SPACES = "urn:oasis:names:tc:opendocument:xmlns:"
CELL = '<table:table-cell office:value-type="string"><text:p>a<text:s text:c="{}"/>b</text:p></table:table-cell>'
DYING = """
import os, sys
sys.path.insert(0, {folder!r})
import calamine_book

class Dying(calamine_book.CalamineBook):
    def open_rows(self, sheet, positions=None):
        if sheet == "Deadly":
            os.abort()
        return super().open_rows(sheet, positions)

calamine_book.Server.__init__.__defaults__ = (Dying,)
calamine_book.main(sys.argv[1], int(sys.argv[2]))
"""


def bomb(path, cell, count=1):
    """An OpenDocument sheet of a few bytes whose cells stand for gigabytes."""
    names = " ".join(f'xmlns:{name}="{SPACES}{name}:1.0"' for name in ("office", "table", "text"))
    row = f"<table:table-row>{cell * 40}</table:table-row>" * count
    body = f'<office:body><office:spreadsheet><table:table table:name="A">{row}</table:table></office:spreadsheet></office:body>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml", f"<office:document-content {names}>{body}</office:document-content>", zipfile.ZIP_DEFLATED
        )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell how much memory a process used")
def test_bombs_in_a_folder_cost_no_memory_and_no_other_file(configured_workspace, fake_apis):
    folder = configured_workspace.folder / "inbox"
    folder.mkdir()
    write_workbook(folder / "a.xlsx", cases(2))
    bomb(folder / "b.ods", CELL.format("2000000000"))
    bomb(folder / "c.ods", CELL.format("30000"), 2500)
    write_workbook(folder / "d.xlsx", cases(2, first=3))
    process = configured_workspace.start("run", "inbox", "--yes", "-q")
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    assert process.returncode == 4, (out, err)
    assert err.count("Shorten it.") == err.count("Delete what is repeated") == 1
    assert "b.ods" in err
    assert "c.ods" in err
    assert {case["creditorReference"] for case in fake_apis.cases} == {f"INV-C{n}" for n in range(1, 5)}
    used = usage.ru_maxrss // (1 << 20 if sys.platform == "darwin" else 1 << 10)
    assert used < 200, f"{used} MB"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_parser_that_dies_in_a_folder_costs_its_file(configured_workspace, fake_apis, monkeypatch, tmp_path):
    folder = configured_workspace.folder / "inbox"
    folder.mkdir()
    for number, name in enumerate(("a", "b", "c"), 1):
        write_workbook(folder / f"{name}.xlsx", cases(1, first=number))
    book = load_workbook(folder / "b.xlsx")
    book["Cases"].title = "Deadly"
    book.save(folder / "b.xlsx")
    script = tmp_path / "dying.py"
    script.write_text(DYING.format(folder=str(Path(calamine_book.__file__).parent)))
    reader_process.POOL.close()
    with monkeypatch.context() as patch:
        patch.setattr(reader_process, "SCRIPT", script)
        ended = configured_workspace.call("run", "inbox", "--yes")
        reader_process.POOL.close()
    assert ended.code == 4
    assert "b.xlsx, sheet 'Deadly', cannot be read (it ended the program that reads workbooks: SIGABRT" in ended.err
    assert {case["creditorReference"] for case in fake_apis.cases} == {"INV-C1", "INV-C3"}
    assert configured_workspace.call("run", "inbox", "--yes").code == 0
    assert len(fake_apis.cases) == 3
