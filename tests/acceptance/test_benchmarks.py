"""The benchmarks run, each of them, and give tables that hold figures. What the figures are is no test's business."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.paths import ROOT
from support.processes import start_python

from benchmarks import passage
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.report import write

NUMBER = re.compile(r"-?[\d,]+(\.\d+)?")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a child's own memory is measured with wait4")


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=280, check=False)


def tables(text: str) -> list[tuple[list[str], list[list[str]]]]:
    """Every table's columns and its rows, but not those of targets."""
    found = []
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        columns, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        if columns[0] != "target":
            found.append((columns, rows))
    return found


def forked(command: list[str], **options: Any) -> subprocess.Popen[str]:
    """A contestant that is forked from a process which has loaded the importer; its figures are no test's business."""
    assert command[0] == sys.executable
    return start_python(command[1:], **options)


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda benchmark: benchmark.name)
def test_a_benchmark_runs_and_gives_tables_with_figures(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "Popen", forked)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", benchmark.name])
    main()
    out = capsys.readouterr().out
    assert re.findall(r"^## (\w+):", out, re.MULTILINE) == [benchmark.name]
    assert tables(out)
    for columns, rows in tables(out):
        assert rows
        assert all(len(row) == len(columns) for row in rows)
        figures = [cell.split(" ")[0].rstrip("%×") for row in rows for cell in row[1:] if cell]
        assert all(NUMBER.fullmatch(figure) for figure in figures), figures
        assert {"seconds", "rows a second", "requests made"} & set(columns), columns


def test_every_benchmark_is_listed_and_has_its_place_in_the_readme():
    listed = benchmarks("--list").stdout
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for benchmark in BENCHMARKS:
        assert f"{benchmark.name} " in listed
        assert f"<!-- {benchmark.name} -->" in readme
        assert f"<!-- /{benchmark.name} -->" in readme


def test_results_take_the_place_of_earlier_ones(tmp_path: Path):
    path = tmp_path / "README.md"
    path.write_text("before\n<!-- a -->\nold\n<!-- /a -->\nafter\n", encoding="utf-8")
    write("a", "new \\1", path)
    write("a", "newer", path)
    assert path.read_text(encoding="utf-8") == "before\n<!-- a -->\nnewer\n<!-- /a -->\nafter\n"
    with pytest.raises(ValueError, match="no markers"):
        write("b", "lost", path)


def test_results_of_tiny_sizes_are_not_written_down():
    assert benchmarks("--quick", "--write", "startup").returncode == 2


@pytest.mark.slow
def test_a_case_passes_through_a_limited_number_of_files(monkeypatch):
    monkeypatch.chdir(ROOT)
    passed, _ = passage.count(510)  # fewer cases than by hand, but still more than a sample of rows
    assert len(passed) <= 127, sorted(passed)  # 123, and some more where requests are tried again on a loaded machine
