"""The chapter "Every night", word by word: its settings, its commands in their order, and its tables."""

import os
import shlex
import tomllib

import pytest
from support.documents import blocks, rows_below
from support.sheets import cases, write_csv

from importer.errors import ExitCode
from importer.scheduling.systemd import NOT_A_FAILURE

PAGE = "docs/operations/scheduling.md"
PROGRAMS = {
    "systemctl": "exit 0\n",
    "crontab": 'if [ "$1" = -l ]; then cat "$HOME/crontab" 2>/dev/null || { echo "no crontab for x" >&2; exit 1; }\n'
    'else cat > "$HOME/crontab"; fi\n',
}


def documented_commands():
    lines = [line for block in blocks(PAGE) for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("importer schedule ")]


@pytest.mark.skipif(os.name == "nt", reason="the programs are scripts for sh")
def test_the_commands_of_the_chapter_do_what_it_says(workspace, tmp_path):
    home, programs = tmp_path / "home", tmp_path / "programs"
    home.mkdir()
    programs.mkdir()
    for name, script in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        (programs / name).chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    workspace.env = {"HOME": str(home), "PATH": path, "XDG_CONFIG_HOME": "", "TZ": "Europe/Copenhagen"}
    (text,) = (block for block in blocks(PAGE, "toml") if "max_rejected" in block)
    (workspace.folder / "importer.toml").write_text(text, encoding="utf-8")
    for folder in ("incoming", "exports"):
        (workspace.folder / folder).mkdir()
    write_csv(workspace.folder / "incoming" / "a.csv", cases(2))
    said = {}
    for words in documented_commands():
        asks = words[1] in {"install", "remove"} and "--print" not in words
        ended = workspace.run(*words, *(["--yes"] if asks else []))
        assert ended.code == 0, (words, ended)
        said[" ".join(words)] = ended.out
        if "--print" in words:
            assert [path.name for path in home.rglob("*") if path.is_file()] == []
    assert list(said) == [
        "schedule run-now nightly --sandbox",
        "schedule install nightly --print",
        "schedule install nightly",
        "schedule show",
        "schedule remove nightly",
    ]
    shown = next(block for block in blocks(PAGE) if block.startswith("nightly: "))
    assert said["schedule show"].splitlines()[0] == shown.splitlines()[0]
    assert "The next run is on" in said["schedule show"]
    assert "and up to 10 minutes later." in said["schedule show"]
    assert not [path for path in home.rglob("*") if path.is_file() and path.read_text(encoding="utf-8")]


def test_every_exit_code_has_its_line_and_those_of_the_unit_are_no_failures():
    rows = rows_below(PAGE, "exit code")
    assert [int(row[0]) for row in rows] == [int(code) for code in ExitCode]
    assert {int(row[0]) for row in rows if row[1] == "no"} == {0, *NOT_A_FAILURE}


def test_the_settings_of_the_chapter_are_schedules():
    for block in blocks(PAGE, "toml"):
        assert set(tomllib.loads(block)) == {"schedule"}
