"""Reading an everyday sheet starts no library that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import sheets

HEAVY = ("pandas", "numpy", "openpyxl", "xlsxwriter", "babel", "pydantic_settings")
READ = f"""
import sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file
from importer.domain.records import CaseRecord

with open_file(Path(sys.argv[1]), NO_PROFILE, LoadContext(date(2026, 6, 15), ZoneInfo("Europe/Copenhagen"))) as source:
    assert all(isinstance(row.case, CaseRecord) for row in source.rows)
print([name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_sheet_without_anything_odd_is_read_without_the_heavy_libraries(tmp_path: Path, ending: str) -> None:
    rows, path = sheets.cases(3), tmp_path / f"cases.{ending}"
    if ending == "csv":
        sheets.write_csv(path, rows)
    else:
        sheets.write_workbook(path, rows)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
