"""Quotes of delimited texts: stray ones, those that swallow rows, spaces around them, and the lines that a refusal names."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.api import Table, read_table
from importer.errors import FileRefused
from importer.loader.files.dialect import Dialect
from importer.loader.files.quoting import CellTokens, QuoteFaultKind, RowSplitter
from importer.loader.files.reader import ReadOptions
from importer.loader.files.text_scan import MOST_FAULTS, doubles_backslashes, is_guarded, usual_width, without_guard

HEADER = "ref;date;amount;name;street;city;country;comments"


def table(tmp_path: Path, *lines: str, end: str = "\r\n", options: ReadOptions | None = None) -> Table:
    path = tmp_path / "list.csv"
    path.write_bytes("".join(f"{line}{end}" for line in lines).encode())
    return read_table(path, options or ReadOptions())


def cells(found: Table) -> list[list[object]]:
    return [list(cells) for _, cells in found.sheets["list.csv"]][1:]


def refusal(tmp_path: Path, *lines: str, options: ReadOptions | None = None) -> str:
    with pytest.raises(FileRefused) as caught:
        table(tmp_path, *lines, options=options)
    return str(caught.value)


def row(number: int, name: str = "Ida Lund", comments: str = "") -> str:
    return f"F-{number};2025-03-01;1234,50;{name};Nørregade 4;Aarhus;DK;{comments}"


def test_quotes_that_enclose_nothing_are_text_if_every_row_then_fits(tmp_path: Path) -> None:
    found = table(tmp_path, HEADER, row(1, '"Solvognen" ApS'), row(2), row(3, '"Fremad" I/S'))
    assert [one[3] for one in cells(found)] == ['"Solvognen" ApS', "Ida Lund", '"Fremad" I/S']
    assert "read as part of the texts" in found.notes[0]


@pytest.mark.parametrize(("first", "last"), [('"Ole Hansen', 'Bo"'), ('"24 tommer', 'skærm 24"')])
def test_two_stray_quotes_swallow_no_rows(tmp_path: Path, first: str, last: str) -> None:
    for others in ([], [row(8)], [row(8), row(9)]):
        found = table(tmp_path, HEADER, row(1), row(2, first), *others, row(3, last), row(4))
        assert [one[0] for one in cells(found)] == ["F-1", "F-2", *(line[:3] for line in others), "F-3", "F-4"]


@pytest.mark.parametrize(
    "lines",
    [
        (row(1, comments='"24 tommer'), row(2, comments='skærm 24"'), row(3)),
        (row(1, comments='"replaces'), row(9, comments='"'), row(2)),
        (row(1, comments='"replaces'), row(9), 'which is paid"', row(2, '"Ida"')),
    ],
)
def test_a_text_of_several_lines_that_holds_rows_is_a_question(tmp_path: Path, lines: tuple[str, ...]) -> None:
    said = refusal(tmp_path, HEADER, *lines)
    assert f"Lines 2-{2 + len(lines) - 2}: these may be one row with a text of several lines, or rows of their own" in said
    assert "quote = '\"' if quotes enclose texts" in said
    assert 'quote = "" if they are part of the texts' in said


def test_the_profile_answers_that_question(tmp_path: Path) -> None:
    lines = (HEADER, row(1, comments='"replaces'), row(9, comments='"'), row(2))
    found = table(tmp_path, *lines, options=ReadOptions(quote='"'))
    assert [one[0] for one in cells(found)] == ["F-1", "F-2"]  # the first one is rejected, see the test of rows in a cell
    found = table(tmp_path, *lines, options=ReadOptions(quote=""))
    assert [one[0] for one in cells(found)] == ["F-1", "F-9", "F-2"]


def test_stray_quotes_beside_others_that_fit_no_cell_are_text(tmp_path: Path) -> None:
    lines = (row(1, comments='"24 tommer'), row(2, comments='skærm 24"'), row(3, '"Havet" ApS'))
    assert [one[0] for one in cells(table(tmp_path, HEADER, *lines))] == ["F-1", "F-2", "F-3"]


@pytest.mark.parametrize(
    ("amount", "day", "delimiter"),
    [
        ("kr 100,50", "31. jan. 2026", ";"),
        ("1.100,50 kr.", "31-jan-2026", ";"),
        ("EUR 100,50", "31. januar 2026", ";"),
        ("$100.50", "31 Jan 2026", ","),
        ("USD 100.50", "31-Jan-2026", ","),
        ("etwas", "bald", "\t"),
    ],
)
@pytest.mark.parametrize("between", [0, 1])
def test_stray_quotes_swallow_no_rows_of_a_narrow_table(
    tmp_path: Path, amount: str, day: str, delimiter: str, between: int
) -> None:
    names = ('"Ida', *["Bo"] * between, 'Per"', "Ib")
    lines = [delimiter.join((f"K{number}", name, amount, day)) for number, name in enumerate(names)]
    found = table(tmp_path, delimiter.join(("ref", "name", "amount", "date")), *lines)
    assert [one[1] for one in cells(found)] == list(names)


def test_prose_with_commas_in_a_narrow_table_is_a_text(tmp_path: Path) -> None:
    lines = ('1,"call first, then write, please\r\nor, at last, come",9', "2,x,9")
    assert len(cells(table(tmp_path, "ref,comments,amount", *lines))) == 2


def test_rows_are_split_alike_at_once_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["title\r\n", f"{HEADER}\r\n"]
    for number in range(40):
        kinds = (
            row(number),
            row(number, '"a; b"'),
            row(number, comments='"one\r\ntwo"'),
            "",
            row(number, '"Havet" x'),
            row(1, '"x'),
        )
        lines += f"{kinds[number % 7 % 6]}\r\n".splitlines(keepends=True)
    found = {}
    for size in (1, 2, 3, 10, 500):
        monkeypatch.setattr("importer.loader.files.quoting._CHUNK", size)
        found[size] = list(RowSplitter(Dialect(";"), 8).rows(lines))
        assert "".join(line for one in found[size] for line in one.lines) == "".join(lines)
    assert all([one.cells for one in other] == [one.cells for one in found[1]] for other in found.values())
    assert all([one.fault for one in other] == [one.fault for one in found[1]] for other in found.values())


def test_a_quote_that_never_closes_is_text(tmp_path: Path) -> None:
    found = table(tmp_path, HEADER, row(1), row(2, comments='"bridge'), row(3))
    assert [one[7] for one in cells(found)] == ["", '"bridge', ""]


def test_a_file_that_quotes_is_refused_with_every_bad_line(tmp_path: Path) -> None:
    lines = [HEADER, row(1, comments='"Rent; May"'), row(2, '"Solvognen" ApS'), row(3), row(4, '"Havet" ApS'), row(5, '"open')]
    said = refusal(tmp_path, *lines)
    assert "Lines 3, 5: a quote opens a cell and closes in the middle of it." in said
    assert "Line 6: a quote opens a cell and is never closed." in said
    assert 'quote = ""' in said
    assert "Excel" not in said


def test_rows_that_were_swallowed_are_named(tmp_path: Path) -> None:
    lines = [HEADER, row(1, comments='"Rent; May"'), row(2, '"Ole'), row(3), row(4, 'Bo"'), row(5)]
    assert "Lines 3-5: a quote opens in the first of these lines" in refusal(tmp_path, *lines)


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    lines = [row(number, '"Havet" ApS') for number in range(30)]
    said = refusal(tmp_path, HEADER, row(1, comments='"Rent; May"'), *lines)
    assert "Lines 3, 4, 5" in said
    assert "and 10 more" in said
    assert len(said) < 800


def test_at_most_so_many_faults_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.loader.files.text_scan.MOST_FAULTS", 3)
    monkeypatch.setattr("importer.loader.files.quote_faults.MOST_FAULTS", 3)
    lines = [row(number, '"Havet" ApS') for number in range(30)]
    assert "Only the first 3 are counted" in refusal(tmp_path, HEADER, row(1, comments='"Rent; May"'), *lines)
    assert MOST_FAULTS > 3


def test_a_profile_says_that_quotes_are_text(tmp_path: Path) -> None:
    found = table(tmp_path, HEADER, row(1, comments='"Rent"'), row(2, '"Havet" ApS'), options=ReadOptions(quote=""))
    assert [(one[3], one[7]) for one in cells(found)] == [("Ida Lund", '"Rent"'), ('"Havet" ApS', "")]
    assert found.notes == ()


def test_a_profile_says_that_quotes_enclose_cells(tmp_path: Path) -> None:
    assert "Line 3" in refusal(tmp_path, HEADER, row(1), row(2, '"Havet" ApS'), options=ReadOptions(quote='"'))


def test_a_cell_of_several_lines_stays_one(tmp_path: Path) -> None:
    found = table(tmp_path, HEADER, row(1, comments='"call first\r\nthen write, please"'), row(2, '"Ole\r\nHansen"'), row(3))
    assert [(one[3], one[7]) for one in cells(found)] == [
        ("Ida Lund", "call first\r\nthen write, please"),
        ("Ole\r\nHansen", ""),
        ("Ida Lund", ""),
    ]


@pytest.mark.parametrize("space", ["", " ", "  "])
def test_spaces_around_quotes_are_skipped(tmp_path: Path, space: str) -> None:
    lines = [f'"F-{n}";{space}"2025-03-01"{space};{space}"Rent; May"{space};{space}"say ""please"""{space}' for n in (1, 2)]
    found = table(tmp_path, "ref;date;name;comments", *lines)
    assert [one[1:] for one in cells(found)] == [["2025-03-01", "Rent; May", 'say "please"']] * 2


