"""Some random workbooks, other ones than in the long run: the importer reads what other readers read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("compare_readers.py")
EXPLAINED = ("openpyxl | _x000D_ is not decoded", "odfpy | blank at the beginning is kept")


@pytest.mark.slow
def test_random_workbooks_are_read_as_by_other_readers(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path)}  # without LibreOffice
    command = [sys.executable, str(SCRIPT), "--generate", "40", "--seed", "5"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    differences = [line for line in ended.stdout.splitlines() if " | " in line]
    assert [line for line in differences if not line.strip().endswith(EXPLAINED)] == []
    assert "refused" not in ended.stdout
