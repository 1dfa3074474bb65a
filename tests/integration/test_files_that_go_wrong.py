"""Files as they go wrong in practice, one of each kind: read as they are meant, rejected, or refused with what to do.

The files are made by the tests. A folder with others of the same names is tried too, if ``IMPORTER_CASES`` names it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.odd_files import KINDS

from importer.domain.notes import NoteKind
from importer.domain.records import Reject
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.source import open_file

FOLDER = os.environ.get("IMPORTER_CASES")
"""Read while the tests are collected: they run without any of the user's variables."""

DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "currency": "DKK", "debtor_state": "CA"}
SENT = "sent"


@dataclass(frozen=True)
class Right:
    """What is right for a kind of file.

    ``rows`` has for each row ``sent``, or the code of the first reason; ``refused`` is in the message if the file is refused.
    ``sent`` has values of the rows that are sent by their names on the wire; those of the tests' own files only.
    """

    rows: tuple[str, ...] = ()
    sent: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    notes: tuple[NoteKind, ...] = ()
    encoding: str | None = None
    """The encoding that the user names on being asked."""


def sent(count: int, *notes: NoteKind, **values: tuple[Any, ...]) -> Right:
    return Right((SENT,) * count, values, notes=notes)


GLUED, DIFFERS, DATE = "glued_row", "cells_differ", "made_a_date"

RIGHT: dict[str, Right] = {
    "A1-eurfmt.xlsx": sent(4, currencyCode=("EUR", "EUR", "USD", "SEK")),
    "A2-bigq.csv": sent(5, NoteKind.QUOTES_AS_TEXT, name=("Tove Lind", '"Bo Ravn', "Tove Lind", 'Ib"', "Tove Lind")),
    "A2-inch.csv": Right(refused=("Lines 2-3", "quote = '\"'", 'quote = ""')),
    "A3-sp_c.csv": sent(2, creditorReference=("R-1", "R-2"), name=("Åse Lind",) * 2),
    "A3-spaces.csv": sent(2, creditorReference=("R-1", "R-2"), name=("Tove Lind", "Øst, Ida")),
    "A4-eqquote.csv": sent(2, NoteKind.GUARDS_TAKEN_OFF, creditorReference=("00456", "00457"), zipCode=("0800", "4000")),
    "A5-refdate.xlsx": Right((DATE,) * 4),
    "A5-dateref.ods": Right((DATE,)),
    "A6-refprefix.xlsx": sent(1, creditorReference=("FAK-3071",)),
    "A6-refdec.xlsx": sent(1, creditorReference=("2024.30",)),
    "A6-refcond.xlsx": sent(1, creditorReference=("03071",)),
    "A6-zipus.xlsx": sent(1, zipCode=("00704",)),
    "A6-prefixref.ods": sent(1, creditorReference=("F-00456",)),
    "A7-f406.xls": sent(2, amountToRecover=(750.25, 750.25)),
    "A8-vsheet.xlsx": sent(2, amountToRecover=(750.25, None)),
    "A9-dos850l.csv": Right((SENT,), {"name": ("Jørn Fjæld",)}, ("DOS (code page 850)", 'encoding = "cp850"'), encoding="cp850"),
    "A9-repl.csv": Right(("damaged",)),
    "A9-ctrl.csv": Right(("damaged", SENT), {"creditorReference": ("R-2",)}, notes=(NoteKind.INVISIBLE_TAKEN_OUT,)),
    "A10-veryhidden.xlsx": sent(1, NoteKind.HIDDEN_SHEET_NOT_READ),
    "A10-mergehid.xlsx": Right((SENT, "required"), notes=(NoteKind.COVERED_CELLS,)),
    "A11-lb.ods": sent(1, name=("Tove\nLind",)),
    "A11-frame.ods": sent(1, name=("Tove Lind",), amountToRecover=(750.25,)),
    "A12-apos.csv": sent(2, NoteKind.APOSTROPHE_TAKEN_OFF, creditorReference=("00456", "00457"), zipCode=("0800", "4000")),
    "B1-pq.xlsx": sent(1, name=("Tove Lind",)),
    "B2-biff5.xls": sent(1, name=("Jørn Ågren",)),
    "B3-cp1252.xls": sent(1, name=("Jørn Ågren",)),
    "B4-sstname.xlsx": sent(1, name=("Tove Lind",)),
    "B4-wb22.xlsx": sent(1, name=("Tove Lind",)),
    "B5-pretty.ods": sent(1, name=("Tove Lind",), amountToRecover=(750.25,), date=("2025-05-02",)),
    "B6-rkint.xlsb": sent(1, date=("2025-05-02",), dueDate=("2025-06-02",)),
    "B7-dim6.xlsx": sent(1, name=("Tove Lind",)),
    "B7-dimno.xlsx": sent(1, name=("Tove Lind",)),
    "B7-mergecol.xlsx": sent(1, name=("Tove Lind",)),
    "B8-backslash.xlsx": sent(1, name=("Tove Lind",)),
    "B9-relid.xlsx": sent(1, NoteKind.NOT_A_SHEET, name=("Tove Lind",)),
    "B9-gd.xlsx": Right(("error_cell",)),
    "B9-cdata.xlsx": sent(1, name=("Lind & Ravn",)),
    "B10-hash.csv": sent(2, NoteKind.ROWS_ABOVE_HEADINGS),
    "B11-csv_q_then.csv": sent(1, name=("Åse Lind",)),
    "c_swallow_names.csv": sent(4, NoteKind.QUOTES_AS_TEXT, name=('"Klubben af 1969 t', "Tove Lind", 'Rør 32"', "Tove Lind")),
    "a_three_stray.csv": sent(4, NoteKind.QUOTES_AS_TEXT, name=('"Stjernen" ApS', "Tove Lind", '"Fyret" I/S', '"Molen" ApS')),
    "b_stray_in_quoted.csv": Right(refused=("Line 3", 'quote = ""')),
    "05_lone_quote_starts_cell.csv": sent(3, NoteKind.QUOTES_AS_TEXT, claimDescription=(None, '"bro', None)),
    "g_last_three_one_cell.csv": Right((*(SENT,) * 5, *(GLUED,) * 3)),
    "07_last_row_one_cell.csv": Right((SENT, SENT, GLUED)),
    "f_middle_row_one_cell.csv": Right((SENT, GLUED, SENT)),
    "01_extra_delim_blank_tail.csv": Right((SENT, DIFFERS, SENT)),
    "j_header_short_one.csv": Right((DIFFERS, DIFFERS)),
    "15_trailing_delims_all.csv": sent(3),
    "16_short_rows_legit.csv": sent(4, comments=("b", None, None, None)),
    "11_cp850.csv": Right(
        (SENT, SENT), {"name": ("Jørn Fjæld", "Gårdejer Søe")}, ("DOS (code page 850)", 'encoding = "cp850"'), encoding="cp850"
    ),
    "m_c1_controls.csv": Right(("damaged",)),
    "10_ctrl_z.csv": sent(2),
    "17_backslash_escape.csv": sent(
        2, NoteKind.BACKSLASH_QUOTES, name=('Kano 14" ApS', "Tove Lind"), claimDescription=(r"D:\\data\\ny", r"D:\data\ny")
    ),
    "18_single_quotes_apostrophe.csv": Right(refused=("Lines 2, 3, 4", "take them away")),
    "28_space_after_quote.csv": sent(1, claimDescription=("Leje; juni",)),
    "e_legit_multiline.csv": sent(2, comments=("ring først\r\nskriv så", None)),
}


