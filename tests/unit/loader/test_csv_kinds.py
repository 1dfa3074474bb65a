"""CSV files as real systems and editors leave them: shifted, short, glued and damaged rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from importer.domain.notes import Note, NoteKind
from importer.domain.records import CaseRecord, LoadedRow, Reject
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.source import open_file

CONTEXT = LoadContext(
    date(2026, 6, 15),
    ZoneInfo("Europe/Copenhagen"),
    defaults={"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK"},
)
HEADER = (
    "case_ref;currency;date;due_date;amount_to_recover;debtor_type;debtor_name;debtor_zip_code;debtor_city;debtor_country;"
    "debtor_email;debtor_phone;claim_description;comments"
)


def line(number: int, tail: str = ";;;;", name: str = "Ida Lund") -> str:
    return f"K{number};DKK;2025-01-14;2025-02-14;1200,50;Person;{name};8000;Aarhus;DK{tail}"


def load(
    tmp_path: Path, *lines: str, profile: Profile = NO_PROFILE, content: bytes | None = None
) -> tuple[list[LoadedRow], list[Note]]:
    path = tmp_path / "list.csv"
    path.write_bytes(content if content is not None else "".join(f"{one}\r\n" for one in lines).encode())
    with open_file(path, profile, CONTEXT) as source:
        rows = list(source.rows)
        return rows, [*source.notes, *source.found]


def codes(rows: list[LoadedRow]) -> list[str]:
    """Return for each row ``sent``, or the code of its first reason."""
    return ["sent" if isinstance(row.case, CaseRecord) else row.case.reasons[0].code for row in rows]  # type: ignore[union-attr]


def lines_of(notes: list[Note]) -> dict[str, int]:
    note = next(note for note in notes if note.kind is NoteKind.LINES_READ)
    return {name: int(count) for name, count in note.values}


def test_a_row_with_another_number_of_cells_than_the_others_is_rejected(tmp_path: Path) -> None:
    full = ";;+45 20000001;Rent;"
    rows, _ = load(
        tmp_path, HEADER, line(1, full), line(2, ";;;+45 20000002;Rent;"), line(3, full), line(4, ";+45 20000001;Rent;")
    )
    assert codes(rows) == ["sent", "cells_differ", "sent", "cells_differ"]
    case = rows[1].case
    assert isinstance(case, Reject)
    assert "has 15 cells, and the other rows have 14" in case.reasons[0].text()
    assert isinstance(case.formerly, CaseRecord)


def test_a_mark_that_turns_the_direction_of_writing_is_taken_out_of_a_name(tmp_path: Path) -> None:
    rows, notes = load(tmp_path, HEADER, line(1, name="\u202eIda Lund\u202c"), line(2, name="Ida \u200eLund"))
    assert codes(rows) == ["sent", "sent"]
    assert all(b'"name":"Ida Lund"' in one.case.payload for one in rows)  # type: ignore[union-attr]
    (note,) = (note for note in notes if note.kind is NoteKind.INVISIBLE_TAKEN_OUT)
    assert note.rows.ranges == ((2, 3),)


def test_headings_that_lack_one_shift_every_row(tmp_path: Path) -> None:
    header = HEADER.replace("debtor_phone;", "")
    lines = (header, line(1, ";;;Rent;"), line(2, ";;+45 2000;;"))
    rows, _ = load(tmp_path, *lines)
    assert codes(rows) == ["cells_differ", "cells_differ"]
    assert "trailing_delimiter = true" in rows[0].case.reasons[0].text()  # type: ignore[union-attr]
    assert codes(load(tmp_path, *lines, profile=Profile(trailing_delimiter=True))[0]) == ["sent", "sent"]


def test_a_delimiter_at_the_end_of_every_row_is_a_habit(tmp_path: Path) -> None:
    rows, _ = load(tmp_path, HEADER, *(line(number, ";;;;;") for number in range(1, 4)))
    assert codes(rows) == ["sent"] * 3
    rows, _ = load(tmp_path, f"{HEADER};", *(line(number, ";;;Rent;x;") for number in range(1, 4)))
    assert codes(rows) == ["sent"] * 3


@pytest.mark.parametrize("tail", [";;;Rent;ring;", ";;;;;", ";ida@example.dk;+45 20000001;;ring;"])
def test_rows_that_merely_end_in_a_delimiter_are_read(tmp_path: Path, tail: str) -> None:
    rows, _ = load(tmp_path, HEADER, *(line(number, tail) for number in range(1, 4)))
    assert codes(rows) == ["sent"] * 3
    rows, _ = load(tmp_path, HEADER, line(1, tail), line(2, f"{tail}x"))
    assert "sent" not in codes(rows[1:])


def test_two_headings_in_one_leave_a_cell_too_many(tmp_path: Path) -> None:
    header = HEADER.replace("debtor_email;debtor_phone", "debtor_emaildebtor_phone")
    rows, _ = load(tmp_path, header, line(1, ";;;Rent;"), line(2, ";;;Rent;"))
    assert codes(rows) == ["cells_differ"] * 2


@pytest.mark.parametrize("quotes", ["{}", '"{}', '{}"', '"{}"', '{}"x'])
@pytest.mark.parametrize("at", [0, 1, 5, 9, 13])
def test_a_stray_quote_in_a_heading_loses_no_column(tmp_path: Path, quotes: str, at: int) -> None:
    headings = HEADER.split(";")
    headings[at] = quotes.format(headings[at]).removesuffix("x")
    lines = [line(number, ";;;Rent;ring").replace(";DKK;", ";EUR;") for number in (1, 2)]
    rows, notes = load(tmp_path, ";".join(headings), *lines)
    assert codes(rows) == ["sent"] * 2
    assert b'"currencyCode":"EUR"' in rows[0].case.payload  # type: ignore[union-attr]
    assert not [note for note in notes if note.kind is NoteKind.HEADINGS_UNUSED]


def test_a_quote_that_opens_in_the_last_heading_and_closes_in_a_row_is_a_question(tmp_path: Path) -> None:
    header = HEADER.replace(";comments", ';"comments')
    with pytest.raises(FileRefused, match="Lines 1-3: these may be one row"):
        load(tmp_path, header, line(1), line(2, ';;;;x"'))


def test_headings_in_quotes_are_matched_where_quotes_are_text(tmp_path: Path) -> None:
    header = ";".join(f'"{heading}"' for heading in HEADER.split(";"))
    rows, _ = load(tmp_path, header, line(1, name='"Havet" ApS'), line(2), profile=Profile(quote=""))
    assert codes(rows) == ["sent"] * 2
    glued = [f'"{one}"' for one in (HEADER, line(1), line(2))]
    rows, _ = load(tmp_path, *glued, profile=Profile(quote=""))
    assert codes(rows) == ["quote_in_reference"] * 2


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (';;+45 20000001"Rent; May";', "torn_text"),
        (';;+45 20000001;Rør 2"x3m;Bolt 5"', "torn_text"),
        (';;+45 20000001;"Rør 2""x3m; May";"Bolt 5"""', "sent"),
        (';;+45 20000001;Screen 24";Screen 27"', "sent"),
        (';;+45 20000001;Screen 24"x36";ring', "sent"),
        (';;+45 20000001;"Rent";"May"', "sent"),
    ],
)
def test_a_text_in_quotes_that_is_torn_into_two_cells(tmp_path: Path, tail: str, expected: str) -> None:
    rows, _ = load(tmp_path, HEADER, line(1, ";;+45 20000001;Rent;"), line(2, tail))
    assert codes(rows) == ["sent", expected]


