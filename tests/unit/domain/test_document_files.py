"""Which document belongs to which invoice, by its name, and how its bytes are read."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.domain.document_files import (
    Assignment,
    DocumentDoubt,
    DocumentFile,
    assign,
    document_number,
    read_document,
)


def assigned(numbers: list[str], *names: str) -> Assignment:
    return assign(numbers, [DocumentFile(name, f"/docs/{name}") for name in names])


def names_of(found: Assignment) -> dict[str, str]:
    return {number: file.name for number, file in found.by_number.items()}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("1067", "1067.pdf"),
        ("1067", "INV-1067.pdf"),
        ("1067", "Faktura 1067 af 3. maj.pdf"),
        ("1067", "1067_2026-05-01.PDF"),
        ("1067", "1067/letter.pdf"),
        ("3", "3/Faktura 1067.pdf"),
        ("1067", "1067 20260501143000.pdf"),
        ("1067", "1067 (3) 01.05.2026.pdf"),
        ("1067", "2026/1067/Faktura.pdf"),
        ("INV-1067", "inv-1067.pdf"),
        ("inv-1067", "Faktura INV\u20111067.pdf"),
        ("2026/17", "2026-17.pdf"),
        ("2026/17", "Rechnung 2026_17.pdf"),
        ("Æ 17", "Æ\u00a017.pdf"),
        ("RE 17 B", "Rechnung RE 17 B.tiff"),
    ],
)
def test_a_name_with_the_number_as_a_whole_word(number: str, name: str) -> None:
    assert names_of(assigned([number], name)) == {document_number(number): name}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("1067", "10670.pdf"),
        ("1067", "A1067.pdf"),
        ("1067", "1067a.pdf"),
        ("1067", "106 7.pdf"),
        ("1067", "INV-1067.xlsx"),
        ("1067", "INV-1067"),
        ("1067", "1067 copies/letter.pdf"),
        ("INV-1067", "INV 1067.pdf"),
        ("01067", "1067.pdf"),
        ("pdf", "1067.pdf"),
    ],
)
def test_a_name_without_it_is_left_over(number: str, name: str) -> None:
    found = assigned([number], name)
    assert (names_of(found), found.doubtful) == ({}, ())
    assert [file.name for file in found.left] == [name]


@pytest.mark.parametrize(
    ("numbers", "names", "doubt"),
    [
        (["1067"], ["2024-1067.pdf"], DocumentDoubt.PART_OF_ANOTHER),
        (["1067"], ["1067-2.pdf"], DocumentDoubt.PART_OF_ANOTHER),
        (["1067", "2024-1067"], ["2024-1067.pdf"], DocumentDoubt.TWO_NUMBERS),
        (["1067", "INV-1067"], ["INV-1067.pdf"], DocumentDoubt.TWO_NUMBERS),
        (["1067", "1068"], ["1067 and 1068.pdf"], DocumentDoubt.TWO_NUMBERS),
        (["1067", "1068"], ["1067/1068.pdf"], DocumentDoubt.TWO_NUMBERS),
        (["1067"], ["1067.pdf", "INV-1067.pdf"], DocumentDoubt.SEVERAL_DOCUMENTS),
        (["3", "1068"], ["Faktura 1067 af 3 maj.pdf"], DocumentDoubt.UNCERTAIN),
        (["2026"], ["Faktura 1099 - 2026.pdf", "2026.pdf"], DocumentDoubt.UNCERTAIN),
        (["20260501"], ["20260501.pdf"], DocumentDoubt.UNCERTAIN),
        (["1067"], ["1067 Kunde 20311.pdf"], DocumentDoubt.UNCERTAIN),
        (["1067", "1067"], ["1067.pdf"], DocumentDoubt.SEVERAL_VOUCHERS),
        (["A17", "a17"], ["A17.pdf"], DocumentDoubt.SEVERAL_VOUCHERS),
    ],
)
def test_what_may_mean_two_things_is_never_assigned(numbers: list[str], names: list[str], doubt: DocumentDoubt) -> None:
    found = assigned(numbers, *names)
    assert names_of(found) == {}
    assert [(file.name, why) for file, why in found.doubtful] == [(name, doubt) for name in names]


NUMBERS = st.lists(st.sampled_from(["1", "17", "117", "A17", "A-17", "17-1", "17/1", "a 17", "Ø17"]), max_size=5)
NAMES = st.text(alphabet="17aAØ -_./", min_size=1, max_size=8)


@settings(max_examples=examples(60), deadline=None)
@given(numbers=NUMBERS, names=st.lists(NAMES, max_size=5, unique=True))
def test_a_document_goes_only_to_the_one_number_that_is_a_whole_word_of_its_name(numbers, names) -> None:
    files = [DocumentFile(f"{name.strip('/').replace('//', '/')}.pdf", f"/{at}") for at, name in enumerate(names)]
    found = assign(numbers, files)
    everywhere = [*found.by_number.values(), *(file for file, _ in found.doubtful), *found.left]
    assert sorted(file.path for file in everywhere) == sorted(file.path for file in files)
    for number, file in found.by_number.items():
        spelling = "[-_]".join(map(re.escape, number.split("/")))
        word = re.compile(rf"(?:^|/|[\W_]){spelling}(?:/|[\W_]|$)")
        assert word.search(document_number(file.name.removesuffix(".pdf"))), (number, file.name)
        assert [document_number(one) for one in numbers].count(number) == 1


@settings(max_examples=examples(20), deadline=None)
@given(numbers=NUMBERS, names=st.lists(NAMES, max_size=5, unique=True), data=st.data())
def test_the_order_of_documents_and_numbers_does_not_matter(numbers, names, data) -> None:
    first = assigned(numbers, *(f"{name}.pdf" for name in names))
    second = assigned(data.draw(st.permutations(numbers)), *(f"{name}.pdf" for name in data.draw(st.permutations(names))))
    assert names_of(first) == names_of(second)


def test_a_document_in_a_zip_is_read_by_its_path(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        archive.writestr("2026/1067.pdf", b"%PDF-1.7 of a member")
    (tmp_path / "1068.pdf").write_bytes(b"%PDF-1.7 of a file")
    assert read_document(tmp_path / "docs.zip" / "2026" / "1067.pdf", 100) == b"%PDF-1.7 of a member"
    assert read_document(tmp_path / "1068.pdf", 100) == b"%PDF-1.7 of a file"
    for gone in ("docs.zip/2026/1069.pdf", "1069.pdf"):
        with pytest.raises(OSError, match=r"(?i)not in the ZIP|no such file"):
            read_document(tmp_path / gone, 100)
    for large in ("docs.zip/2026/1067.pdf", "1068.pdf"):
        with pytest.raises(ValueError, match="more than"):
            read_document(tmp_path / large, 5)


def test_a_member_that_unpacks_to_more_than_its_directory_says_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "docs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.pdf", b"0" * 10_000)
    data = path.read_bytes()
    path.write_bytes(data.replace((10_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises((ValueError, OSError)):
        read_document(path / "1.pdf", 100)