@dataclass(frozen=True)
class Found:
    rows: tuple[str, ...]
    wires: tuple[dict[str, Any], ...]
    notes: frozenset[NoteKind]


def read(path: Path, encoding: str | None = None) -> Found:
    context = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults=DEFAULTS)
    with open_file(path, Profile(encoding=encoding) if encoding else NO_PROFILE, context) as source:
        records = [loaded.case or loaded.voucher for loaded in source.rows]
        notes = frozenset(note.kind for note in (*source.notes, *source.found))
    wires = [json.loads(one.payload) for one in records if not isinstance(one, Reject)]
    return Found(
        tuple(one.reasons[0].code if isinstance(one, Reject) else SENT for one in records),
        tuple(wire | wire.pop("debtor", {}) for wire in wires),
        notes,
    )


def check(path: Path, right: Right) -> Found:
    """Assert that a file is read as is right; return what was read of it."""
    if right.refused:
        with pytest.raises(FileRefused) as refused:
            read(path)
        assert [text for text in right.refused if text not in str(refused.value)] == []
        assert path.name in str(refused.value)
    if right.refused and not right.encoding:
        return Found((), (), frozenset())
    found = read(path, right.encoding)
    assert found.rows == right.rows
    assert found.notes >= set(right.notes)
    return found


@pytest.mark.parametrize("name", RIGHT)
def test_a_file_of_each_kind(tmp_path: Path, name: str) -> None:
    KINDS[name](tmp_path / name)
    right = RIGHT[name]
    found = check(tmp_path / name, right)
    assert {key: tuple(wire.get(key) for wire in found.wires) for key in right.sent} == right.sent


def test_each_kind_has_a_file() -> None:
    assert set(KINDS) == set(RIGHT)


@pytest.mark.skipif(not FOLDER, reason="IMPORTER_CASES names no folder with files of these kinds")
@pytest.mark.parametrize("name", RIGHT)
def test_the_files_of_a_folder_that_the_user_names(name: str) -> None:
    (path,) = Path(FOLDER or "").rglob(name)
    check(path, RIGHT[name])
