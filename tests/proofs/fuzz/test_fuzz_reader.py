"""Three seconds of damaged files, other ones than in the long run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("reader.py")


@pytest.mark.slow
def test_damaged_files_are_read_or_refused(tmp_path):
    command = [sys.executable, str(SCRIPT), "--seconds", "3", "--seed", "7"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " refused" in ended.stdout
    assert " read" in ended.stdout
