"""A workbook that kills or fills the parser costs that one file; the good ones beside it are imported."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.sheets import cases, write_workbook
from support.workspace import clean_environment

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

MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
"""Run a command and print the most memory that it used. The tests' own process is too large to start it itself."""


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
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "importer", "run", "inbox", "--yes", "--new-ledger", "-q"]
    environment = clean_environment(**configured_workspace.env)
    ended = subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False)
    *lines, used = ended.stderr.splitlines()
    err = "\n".join(lines)
    assert ended.returncode == 4, ended
    assert err.count("Shorten it.") == err.count("Delete what is repeated") == 1
    assert "b.ods" in err
    assert "c.ods" in err
    assert {case["creditorReference"] for case in fake_apis.cases} == {f"INV-C{n}" for n in range(1, 5)}
    assert int(used) < 200 << 10 << 10 * (sys.platform == "darwin")


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
        ended = configured_workspace.call("run", "inbox", "--yes", "--new-ledger")
        reader_process.POOL.close()
    assert ended.code == 4
    assert "b.xlsx, sheet 'Deadly', cannot be read (it ended the program that reads workbooks: SIGABRT" in ended.err
    assert {case["creditorReference"] for case in fake_apis.cases} == {"INV-C1", "INV-C3"}
    assert configured_workspace.call("run", "inbox", "--yes", "--new-ledger").code == 0
    assert len(fake_apis.cases) == 3