def test_a_backslash_that_marks_quotes_is_kept_elsewhere(tmp_path: Path) -> None:
    lines = (row(1, '"Kayak 12\\" ApS"', r"C:\\temp\\new"), row(2, comments='"C:\\temp\\new"'))
    found = table(tmp_path, HEADER, *lines)
    assert [(one[3], one[7]) for one in cells(found)] == [('Kayak 12" ApS', r"C:\\temp\\new"), ("Ida Lund", r"C:\temp\new")]


def test_backslashes_that_are_doubled_everywhere_are_single_ones(tmp_path: Path) -> None:
    found = table(tmp_path, HEADER, row(1, '"Kayak 12\\" ApS"', r'"C:\\temp\\new"'))
    assert cells(found)[0][7] == r"C:\temp\new"
    assert doubles_backslashes([r"a\\b", r"\"", "none"])
    assert not doubles_backslashes([r"a\\\b"])


def test_guards_of_excel_are_taken_off_and_said(tmp_path: Path) -> None:
    found = table(tmp_path, HEADER, row(1, '="00123"'), row(2), row(3, '"=""0900"""'))
    assert [one[3] for one in cells(found)] == ["00123", "Ida Lund", "0900"]
    assert "rows 2 and 4" in found.notes[0]
    assert not is_guarded("=1+1")
    assert without_guard("= 1") == "= 1"


