"""Headings of columns that hold a part of a value, or two values at once."""

from __future__ import annotations

import pytest

from importer.domain.aliases import keys
from importer.domain.columns import index_of
from importer.domain.kinds import RecordKind
from importer.domain.part_headings import PartKind, _kinds, is_number_before_street, looks_like, part_of, with_article


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Husnr.", PartKind.HOUSE_NUMBER),
        ("HAUS-NR", PartKind.HOUSE_NUMBER),
        ("Kundens husnummer", PartKind.HOUSE_NUMBER),
        ("Billing house number", PartKind.HOUSE_NUMBER),
        ("Adresse 2", PartKind.ADDRESS_LINE),
        ("Adresszusatz", PartKind.ADDRESS_LINE),
        ("Navn 2", PartKind.NAME_LINE),
        ("Vorname", PartKind.FIRST_NAME),
        ("Etternavn", PartKind.LAST_NAME),
        ("Kontakt fornavn", PartKind.CONTACT_FIRST_NAME),
        ("Postnr. og by", PartKind.POSTAL_TOWN),
        ("PostNr By", PartKind.POSTAL_TOWN),
        ("PLZ/Ort", PartKind.POSTAL_TOWN),
        ("Postnummer och ort", PartKind.POSTAL_TOWN),
        ("Zip, City", PartKind.POSTAL_TOWN),
        ("City / Postcode", PartKind.POSTAL_TOWN),
        ("Kunde PLZ Ort", PartKind.POSTAL_TOWN),
        ("Postnr.", None),
        ("Postort", None),
        ("By", None),
        ("Kunde", None),
        ("", None),
    ],
)
def test_the_kind_of_a_heading(heading: str, kind: PartKind | None) -> None:
    assert part_of(heading) is kind


def test_no_heading_of_a_part_means_a_whole_column() -> None:
    assert not _kinds().keys() & index_of(RecordKind.CASE).keys()
    assert not set(keys(["Postnr By"])) & index_of(RecordKind.CASE).keys()


def test_only_an_english_house_number_may_stand_before_the_street() -> None:
    assert is_number_before_street("House no.")
    assert not is_number_before_street("Husnr.")


@pytest.mark.parametrize(
    ("heading", "seems"),
    [
        ("Husnr.", "house number"),
        ("PLZ Ort", "postal code and town"),
        ("Telefon 2", "phone"),
        ("Mobil", "phone"),
        ("E-mail", "e-mail address"),
        ("Kontakt e-mail", "contact's e-mail address"),
        ("Postnr.", "postal code"),
        ("Sælger", None),
        ("Restbeløb", None),
    ],
)
def test_what_an_unused_column_looks_like(heading: str, seems: str | None) -> None:
    assert looks_like(heading) == seems


def test_the_article_in_front_of_a_thing() -> None:
    assert (with_article("house number"), with_article("e-mail address")) == ("a house number", "an e-mail address")