def test_a_quote_in_a_line_with_very_many_delimiters_is_looked_at_once(tmp_path: Path) -> None:
    """A search that goes back for each delimiter would take hours here."""
    with pytest.raises(FileRefused, match="500,012 columns"):
        load(tmp_path, HEADER, line(1, ";;+45 20000001;Rent;"), line(2, f';;a"b{";" * 500_000}'))


def test_a_row_that_has_swallowed_another_is_named(tmp_path: Path) -> None:
    header = "case_ref;debtor_name;amount_to_recover;date;currency;debtor_country;debtor_type"
    end = ";DKK;DK;Person"
    lines = [f'F-1;"Ida;kr 100,50;31. jan 2026{end}', f'F-2;Bo;kr 200,50;31. jan 2026{end}";x;y;x;y']
    rows, _ = load(tmp_path, header, *lines, f"F-4;Ib;kr 100,00;31. jan 2026{end}", profile=Profile(quote='"'))
    assert codes(rows)[0] == "rows_in_a_cell"


def test_a_row_that_may_hold_others_is_rejected_alone_if_quotes_enclose(tmp_path: Path) -> None:
    lines = [HEADER, line(1, ';;;;"replaces'), line(9, ';;;;"'), line(2)]
    rows, _ = load(tmp_path, *lines, profile=Profile(quote='"'))
    assert codes(rows) == ["rows_in_a_cell", "sent"]
    with pytest.raises(FileRefused, match="two ways"):
        load(tmp_path, *lines)