def test_an_end_mark_of_dos_is_no_row(tmp_path: Path) -> None:
    for end in ("\x1a", "\x1a\r\n", "\x1a\x1a\x1a"):
        path = tmp_path / "list.csv"
        path.write_bytes(f"{HEADER}\r\n{row(1)}\r\n{end}".encode())
        assert [one[0] for one in cells(read_table(path))] == ["F-1"]
    path.write_bytes(f"{HEADER}\r\n{row(1, comments='end')}\x1a".encode())
    assert cells(read_table(path))[0][7] == "end"


def test_a_line_that_ends_another_row_is_a_fault() -> None:
    lines = ["a;b;c;d;e;f\n", '1;2;3;4;5;"first"\n', 'and more"\n']
    found = list(RowSplitter(Dialect(";"), 6).rows(lines))
    assert [one.fault for one in found] == [None, None, QuoteFaultKind.CLOSES]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\r\n", ["a", "b"]),
        ('"a" ;b\n', ["a", "b"]),
        ('"a""b";\n', ['a"b', ""]),
        ('a"b;"c"', ['a"b', "c"]),
        ('"a"b;c', []),
        ('"a;b\n', None),
        ('"a\nb";c', ["a\nb", "c"]),
        ('"a"\nb', []),
        ("", [""]),
    ],
)
def test_cells_of_a_row(text: str, expected: list[str] | None) -> None:
    assert CellTokens(Dialect(";")).split(text) == expected


def test_the_usual_width_is_that_of_whole_rows() -> None:
    assert usual_width(["a;b;c\n", '1;"x\n', 'y;z";3\n', '1;"2\n', '3";4\n', "title\n"], Dialect(";")) == 3
    assert usual_width(["title\n"], Dialect(";")) == 0
