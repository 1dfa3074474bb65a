"""The chapter about a folder for finance, step by step, in its own words."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest
from support.documents import blocks, section
from support.dropping import AT_ONCE, drop_folder
from support.paths import ROOT
from support.sheets import case, cases, write_csv
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import clean_environment

PAGE = "docs/operations/watched-folder.md"
STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{4}-[0-9a-f]{8}-")


def block(containing, language=None):
    (found,) = (code for code in blocks(PAGE, language) if containing in code)
    return found


@pytest.fixture
def drop(configured_workspace, tmp_path):
    return drop_folder(configured_workspace, tmp_path / "invoices")


def settings(drop, text):
    file = drop.workspace.folder / "importer.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)


def test_the_first_steps(tmp_path):
    command = tmp_path / "bin" / "importer"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m importer "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = clean_environment(**AT_ONCE, PYTHONPATH=str(ROOT))
    environment["PATH"] = f"{command.parent}:{environment['PATH']}"
    steps = block("--once --sandbox", "sh")
    ended = subprocess.run(
        ["sh", "-e", "-c", steps], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 3
    assert "the exit code is 3" in section(PAGE, "## Try it")
    assert ended.stdout.endswith(block("is in done"))
    found = sorted(path.name for path in (folder / "invoices" / "done").iterdir())
    assert [STAMP.sub("", name) for name in found] == [STAMP.sub("", name) for name in block("-example-summary.txt").split()]
    assert [path.name for path in (folder / "invoices").iterdir() if path.is_file()] == [".importer"]


def test_approving_at_a_terminal(drop):
    write_csv(drop.path / "list.csv", cases(2))
    assert drop.once().code == 8
    _, *words = block("importer approve", "sh").split()
    with at_a_terminal(drop.workspace, *words) as (process, keyboard):
        read_until(keyboard, "[y/N] ")
        os.write(keyboard, b"y\n")
        assert finish(process, keyboard)[0] == 0
    assert "is in done (2 accepted)." in drop.once().out


def test_approving_by_moving_the_file(drop):
    settings(drop, block("by_folder = true", "toml"))
    write_csv(drop.path / "list.csv", cases(2))
    assert drop.once().code == 8
    waiting = drop.file("needs approval", "list.csv")
    waiting.rename(drop.path / "approved" / waiting.name)
    assert "is in done (2 accepted)." in drop.once().out
    assert "by folder, mover unknown" in drop.workspace.call("review", "2").out


def test_the_control_file_of_the_page(drop):
    rows = [*(case(f"C{n}", "1000.00") for n in range(48)), case("C48", "13234.50")]
    write_csv(drop.path / "invoices.csv", rows)
    (drop.path / "invoices.csv.ok").write_text(block("rows = 49"), encoding="utf-8")
    env = {"IMPORTER_WATCH__CONTROL_FILES": "true", "IMPORTER_APPROVAL__REQUIRED": "never"}
    assert drop.once(**env).out == "invoices.csv is in done (49 accepted).\n"


def test_the_folders_with_profiles(drop):
    settings(drop, block("[watch.profiles]", "toml"))
    profiles = drop.workspace.folder / "profiles"
    profiles.mkdir()
    for name in ("fortnox-invoices", "visma-open-items"):
        (profiles / f"{name}.toml").write_text('holds = "cases"\n', encoding="utf-8")
    assert drop.once().code == 0
    assert {"fortnox", "visma"} <= {path.name for path in drop.path.iterdir()}
    assert (drop.path / "visma" / "done").is_dir()