def test_footers_with_a_date_are_notes(tmp_path: Path) -> None:
    header, row = HEADER.replace(";", ","), line(1).replace(",", ".").replace(";", ",")
    rows, _ = load(tmp_path, header, row, "", '"Thursday, Nov 5, 2026 09:12 AM GMT-08:00"')
    assert codes(rows) == ["sent", "notes_below"]
    for glued in (row, "K2,Bo,200.50", "Bo, $200.50"):
        rows, _ = load(tmp_path, header, row, "", f'"{glued}"')
        assert codes(rows) == ["sent", "glued_row"]


def test_empty_cells_that_are_left_out_at_the_end_are_a_habit(tmp_path: Path) -> None:
    rows, _ = load(tmp_path, HEADER, line(1, ";;+45 20000001;a;b"), line(2, ""), line(3, ""), line(4, ""))
    assert codes(rows) == ["sent"] * 4
    tails = (";;+45 20000001;a;b", ";ida@example.dk", "", ";;+45 20000001", ";;;Rent", "")
    rows, _ = load(tmp_path, HEADER, *(line(number, tail) for number, tail in enumerate(tails)))
    assert codes(rows) == ["sent"] * 6


@pytest.mark.parametrize("after", [0, 1])
def test_rows_in_one_cell_are_no_notes(tmp_path: Path, after: int) -> None:
    glued = [f'"{line(number)}"' for number in (6, 7, 8)]
    rows, _ = load(tmp_path, HEADER, line(1), line(2), *glued, *(line(9) for _ in range(after)))
    assert codes(rows) == ["sent", "sent", *["glued_row"] * 3, *["sent"] * after]


def test_a_row_twice_in_one_cell_is_no_further_line(tmp_path: Path) -> None:
    rows, _ = load(tmp_path, HEADER, line(1), f'"{line(2)}"', f'"{line(2)}"')
    assert codes(rows) == ["sent", "glued_row", "glued_row"]


def test_a_row_of_which_all_but_the_number_is_in_one_cell_is_no_further_line(tmp_path: Path) -> None:
    number, rest = line(2).split(";", 1)
    rows, _ = load(tmp_path, HEADER, line(1), line(2), f'{number};"{rest}"')
    assert codes(rows) == ["sent", "sent", "glued_row"]


def test_a_text_of_two_lines_whose_quote_closes_on_the_first_refuses_the_list(tmp_path: Path) -> None:
    torn = line(2, ';;;;"call first"')
    with pytest.raises(FileRefused, match="Line 4: a quote closes"):
        load(tmp_path, HEADER, line(1), torn, 'then write""', line(3, ';;;;"see letter\r\nof May"'))


def test_a_heading_with_a_delimiter_in_it_refuses_the_list(tmp_path: Path) -> None:
    torn = HEADER.replace("comments", "comm;ents")
    with pytest.raises(FileRefused, match=r'row 1: the headings of columns 14 and 15, "comm" and "ents", are "comments" with'):
        load(tmp_path, torn, line(1, ";;;;;"), line(2, ";;;Rent;;"))


def test_two_headings_that_are_left_out_by_name_may_be_parts_of_a_word(tmp_path: Path) -> None:
    torn = HEADER.replace("comments", "comm;ents")
    rows, _ = load(tmp_path, torn, line(1, ";;;;;"), line(2, ";;;Rent;;"), profile=Profile(ignore=("comm", "ents")))
    assert codes(rows) == ["sent", "sent"]


