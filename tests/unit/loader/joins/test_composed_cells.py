"""Values that are made of several cells, or of a part of one."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.columns import column
from importer.domain.kinds import RecordKind
from importer.domain.special_cells import CellError
from importer.loader.joins.composed import JoinedCells, JoinedPart, SplitCell
from importer.loader.values.text import ValueProblem

ADDRESS, NAME = column(RecordKind.CASE, "debtor_address"), column(RecordKind.CASE, "debtor_name")
CODE, TOWN = column(RecordKind.CASE, "debtor_zip_code"), column(RecordKind.CASE, "debtor_city")
NUMBERED = JoinedCells((JoinedPart(0, "Gade"), JoinedPart(1, "Husnr", " ", is_number=True)), is_proposed=True)
BY_PROFILE = JoinedCells(NUMBERED.parts)
NAMES = JoinedCells((JoinedPart(0, "Fornavn"), JoinedPart(1, "Efternavn", " ")))


@pytest.mark.parametrize(
    ("cells", "address"),
    [
        (("Havnegade", "4 B"), "Havnegade 4 B"),
        (("Havnegade", 4.0), "Havnegade 4"),
        (("Havnegade 4 B", "4 B"), "Havnegade 4 B"),
        (("Straße des 17. Juni", "135"), "Straße des 17. Juni 135"),
        (("Havnegade", None), "Havnegade"),
        (("Havnegade", " - "), "Havnegade"),
        ((None, "4"), "4"),
        (("Havnegade",), "Havnegade"),
        ((None, ""), None),
    ],
)
def test_a_street_and_its_number(cells: tuple[object, ...], address: str | None) -> None:
    assert NUMBERED.value(cells, ADDRESS, None) == address  # type: ignore[arg-type]


def test_a_street_that_ends_in_another_number_is_asked_about_unless_a_profile_joins_them() -> None:
    with pytest.raises(ValueProblem, match='ignore = \\["Husnr"\\], or \\[joins\\] debtor_address'):
        NUMBERED.value(("Havnegade 4", "12"), ADDRESS, None)
    assert BY_PROFILE.value(("Q 7", "24"), ADDRESS, None) == "Q 7 24"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (datetime(2026, 12, 4), "made_a_date"),  # noqa: DTZ001  (a cell has no zone)
        (CellError("#N/A"), "error_cell"),
        ("4.0", "made_a_number"),
        ("4 \ufffd", "damaged"),
    ],
)
def test_a_cell_that_cannot_be_a_part_names_its_heading(cell: object, code: str) -> None:
    with pytest.raises(ValueProblem, match='in "Husnr"') as caught:
        NUMBERED.value(("Havnegade", cell), ADDRESS, None)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_name_that_is_written_twice_stays_whole() -> None:
    assert NAMES.value(("Ali", "Ali"), NAME, None) == "Ali Ali"


def test_a_word_for_a_missing_value_in_a_name_is_asked_about() -> None:
    assert NAMES.value(("-", "Holm"), NAME, None) == "Holm"
    with pytest.raises(ValueProblem, match='has "n/a" in "Fornavn"'):
        NAMES.value(("n/a", "Holm"), NAME, None)


def test_a_personal_number_that_only_the_join_makes_is_neither_sent_nor_shown() -> None:
    assert NAMES.value(("Mette Holm 010180", "-1234"), NAME, None) == "Mette Holm"
    assert "1234" not in str(NAMES.display(("CPR 010180", "1234")))


TEXTS = st.text("abcÆøå 0123456789.-/", max_size=8)


@given(st.lists(TEXTS, min_size=2, max_size=4))
def test_no_text_of_a_join_is_lost(texts: list[str]) -> None:
    parts = tuple(JoinedPart(at, f"H{at}", ", " if at else "") for at in range(len(texts)))
    made = JoinedCells(parts).value(tuple(texts), ADDRESS, None) or ""
    written = [text.strip() for text in texts if any(map(str.isalnum, text))]
    if "*" not in "".join(texts) and made.count(",") == len(written) - 1:
        assert made == ", ".join(written)
    assert all(text in made for text in written)


@pytest.mark.parametrize(
    ("cell", "code", "town"),
    [
        ("5000 Odense C", "5000", "Odense C"),
        (5000.0, "5000", None),
        ("Odense C", None, "Odense C"),
        ("-", None, None),
        (None, None, None),
    ],
)
def test_a_cell_is_split(cell: object, code: str | None, town: str | None) -> None:
    made = (SplitCell(0, "Postnr og by", name) for name in ("debtor_zip_code", "debtor_city"))
    found = [one.value((cell,), known, "DK") for one, known in zip(made, (CODE, TOWN), strict=True)]  # type: ignore[arg-type]
    assert found == [code, town]


def test_a_cell_that_cannot_be_split_is_one_reason() -> None:
    with pytest.raises(ValueProblem, match="does not show what is the postal code"):
        SplitCell(0, "Postnr og by", "debtor_zip_code").value(("50000 Odense",), CODE, "DK")
    assert SplitCell(0, "Postnr og by", "debtor_city").value(("50000 Odense",), TOWN, "DK") is None


def test_a_whole_address_is_split() -> None:
    made = {name: SplitCell(0, "Adresse", name, has_street=True) for name in ("debtor_address", "debtor_zip_code", "debtor_city")}
    cells = ("Havnegade 4, 5000 Odense C",)
    found = [one.value(cells, column(RecordKind.CASE, name), "DK") for name, one in made.items()]
    assert found == ["Havnegade 4", "5000", "Odense C"]
    with pytest.raises(ValueProblem, match="where the street ends"):
        made["debtor_zip_code"].value(("Havnegade 4",), CODE, "DK")
