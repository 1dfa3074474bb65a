"""CSV and TSV: golden files, limits, and whatever is written is read back."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.paths import GOLDEN_FILES
from test_reader_files import rows_of

from importer.api import read_table
from importer.errors import FileRefused
from importer.loader.files import delimited
from importer.loader.files.reader import ReadOptions, open_source

GOLDEN = GOLDEN_FILES / "reader"


@pytest.mark.parametrize("expected", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.name.split(".")[0])
def test_golden(expected) -> None:
    wanted = json.loads(expected.read_text("utf-8"))
    path = expected.with_suffix("")
    try:
        table = read_table(path)
    except FileRefused as refusal:
        assert {"refused": str(refusal)} == wanted  # noqa: PT017 - a golden file may expect either
        return
    rows = [[row, *cells] for row, cells in table.sheets[path.name]]
    assert {"encoding": table.encoding, "delimiter": table.delimiter, "rows": rows} == wanted


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path: Path, options: ReadOptions | None = None) -> str:
    with pytest.raises(FileRefused) as caught:
        read_table(path, options or ReadOptions())
    assert path.name in str(caught.value)
    return str(caught.value)


def test_empty_cells_are_none_and_all_others_are_text(tmp_path: Path) -> None:
    assert rows_of(write(tmp_path / "a.csv", "a,b,c\n1,, \n")) == {1: ["a", "b", "c"], 2: ["1", None, " "]}


def test_options_win_over_what_is_found(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a;b,c\n~x;y~;2,3\n")
    assert 'delimiter = ";" or' in refused(write(tmp_path / "b.csv", "a;b,c\n1;2,x\n"))
    assert rows_of(path, ReadOptions(delimiter=",")) == {1: ["a;b", "c"], 2: ["~x;y~;2", "3"]}
    assert rows_of(path, ReadOptions(delimiter=";", quote="~")) == {1: ["a", "b,c"], 2: ["x;y", "2,3"]}
    assert rows_of(write(tmp_path / "c.csv", b"\xe5\xe6,b\n"), ReadOptions(encoding="cp850")) == {1: ["Õµ", "b"]}


@pytest.mark.parametrize(
    "options",
    [
        ReadOptions(encoding="nope"),
        ReadOptions(encoding="base64"),
        ReadOptions(encoding="ascii"),
        ReadOptions(delimiter=";;"),
        ReadOptions(delimiter="\n"),
        ReadOptions(quote=","),
        ReadOptions(delimiter='"'),
        ReadOptions(sheets=("Cases",)),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options) -> None:
    path = write(tmp_path / "a.csv", "ø,b\n")
    if options.quote == ",":
        options = ReadOptions(quote=",", delimiter=",")
    refused(path, options)


def test_a_bad_byte_late_in_the_file_is_placed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 1000)
    path = write(tmp_path / "a.csv", b"ref,by\n" + "1,Århus\n".encode() * 1000 + b"1,\x81\xd8\n")
    assert "at byte 9,009, line 1,002" in refused(path)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_letters_across_blocks(tmp_path: Path, monkeypatch, size) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", size)
    for encoding in ("utf-8", "utf-16", "utf-16-be", "cp1252"):
        path = write(tmp_path / "a.csv", "ref;navn\n1;Søren Ærø €\n".encode(encoding))
        assert rows_of(path)[2] == ["1", "Søren Ærø €"]


def test_limits(tmp_path: Path) -> None:
    assert "131,072" in refused(write(tmp_path / "a.csv", "a,b\n" + "x" * 200_000 + ",1\n"))
    assert "columns" in refused(write(tmp_path / "b.csv", "a," * 2001 + "\n"))
    assert "characters" in refused(write(tmp_path / "c.csv", "a,b\n" + "x," * (3 << 20)), ReadOptions(delimiter=","))


@pytest.mark.slow
def test_a_quote_that_never_closes_costs_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'ref,name\n1,"x"\n2,"y\n' + "3,z\n" * 300_000)
    assert "Line 3: " in refused(path)


@pytest.mark.slow
def test_memory_is_flat(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "ref,name\n" + "1234567890,Ole Hansen of Somewhere\n" * 150_000)
    rows_of(write(tmp_path / "warm.csv", "a,b\n1,2\n"))
    tracemalloc.start()
    with open_source(path) as source:
        assert sum(len(chunk) for chunk in source.sheets[0].chunks()) == 150_001
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20  # the file has 5 MB, its cells would have 20


def test_escaped_quotes_are_proved_by_the_whole_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(delimited, "SAMPLE", 200)
    path = write(tmp_path / "a.csv", "ref,text\n" + '1,"x"\n' * 100 + '2,"a \\"b\\", c"\n')
    assert rows_of(path)[102] == ["2", 'a "b", c']


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b\n1,2\n")
    with open_source(path) as source:
        write(path, "a,b\n1,2\n3,4\n")
        os.utime(path, (1, 1))
        with pytest.raises(FileRefused, match="was changed"):
            list(source.sheets[0].chunks())


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\x85\u2028\u2029"), max_size=8)


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3).filter(any), min_size=1, max_size=12),
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\r\n", "\n"]),
)
def test_what_is_written_is_read_back(tmp_path_factory, rows, delimiter, encoding, line_end) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(
        [["ref", "name", "amount"], *rows]
    )
    path = tmp_path_factory.mktemp("round") / "a.csv"
    path.write_bytes(stream.getvalue().encode(encoding))
    found = read_table(path, ReadOptions(delimiter=delimiter)).sheets["a.csv"]
    assert [cells for _, cells in found] == [["ref", "name", "amount"], *rows]


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 99999), st.sampled_from(["Hansen, Ole", "Bo", "A; B", "x|y"]), st.decimals(0, 9999, places=2)),
        min_size=3,
        max_size=20,
    ),
    st.sampled_from([(";", ","), (",", "."), ("\t", ","), ("|", ","), (";", ".")]),
)
def test_the_delimiter_of_an_ordinary_export_is_found(tmp_path_factory, rows, locale) -> None:
    delimiter, mark = locale
    table = [["ref", "name", "amount"], *[[str(ref), name, str(sum_).replace(".", mark)] for ref, name, sum_ in rows]]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(table)
    path = tmp_path_factory.mktemp("round") / "a.csv"
    path.write_bytes(stream.getvalue().encode())
    assert [cells for _, cells in read_table(path).sheets["a.csv"]] == table
