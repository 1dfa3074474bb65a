"""Joins and splits as questions of `importer map`, and the profile that follows from the answers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import pytest

from importer.domain.code_lists import VoucherTypes
from importer.loader.profile import Profile
from importer.loader.profiles.draft import CONTACT, ProfileDraft, finish
from importer.loader.profiles.joins import JOIN
from importer.loader.profiles.profile_writer import profile_text
from importer.loader.profiles.proposal import Heading
from importer.loader.profiles.questions import NOTHING, AnswerRefused, SheetQuestionKind, answer, open_questions, questions
from importer.loader.profiles.sampling import SheetSample
from importer.loader.profiles.trials import SheetTrials
from importer.loader.sheets.headings import SheetContext

BASE = {
    "Fakturanr.": ("F1", "F2"),
    "Fakturadato": ("2026-01-31", "2026-02-14"),
    "Restbeløb": ("10,00", "20,00"),
    "Valuta": ("DKK", "DKK"),
    "Land": ("DK", "DK"),
}
STREETS = {"Kundenavn": ("Bo Ek", "Ib Ek"), "Gade": ("Havnegade", "Vej"), "Husnr.": ("4 B", "7")}
TOWNS = {"Postnr. og by": ("5000 Odense C", "8000 Aarhus")}
PERSONS = {"Fornavn": ("Bodil", "Bo"), "Efternavn": ("Zebrahest", "Ek")}
DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_type": "Person"}


def draft_of(columns: Mapping[str, tuple[str, ...]]) -> ProfileDraft:
    columns = {**BASE, **columns}
    headings = tuple(Heading(text, cells) for text, cells in columns.items())
    sample = SheetSample("Ark1", 1, tuple(columns), headings, SheetContext(sample=list(zip(*columns.values(), strict=True))))
    return ProfileDraft(SheetTrials(sample, VoucherTypes(), DEFAULTS))


def joins_asked(draft: ProfileDraft) -> list[tuple[str, tuple[str, ...], str | None]]:
    return [(one.id, one.samples, one.default) for one in questions(draft) if one.kind is SheetQuestionKind.JOIN]


def test_what_is_sure_is_offered_with_its_values_and_is_the_default() -> None:
    draft = draft_of({**STREETS, **TOWNS})
    assert joins_asked(draft) == [
        ("join:debtor_address:Gade", ("Havnegade 4 B", "Vej 7"), JOIN),
        ("join:debtor_zip_code debtor_city:Postnr. og by", ("5000 + Odense C", "8000 + Aarhus"), JOIN),
    ]
    while asked := open_questions(draft):
        draft = answer(draft, asked[0].id, None)
    profile = finish(draft)
    assert profile.joins == {"debtor_address": ["Gade", "Husnr."]}
    assert profile.splits == {"Postnr. og by": "debtor_zip_code debtor_city"}
    assert "Gade" not in profile.columns
    assert draft.unused() == []
    assert draft.sheet.refusal(profile) is None


def test_without_answers_what_is_sure_is_taken() -> None:
    assert finish(draft_of(STREETS)).joins == {"debtor_address": ["Gade", "Husnr."]}


def test_what_is_declined_is_not_read_with_the_profile() -> None:
    draft = draft_of({**STREETS, **TOWNS})
    for question, *_ in joins_asked(draft):
        draft = answer(draft, question, NOTHING)
    profile = finish(draft)
    assert (profile.joins, profile.splits) == ({}, {})
    assert profile.columns["Gade"] == "debtor_address"
    plan = draft.sheet.plan(profile)
    assert plan is not None
    assert {"Husnr.", "Postnr. og by"} <= set(draft.unused())
    assert plan.compositions.used == ()


def test_the_name_of_the_debtor_is_never_a_default() -> None:
    draft = draft_of(PERSONS)
    ((question, samples, default),) = joins_asked(draft)
    assert (question, samples, default) == ("join:debtor_name:Fornavn", ("Bodil Zebrahest", "Bo Ek"), None)
    with pytest.raises(AnswerRefused, match="This needs an answer"):
        answer(draft, question, None)
    with pytest.raises(AnswerRefused, match="joined or split"):
        answer(draft, question, "perhaps")
    assert "debtor_name" not in answer(draft, question, JOIN).missing()


@pytest.mark.parametrize(
    ("columns", "target", "listed"),
    [
        ({"Kundenavn": ("Havblik", "Nord"), "Navn 2": ("A/S", "ApS")}, "debtor_name", ["Kundenavn", "Navn 2"]),
        ({"Kundenavn": ("Havblik", "Nord"), **PERSONS}, CONTACT, ["Fornavn", "Efternavn"]),
        ({"Firma": ("Havblik", "Nord"), **PERSONS}, "debtor_name", ["Fornavn", "Efternavn"]),
        (
            {
                "Kundenavn": ("Bo", "Ib"),
                "E-mail": ("a@a.example", "b@a.example"),
                "Kontakt e-mail": ("c@a.example", "d@a.example"),
            },
            "debtor_email",
            ["E-mail", "Kontakt e-mail"],
        ),
        (
            {"Kundenavn": ("Bo", "Ib"), "Gade": ("Vej 1", "Vej 2"), "Husnr.": ("7", "9")},
            "debtor_address",
            ["Gade", "Husnr."],
        ),
    ],
)
def test_what_is_not_sure_is_asked_without_a_default(
    columns: Mapping[str, tuple[str, ...]], target: str, listed: list[str]
) -> None:
    draft = draft_of(columns)
    (found,) = [one for one in questions(draft) if one.kind is SheetQuestionKind.JOIN]
    assert found.subject == target
    assert found.default is None
    assert target not in finish(draft).joins
    assert finish(answer(draft, found.id, JOIN)).joins[target] == listed


def test_the_doubt_is_a_part_of_the_question() -> None:
    (found,) = [one for one in questions(draft_of({**STREETS, "Gade": ("Vej 1", "Vej 2")})) if one.kind is SheetQuestionKind.JOIN]
    assert found.help.endswith(', but the cells of "Gade" end in another number.')


def test_a_profile_with_joins_is_written_as_it_is_read() -> None:
    joins = {"debtor_address": ["Gade", "Husnr.", ",", "Sal"], "debtor_name": ["Fornavn", "Efternavn"]}
    profile = Profile(name="x", joins=joins, splits={"Postnr. og by": "debtor_zip_code debtor_city"})
    text = profile_text(profile)
    assert Profile(name="x", **tomllib.loads(text)) == profile
    assert 'debtor_address = ["Gade", "Husnr.", ",", "Sal"]' in text
