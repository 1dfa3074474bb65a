"""Traps of real sheets: each file of ``tests/golden/traps`` beside what must be read from it.

``NAME.xlsx`` (or another format) is the input, ``NAME.xlsx.json`` what is expected, ``NAME.xlsx.toml`` the profile, if it
needs one. Expected is ``{"refused": "…"}``, or ``{"notes": […], "rows": […]}``; a row holds its sheet, the number that
Excel shows, and its case and voucher: the payload that would be sent, or why it is left out, asked about or rejected.

    python tests/unit/loader/test_traps.py NAME...

writes what is expected of new traps. It records what the importer does; check that this is right before you commit it.
"""

from __future__ import annotations

import json
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, LeftOut, Reject, VoucherRecord
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_file
from importer.reporter.notes import sentence

TRAPS = Path(__file__).parents[2] / "golden" / "traps"
CONTEXT = LoadContext(
    today=date(2026, 6, 15),
    timezone=ZoneInfo("Europe/Copenhagen"),
    defaults={"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_country": "DK"},
)
_NOT_SHOWN = {NoteKind.VALUES_READ, NoteKind.LINES_READ}
INPUTS = sorted(path for path in TRAPS.iterdir() if path.suffix not in {".json", ".toml", ".md"})


def read(path: Path) -> dict[str, Any]:
    """Return the result of reading a trap, as data."""
    beside = path.with_name(f"{path.name}.toml")
    profile = Profile(**tomllib.loads(beside.read_text(encoding="utf-8"))) if beside.is_file() else Profile()
    try:
        with open_file(path, profile, CONTEXT) as source:
            rows = [
                {"sheet": found.row.sheet, "row": found.row.number, "case": _told(found.case), "voucher": _told(found.voucher)}
                for found in source.rows
            ]
            notes = [sentence(note) for note in (*source.notes, *source.found) if note.kind not in _NOT_SHOWN]
            return {"notes": notes, "rows": [{k: v for k, v in row.items() if v is not None} for row in rows]}
    except FileRefused as error:
        return {"refused": str(error)}


def _told(record: CaseRecord | LeftOut | VoucherRecord | Reject | None) -> Any:
    if isinstance(record, LeftOut):
        return {"left_out": record.reason.text()}
    if isinstance(record, Reject):
        reasons = [reason.text() for reason in record.reasons]
        return {"left_out": reasons[0]} if record.is_left_out else {"rejected": reasons}
    if isinstance(record, CaseRecord) and record.questions:
        return {"asked": [reason.text() for reason in record.questions]}
    return json.loads(record.payload) if record else None


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_trap(path: Path) -> None:
    expected = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
    assert read(path) == expected


if __name__ == "__main__":
    for name in sys.argv[1:]:
        text = json.dumps(read(TRAPS / name), indent=1, ensure_ascii=False)
        (TRAPS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"{name} {text}\n")
