"""What the documents show is what a user gets: commands with their output, and the pieces of Python."""

import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from support.documents import blocks
from support.processes import run_python
from support.workspace import clean_environment

EXPORT = (
    ("Fakturanr.", "Kunde", "Kontakt", "Land", "Fakturadato", "Forfaldsdato", "Restbeløb", "Valuta", "Sælger"),
    ("F-1001", "Havblik Handel ApS", "Mette Holm", "Danmark", date(2026, 1, 31), date(2026, 2, 14), 5000, "DKK", "LK"),
    ("F-1002", "Nordstjernen A/S", "Jens Krog", "Danmark", date(2026, 2, 2), date(2026, 2, 16), 1250.5, "DKK", "LK"),
    ("F-1003", "Lindgren Bygg AB", "Sven Ek", "Sverige", date(2026, 2, 5), date(2026, 2, 19), 990, "SEK", "TB"),
)


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the stdout of Python with these arguments."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, ended.stdout


def importer(folder: Path, *arguments: str) -> tuple[int, str]:
    return run(folder, "-m", "importer", *arguments)


def shown(page: str, containing: str) -> list[str]:
    """The lines of a code block, but for those whose content changes from run to run."""
    block = next(block for block in blocks(page) if containing in block)
    return [line.rstrip() for line in block.splitlines() if line.strip() != "..." and not line.startswith("  sheets:")]


def test_the_example_ends_as_it_is_shown_and_sends_nothing_twice(tmp_path):
    code, out = importer(tmp_path, "template")
    assert (code, len(out.splitlines())) == (0, 5)
    (expecting,) = (block for block in blocks("docs/getting-started.md") if "--expect-rows" in block)
    assert importer(tmp_path, *expecting.split()[1:])[0] == 3  # with the rows and totals that are shown; else it would be 4
    code, out = importer(tmp_path, "run", "templates/example.xlsx", "--sandbox")
    assert code == 3
    assert [line for line in shown("docs/getting-started.md", "(batch 1)") if line not in out.splitlines()] == []
    code, out = importer(tmp_path, "run", "templates/example.xlsx", "--sandbox")
    assert code == 3
    assert "nothing was sent: what can be imported was imported before" in out


def write_export(path: Path) -> None:
    book = Workbook()
    book.active.title = "Ark1"
    for row in EXPORT:
        book.active.append(row)
    book.save(path)


def test_map_without_a_terminal_works_as_it_is_shown(tmp_path):
    write_export(tmp_path / "export.xlsx")
    (line,) = (block for block in blocks("docs/profiles.md") if block.startswith("importer map export.xlsx --yes"))
    code, out = importer(tmp_path, *shlex.split(line)[1:])
    assert (code, "Written: profiles/export.toml" in out) == (0, True)
    assert importer(tmp_path, "check", "export.xlsx")[0] == 0
    assert importer(tmp_path, *shlex.split(line)[1:], "--replace")[0] == 0


def test_map_shows_what_is_shown_of_it(tmp_path):
    write_export(tmp_path / "export.xlsx")
    code, out = importer(tmp_path, "map", "export.xlsx")
    assert code == 2
    assert [line for line in shown("docs/profiles.md", "read as cases") if line not in out.splitlines()] == []


@pytest.mark.parametrize("number", range(len(blocks("docs/python-api.md", "python"))))
def test_every_shown_piece_of_python_works(number, tmp_path):
    (tmp_path / "shown.py").write_text(blocks("docs/python-api.md", "python")[number], encoding="utf-8")
    for command in (["-m", "importer", "template"], ["shown.py"]):
        ended = run_python(command, cwd=tmp_path, env=clean_environment(), timeout=120)
        assert (ended.returncode, ended.stderr.count("Traceback")) == (0, 0), ended.stderr
