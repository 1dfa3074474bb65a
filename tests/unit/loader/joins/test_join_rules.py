"""The tables [joins] and [splits] of a profile."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from importer.loader.joins.rules import JoinItem, items_of, listed
from importer.loader.profile import Profile


def test_between_two_values_is_a_blank_unless_a_sign_is_named() -> None:
    assert items_of("debtor_address", ["Gade", "Husnr", ",", "Sal"]) == (
        JoinItem("Gade"),
        JoinItem("Husnr", " "),
        JoinItem("Sal", ", "),
    )


def test_a_further_line_of_an_address_has_a_comma_before_it() -> None:
    assert [item.before for item in items_of("debtor_address", ["Adresse", "Adresse 2"])] == ["", ", "]
    assert [item.before for item in items_of("debtor_name", ["Navn", "Navn 2"])] == ["", " "]
    assert [item.before for item in items_of("debtor_email", ["E-mail", "Kontakt e-mail"])] == ["", "; "]


@pytest.mark.parametrize("entries", [["Gade", "Husnr"], ["Gade", "/", "Husnr", ",", "Dør"], ["Adresse", "Adresse 2"]])
def test_a_list_is_written_as_it_was_read(entries: list[str]) -> None:
    items = items_of("debtor_address", entries)
    assert items_of("debtor_address", listed("debtor_address", items)) == items


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"joins": {"debtor": ["A", "B"]}}, '"debtor" is not a column'),
        ({"joins": {"amount_to_recover": ["A", "B"]}}, "cannot be joined from several columns; these can: debtor_name"),
        ({"joins": {"creditor_reference": ["A", "B"]}}, "cannot be joined"),
        ({"joins": {"debtor_address": ["Gade"]}}, "joins fewer than two headings"),
        ({"joins": {"debtor_address": ["Gade", "gade "]}}, "joins fewer than two headings"),
        ({"joins": {"debtor_address": ["Gade", "Nr", "gade"]}}, "joins one heading twice"),
        ({"joins": {"debtor_address": [",", "Gade", "Nr"]}}, "a sign that does not stand between"),
        ({"joins": {"debtor_address": ["Gade", ",", ",", "Nr"]}}, "a sign that does not stand between"),
        ({"joins": {"debtor_address": ["Gade", "Nr"]}, "ignore": ["NR."]}, "both joined and ignored"),
        ({"joins": {"debtor_address": ["Gade", "Nr"]}, "columns": {"Vej": "debtor_address"}}, "is filled twice"),
        ({"joins": {"debtor_address": ["Gade", "Nr"]}, "constants": {"debtor_address": "Havnegade 4"}}, "is filled twice"),
        ({"splits": {"By": "debtor_city"}}, 'Write "debtor_zip_code debtor_city" or'),
        ({"splits": {"By": "debtor_city debtor_name"}}, "cannot be split into"),
        ({"splits": {"By": ["debtor_city", "debtor_zip_code"]}, "ignore": ["By"]}, "both split and ignored"),
        ({"splits": {"By": "debtor_zip_code debtor_city"}, "columns": {"PLZ": "debtor_zip_code"}}, "is filled twice"),
        (
            {"splits": {"A": "debtor_zip_code debtor_city", "B": "debtor_address debtor_zip_code debtor_city"}},
            "is filled twice",
        ),
        (
            {"splits": {"A": "debtor_zip_code debtor_city"}, "joins": {"comments": ["A", "B"]}},
            "both split and joined",
        ),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(keys: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Profile(**keys)


def test_one_heading_may_be_a_part_of_two_columns() -> None:
    joins = {"debtor_name": ["Fornavn", "Efternavn"], "debtor_contact_person": ["Fornavn", "Efternavn"]}
    profile = Profile(joins=joins, columns={"Fornavn": "comments"})
    assert profile.all_targets() == ["comments", "debtor_name", "debtor_contact_person"]