def test_a_cell_that_may_hold_other_rows_rejects_its_own(tmp_path: Path) -> None:
    cell = '"see below\r\nK2;DKK;2025-01-14;2025-02-14;100,00;Person;Bo Bæk;8000"'
    rows, notes = load(tmp_path, HEADER, line(1, f";;;;{cell}"), line(3, ";;;;"))
    assert codes(rows) == ["rows_in_a_cell", "cells_differ"] or codes(rows) == ["rows_in_a_cell", "sent"]
    assert lines_of(notes)["further"] == 1


def test_a_note_below_the_table_stays_a_note(tmp_path: Path) -> None:
    rows, _ = load(tmp_path, HEADER, line(1), line(2), "", "Printed on 31 January, page 1")
    assert codes(rows) == ["sent", "sent", "notes_below"]


def test_every_line_is_accounted_for(tmp_path: Path) -> None:
    below = ["", ";;;", HEADER, f'"{line(3)}"', line(4, ';;;;"call first\r\nthen write"'), " ; ", "Page 2 of 2"]
    rows, notes = load(tmp_path, "sep=;", "# Open items", HEADER, line(1), line(2), *below)
    found = lines_of(notes)
    assert found.pop("lines") == sum(found.values()) == 13
    assert found == {"rows": len(rows), "further": 1, "headings": 2, "passed": 2, "blank": 3, "marks": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\x1a"])
def test_lines_are_counted_in_any_writing(tmp_path: Path, encoding: str, end: str, mark: str) -> None:
    content = f"{HEADER}{end}{line(1)}{end}{end}{line(2, name='Søren')}{end}{mark}".encode(encoding)
    rows, notes = load(tmp_path, content=content)
    assert codes(rows) == ["sent", "sent"]
    found = lines_of(notes)
    assert found.pop("lines") == sum(found.values()) == 4 + len(mark)


@pytest.mark.parametrize(("text", "said"), [("S\ufffdren", "lost"), ("Ole\x0bHansen", "U+000B"), ("Ch\x92teau", "Windows-1252")])
def test_a_damaged_cell_rejects_its_row(tmp_path: Path, text: str, said: str) -> None:
    rows, _ = load(tmp_path, HEADER, line(1, name=text), line(2))
    assert codes(rows) == ["damaged", "sent"]
    assert said in rows[0].case.reasons[0].text()  # type: ignore[union-attr]


def test_utf8_that_was_read_twice_names_the_line_for_the_profile(tmp_path: Path) -> None:
    rows, _ = load(tmp_path, HEADER, line(1, name="SÃ¸ren Lund"))
    assert 'encoding = "utf-8-twice"' in rows[0].case.reasons[0].text()  # type: ignore[union-attr]
    rows, _ = load(tmp_path, HEADER, line(1, name="SÃ¸ren Lund"), profile=Profile(encoding="utf-8-twice"))
    assert b"S\xc3\xb8ren Lund" in rows[0].case.payload  # type: ignore[union-attr]


def test_letters_of_dos_are_a_question(tmp_path: Path) -> None:
    content = f"{HEADER}\r\n{line(1, name='Søren Kjær')}\r\n".encode("cp850")
    with pytest.raises(FileRefused, match='encoding = "cp850"'):
        load(tmp_path, content=content)
    rows, _ = load(tmp_path, content=content, profile=Profile(encoding="cp850"))
    assert codes(rows) == ["sent"]


def test_references_that_look_alike_are_one(tmp_path: Path) -> None:
    refs = ("K 1", "K\u00a01", "K 1\u200b", "\ufeffK 1")
    rows, _ = load(tmp_path, HEADER, *(line(1).replace("K1", ref) for ref in refs))
    assert {row.case.ref.replace("\u00a0", " ") for row in rows} == {"K 1"}  # type: ignore[union-attr]


def test_a_title_that_begins_with_a_number_sign_is_a_title(tmp_path: Path) -> None:
    rows, _ = load(tmp_path, "# export 2025", "# user X", HEADER, line(1))
    assert codes(rows) == ["sent"]
