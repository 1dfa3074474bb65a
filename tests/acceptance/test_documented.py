"""What the documents show is what a user gets: commands with their output, and the pieces of Python."""

import os
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from support.documents import blocks
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
    assert (code, len(out.splitlines())) == (0, 3)
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


NIGHTS = {
    "rows of an earlier night are in doubt": (6, 0, ["a.csv"], 6, "Some rows are in doubt or held"),
    "an earlier night is in doubt and new rows are wrong": (6, 3, ["a.csv"], 6, "Some rows are in doubt or held"),
    "the run is more urgent": (3, 5, ["a.csv"], 5, "The import needs attention (exit code 5)"),
    "new rows are wrong": (0, 3, ["a.csv"], 3, "Some rows need a correction"),
    "all is well": (0, 0, ["a.csv"], 0, "All rows are imported."),
    "no file came": (0, 0, [], 0, "All rows are imported."),
    "no file came and rows are held": (6, 0, [], 6, "Some rows are in doubt or held"),
    "the folder is missing": (0, 4, None, 4, "The import needs attention (exit code 4)"),
}


@pytest.mark.skipif(os.name == "nt", reason="a script for sh")
@pytest.mark.parametrize(("resumed", "ran", "files", "code", "said"), NIGHTS.values(), ids=NIGHTS)
def test_the_nightly_script_reports_what_is_left(tmp_path, resumed, ran, files, code, said):
    (script,) = blocks("docs/operations/scheduling.md", "sh")
    stub = f"#!/bin/sh\ncase $1 in resume) exit {resumed} ;; run) exit {ran} ;; esac\n"
    for name, text in {"nightly.sh": script, "importer": stub, "credentials.sh": "", "ledger.db": ""}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o700)
    if files is not None:
        (tmp_path / "incoming").mkdir()
        for name in files:
            (tmp_path / "incoming" / name).touch()
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run([tmp_path / "nightly.sh"], env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (code, "")
    assert said in ended.stdout


@pytest.mark.parametrize("number", range(len(blocks("docs/python-api.md", "python"))))
def test_every_shown_piece_of_python_works(number, tmp_path):
    importer(tmp_path, "template")
    (tmp_path / "shown.py").write_text(blocks("docs/python-api.md", "python")[number], encoding="utf-8")
    assert run(tmp_path, "shown.py")[0] == 0
