"""The questions about a sheet and their answers, as values: no terminal, no file."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from itertools import permutations

import pytest

from importer.domain.code_lists import VoucherTypes
from importer.errors import UsageError
from importer.loader.profile import Profile
from importer.loader.profiles import questions as module
from importer.loader.profiles import trials
from importer.loader.profiles.draft import FromHeading, ProfileDraft, finish
from importer.loader.profiles.proposal import ASK_FROM, DEBTORS, SUGGEST_FROM, Heading
from importer.loader.profiles.questions import NOTHING, AnswerRefused, answer, open_questions, questions
from importer.loader.profiles.sampling import SheetSample
from importer.loader.profiles.trials import SheetTrials
from importer.loader.sheets.headings import SheetContext
from importer.loader.sheets.shape import Shape

DAYS = ("2026-01-31", "2026-02-14", "2026-03-01")
LATER = ("2026-02-14", "2026-02-28", "2026-03-15")
AMOUNTS = ("1.234,50", "99,00", "10,25")
NAMES = ("Havblik Handel ApS", "Bodil Zebrahest", "Grøn & Søn A/S")
NUMBERS = ("10041", "10058", "10062")
MAILS = ("mette@havblik.example", "bo@nord.example", "ib@syd.example")

OPEN_ITEMS = {
    "Kundenr.": NUMBERS,
    "Navn": NAMES,
    "Postnr.": ("8000", "2100", "7100"),
    "Land": ("Danmark", "Danmark", "Sverige"),
    "Fakturanr.": ("F1", "F2", "F3"),
    "Fakturadato": DAYS,
    "Valuta": ("DKK", "DKK", "SEK"),
    "Restbeløb": AMOUNTS,
}
DUNNING = {
    "Partner Q": NAMES,
    "Beleg-Nr.": ("R1", "R2", "R3"),
    "Belegdatum": DAYS,
    "Offener Betrag (EUR)": AMOUNTS,
    "Mahnstufe": ("0", "1", "2"),
}
UNKNOWN = {"Zzq": ("A", "B", "C"), "Tegn": ("DKK", "DKK", "SEK"), "Qqz": ("1", "2", "3")}
TWO_DATES = {"Invoice date": DAYS, "Issue date": LATER, "Debtor name": NAMES, "Debtor email": MAILS, "Zone Q": ("DK", "SE", "DE")}
VOUCHERS = {"Case ref": ("C1", "C2", "C3"), "Voucher type": ("invoice",) * 3, "Voucher amount": AMOUNTS, "Date": DAYS}
NORDLYS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK"}
FOR_ALL = NORDLYS | {"currency": "DKK", "debtor_type": "Person", "amount_to_recover": "5.00"}


def draft_of(columns, *, defaults=(), **more) -> ProfileDraft:
    headings = tuple(Heading(text, cells) for text, cells in columns.items())
    rows = list(zip(*columns.values(), strict=True))
    sample = SheetSample("Ark1", 1, tuple(columns), headings, SheetContext(sample=rows), tuple(rows))
    return ProfileDraft(SheetTrials(sample, VoucherTypes(), dict(defaults)), **more)


def answered(draft: ProfileDraft, answers) -> ProfileDraft:
    for question, value in dict(answers).items():
        draft = answer(draft, question, value)
    return draft


def asked_about(draft: ProfileDraft):
    return [(q.id, [choice.label for choice in q.choices], q.required, q.default) for q in open_questions(draft)]


def ids(draft: ProfileDraft) -> list[str]:
    return [question.id for question in open_questions(draft)]


LEFT_OUT = {"heading:Partner Q": NOTHING}
DATES = {"heading:Invoice date": "date", "heading:Issue date": "due_date", "heading:Zone Q": "debtor_country"}


@pytest.mark.parametrize(
    ("columns", "defaults", "answers", "asked"),
    [
        (OPEN_ITEMS, NORDLYS, {}, [("column:debtor_type", ["Kundenr."], True, NOTHING)]),
        (OPEN_ITEMS, NORDLYS | {"debtor_type": "Person"}, {}, []),
        (
            OPEN_ITEMS,
            NORDLYS,
            {"column:debtor_type": "by name"},
            [("column:debtor_contact_person", ["Kundenr."], False, NOTHING)],
        ),
        (OPEN_ITEMS, NORDLYS, {"column:debtor_type": "Person"}, []),
        (DUNNING, NORDLYS, {}, [("heading:Partner Q", ["debtor_name", "debtor_contact_person", "debtor_state"], False, None)]),
        (
            DUNNING,
            NORDLYS,
            LEFT_OUT,
            [
                ("column:debtor_type", ["Partner Q", "Mahnstufe"], True, NOTHING),
                ("column:debtor_name", ["Partner Q", "Mahnstufe"], True, NOTHING),
                ("column:debtor_country", ["Partner Q", "Mahnstufe"], True, NOTHING),
            ],
        ),
        (
            TWO_DATES,
            FOR_ALL,
            {},
            [
                ("heading:Invoice date", ["date", "creditor_reference"], False, "date"),
                ("heading:Issue date", ["due_date"], False, None),  # 78 % are not enough
                ("heading:Zone Q", ["creditor_country", "debtor_country"], False, NOTHING),
            ],
        ),
        (TWO_DATES, FOR_ALL, DATES, []),
        (UNKNOWN, {}, {}, [("shape", ["cases", "vouchers", "flat"], True, "cases")]),
        (UNKNOWN, {}, {"shape": "vouchers"}, [("heading:Tegn", ["currency", "reference_id", "text"], False, None)]),
        (
            VOUCHERS,
            {"debtor_type": "Company"},
            {},
            [("column:currency", [], True, NOTHING), ("column:source", [], True, NOTHING)],
        ),
    ],
)
def test_what_is_asked_about_a_sheet_after_these_answers(columns, defaults, answers, asked):
    assert asked_about(answered(draft_of(columns, defaults=defaults), answers)) == asked


def test_a_question_holds_all_that_is_needed_to_ask_it_elsewhere():
    (partner,) = open_questions(draft_of(DUNNING, defaults=NORDLYS))
    assert json.loads(json.dumps(asdict(partner)))["samples"] == list(NAMES)
    assert partner.choices[0].certainty == DEBTORS  # by the legal forms in the names
    assert [ASK_FROM <= choice.certainty < SUGGEST_FROM for choice in partner.choices[1:]] == [True, True]
    (kind,) = open_questions(draft_of(OPEN_ITEMS, defaults=NORDLYS))
    assert json.loads(json.dumps(asdict(kind))) == {
        "id": "column:debtor_type",
        "kind": "column",
        "subject": "debtor_type",
        "help": "Company or Person.",
        "samples": [],
        "choices": [{"answer": {"heading": "Kundenr."}, "certainty": 0, "samples": list(NUMBERS)}],
        "required": True,
        "default": "",
        "remark": "",
        "one_value": True,
    }
    (shape,) = open_questions(draft_of(UNKNOWN))
    assert shape.samples == ("Zzq", "Tegn", "Qqz")


def test_values_are_offered_once_each_and_without_what_steers_a_terminal():
    cells = ("a\x1b[31m", "a\x1b[31m", "b\nc", 7, "d")
    assert Heading("Zzq", cells).samples() == ("a [31m", "b c", "7")


COMPLETE = {  # of a dunning list, and none of these answers is the default
    "heading:Partner Q": "debtor_name",
    "column:debtor_type": "Company",
    "column:debtor_country": "DE",
    "column:debtor_contact_person": FromHeading("Mahnstufe"),
}


def test_the_answers_of_a_stage_make_the_same_profile_in_any_order():
    draft = answer(draft_of(DUNNING, defaults=NORDLYS), "heading:Partner Q", "debtor_name")
    columns = ("column:debtor_type", "column:debtor_country")
    assert ids(draft) == list(columns)
    made = [finish(answered(draft, {name: COMPLETE[name] for name in order})) for order in permutations(columns)]
    assert all(profile == made[0] for profile in made)
    assert made[0].constants == {"debtor_type": "Company", "debtor_country": "DE"}

    dates = [finish(answered(draft_of(TWO_DATES, defaults=FOR_ALL), order)) for order in permutations(DATES.items())]
    assert all(profile == dates[0] for profile in dates)


def test_a_column_that_one_heading_fills_is_offered_to_no_other_whichever_was_answered_first():
    draft = answer(draft_of(TWO_DATES, defaults=FOR_ALL), "heading:Issue date", "date")
    first = open_questions(draft)[0]
    assert (first.id, [choice.label for choice in first.choices], first.default) == (
        "heading:Invoice date",
        ["creditor_reference"],
        NOTHING,
    )
    draft = answer(draft, "heading:Invoice date", "due_date")
    assert draft.columns == {
        "Debtor name": "debtor_name",
        "Debtor email": "debtor_email",
        "Issue date": "date",
        "Invoice date": "due_date",
    }


def test_another_answer_replaces_the_first_and_discards_those_that_rest_on_it():
    draft = answered(draft_of(DUNNING, defaults=NORDLYS), COMPLETE)
    assert ids(draft) == []
    assert [question.id for question in questions(draft)] == list(COMPLETE)
    persons = answer(draft, "column:debtor_type", "Person")
    assert ids(persons) == []
    assert finish(persons).columns == {
        "Beleg-Nr.": "creditor_reference",
        "Belegdatum": "date",
        "Offener Betrag (EUR)": "amount_to_recover",
        "Partner Q": "debtor_name",
    }
    again = answer(draft, "heading:Partner Q", NOTHING)
    assert ids(again) == ["column:debtor_type", "column:debtor_name", "column:debtor_country"]
    assert again.constants == {}
    shaped = answered(draft_of(UNKNOWN), {"shape": "cases", "heading:Tegn": "currency"})
    assert answer(shaped, "shape", "vouchers").columns == {}


def test_a_heading_that_was_left_out_can_still_fill_a_column():
    draft = answered(draft_of(DUNNING, defaults=NORDLYS), LEFT_OUT | {"column:debtor_name": FromHeading("Partner Q")})
    assert draft.columns["Partner Q"] == "debtor_name"
    assert [choice.label for choice in open_questions(draft)[0].choices] == ["Mahnstufe"]
    assert draft.profile().ignore == []


@pytest.mark.parametrize(
    ("columns", "answers", "question", "value", "reason"),
    [
        (UNKNOWN, {}, "shape", "both", "A row can hold cases, vouchers, flat"),
        (UNKNOWN, {}, "shape", NOTHING, "A row can hold"),
        (UNKNOWN, {}, "heading:Tegn", "currency", 'no question "heading:Tegn" about this sheet, or not yet'),
        (DUNNING, {}, "heading:Partner Q", "no_such_column", "There is no such column"),
        (DUNNING, {}, "heading:Partner Q", FromHeading("Mahnstufe"), "There is no such column"),
        (DUNNING, {}, "heading:Partner Q", "Date", "Date is filled by another heading already"),
        (DUNNING, {}, "heading:Belegdatum", "due_date", 'no question "heading:Belegdatum"'),
        (DUNNING, {}, "column:debtor_country", "DE", 'no question "column:debtor_country" about this sheet, or not yet'),
        (DUNNING, LEFT_OUT, "column:debtor_country", "Utopia", '"Utopia" cannot be debtor_country.'),
        (DUNNING, LEFT_OUT, "column:debtor_name", FromHeading("Zzq"), 'no heading "Zzq" that could still fill debtor_name'),
        (DUNNING, LEFT_OUT, "column:debtor_name", FromHeading("Belegdatum"), 'no heading "Belegdatum" that could still'),
        (DUNNING, LEFT_OUT, "column:comments", "x", 'no question "column:comments"'),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_changes_nothing(columns, answers, question, value, reason):
    draft = answered(draft_of(columns, defaults=NORDLYS), answers)
    before = asked_about(draft)
    with pytest.raises(AnswerRefused, match=re.escape(reason)):
        answer(draft, question, value)
    assert asked_about(draft) == before


def test_no_answer_takes_the_default_and_is_refused_if_nothing_may_be_offered(monkeypatch):
    draft = draft_of(TWO_DATES, defaults=FOR_ALL)
    assert answer(draft, "heading:Invoice date", None).columns["Invoice date"] == "date"
    question = replace(open_questions(draft)[0], default=None)
    monkeypatch.setattr(module, "_STAGES", [lambda _: [question]])
    with pytest.raises(AnswerRefused, match="needs an answer"):
        answer(draft, question.id, None)


def test_the_name_of_a_company_stands_for_its_contact_person_unless_somebody_is_named():
    draft = answer(draft_of(OPEN_ITEMS, defaults=NORDLYS), "column:debtor_type", "Company")
    by_default = finish(answer(draft, "column:debtor_contact_person", None))
    assert by_default.columns["Navn"] == ["debtor_name", "debtor_contact_person"]
    assert by_default == finish(draft)  # as where nobody is asked
    named = finish(answer(draft, "column:debtor_contact_person", "Mette Holm"))
    assert named.columns["Navn"] == "debtor_name"
    assert named.constants == {"debtor_type": "Company", "debtor_contact_person": "Mette Holm"}


def test_what_a_row_holds_is_written_only_if_a_flag_or_an_answer_says_it():
    draft = draft_of(OPEN_ITEMS, defaults=FOR_ALL)
    assert finish(draft).holds is None
    assert finish(replace(draft, holds=Shape.CASES)).holds == "cases"
    answered_so = answered(draft_of(UNKNOWN), {"shape": "vouchers", "heading:Tegn": "currency"})
    assert finish(answered_so).holds == "vouchers"
    with pytest.raises(UsageError, match='"Ark1" leave open what a row holds'):
        finish(draft_of(UNKNOWN))


def test_a_profile_holds_its_basis_the_flags_and_all_headings():
    basis = Profile(name="erp", description="Sheets like a.csv", sheet="Ark1", decimal=",")
    profile = finish(
        draft_of(OPEN_ITEMS, defaults=NORDLYS, basis=basis, given_constants={"debtor_type": "Person", "currency": "DKK"})
    )
    assert (profile.name, profile.description, profile.sheet, profile.decimal) == ("erp", "Sheets like a.csv", "Ark1", ",")
    assert profile.headings == list(OPEN_ITEMS)
    assert profile.constants == {"debtor_type": "Person", "currency": "DKK"}
    assert profile.ignore == ["Valuta"]  # it would be read by itself, against the flag


def test_a_sheet_is_proposed_and_planned_once_for_each_set_of_answers(monkeypatch):
    planned, proposed = [], []
    plan_sheet, propose = trials.plan_sheet, trials.propose
    monkeypatch.setattr(trials, "plan_sheet", lambda *given: planned.append(1) or plan_sheet(*given))
    monkeypatch.setattr(trials, "propose", lambda *given: proposed.append(1) or propose(*given))
    draft = draft_of(OPEN_ITEMS, defaults=NORDLYS)
    assert ids(draft) == ids(draft) == ["column:debtor_type"]
    draft = answered(draft, {"column:debtor_type": "Company", "column:debtor_contact_person": NOTHING})
    assert draft.sheet.refusal(finish(draft)) is None
    assert (len(planned), len(proposed)) == (2, 2)  # without and with the answers; as cases and as vouchers


PAID_IN_PART = {
    "Debitor": NAMES,
    "Land": ("Danmark",) * 3,
    "Faktura nr.": ("F1", "F2", "F3"),
    "Fakturadato": DAYS,
    "Fakturabeløb": ("1.234,50", "99,00", "10,25"),
    "Indbetalt": ("234,50", "0,00", ""),
    "Krediteret": ("", "9,00", ""),
    "Rest": ("1.000,00", "90,00", "10,25"),
}


def test_the_column_of_what_is_open_is_proved_by_every_row_and_all_that_settles():
    draft = draft_of(PAID_IN_PART, defaults=FOR_ALL)
    assert draft.columns["Rest"] == "amount_to_recover"
    (rest,) = [guess for guess in draft.proposal.guesses if guess.heading.text == "Rest"]
    assert (rest.sure, rest.remark) == (True, 'in every row it is "Fakturabeløb" less "Indbetalt", "Krediteret"')
    one_row_differs = PAID_IN_PART | {"Rest": ("1.000,00", "99,00", "10,25")}
    nothing_settled = PAID_IN_PART | {"Indbetalt": ("0,00",) * 3, "Krediteret": ("",) * 3, "Rest": PAID_IN_PART["Fakturabeløb"]}
    for columns in (one_row_differs, nothing_settled):
        without = {name: value for name, value in FOR_ALL.items() if name != "amount_to_recover"}
        asked = asked_about(draft_of(columns, defaults=without))
        assert ("heading:Rest", ["amount_to_recover"], False, None) in asked
        assert "heading:Fakturabeløb" not in [one[0] for one in asked]


def test_what_a_run_objects_to_is_a_question_with_its_reason():
    columns = OPEN_ITEMS | {"Restbeløb (DKK)": AMOUNTS}
    del columns["Restbeløb"]
    (asked, *_) = open_questions(draft_of(columns, defaults=FOR_ALL))
    assert (asked.id, asked.default) == ("heading:Restbeløb (DKK)", None)
    assert asked.remark == "it names a currency, and another column does as well"


@pytest.mark.parametrize("typed", ["debtor name", "Debtor-Name", "DEBTOR_NAME", "Kundenavn", "debtor_name"])
def test_a_column_is_understood_as_people_write_it(typed):
    assert answer(draft_of(DUNNING, defaults=NORDLYS), "heading:Partner Q", typed).columns["Partner Q"] == "debtor_name"


def test_a_typed_heading_fills_a_column_and_is_not_the_value_of_all_rows():
    draft = answered(draft_of(DUNNING, defaults=NORDLYS), LEFT_OUT)
    draft = answer(draft, "column:debtor_name", "partner q")
    assert (draft.columns["Partner Q"], draft.constants) == ("debtor_name", {})


CONTACT_ONLY = {
    "Invoice no": ("F1", "F2", "F3"),
    "Country": ("DK",) * 3,
    "Invoice date": DAYS,
    "Amount due": AMOUNTS,
    "Currency": ("DKK",) * 3,
    "Contact person": ("Quill Oona", "Bo Ek", "Ida Ek"),
}
STRIPE = {
    "Number": ("F1", "F2", "F3"),
    "Customer Name": NAMES,
    "Country": ("DK",) * 3,
    "Invoice date": DAYS,
    "Currency": ("DKK",) * 3,
    "Amount Due": ("480.00", "99.00", "10.25"),
    "Amount Paid": ("400.00", "0.00", "0.00"),
    "Amount Remaining": ("80.00", "0.00", "10.25"),
    "Invoice no": ("F1", "F2", "F3"),
}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("Nordlys A/S", "debtor_name is not the same in all rows"),
        ("belegdatum", 'no heading "Belegdatum" that could still fill debtor_name: it fills date'),
        ("Offener Betrag (EUR)", "it fills amount_to_recover"),
    ],
)
def test_a_debtor_is_never_one_value_for_all_rows_nor_the_text_of_a_heading(value, reason):
    draft = answered(draft_of(DUNNING, defaults=NORDLYS), LEFT_OUT)
    with pytest.raises(AnswerRefused, match=re.escape(reason)):
        answer(draft, "column:debtor_name", value)


def test_a_heading_that_fills_an_optional_column_can_be_named_for_the_debtor_instead():
    draft = answered(draft_of(CONTACT_ONLY, defaults=FOR_ALL), {"heading:Contact person": "debtor_contact_person"})
    draft = answer(draft, "column:debtor_name", "contact person")
    assert (draft.columns["Contact person"], draft.constants) == ("debtor_name", {})


def test_the_contact_is_asked_about_first_where_no_heading_is_the_debtor():
    (asked, *_) = open_questions(draft_of(CONTACT_ONLY, defaults=FOR_ALL))
    assert (asked.id, [choice.label for choice in asked.choices], asked.default) == (
        "heading:Contact person",
        ["debtor_name", "debtor_contact_person"],
        None,
    )


def test_of_two_amounts_the_one_that_remains_is_asked_about_and_no_open_amount_is_ignored():
    without = {name: value for name, value in FOR_ALL.items() if name != "amount_to_recover"}
    draft = draft_of(STRIPE, defaults=without)
    amounts = [one for one in open_questions(draft) if "Amount" in one.id]
    assert [one.id for one in amounts] == ["heading:Amount Remaining"]
    assert (amounts[0].default, '"Amount Due" may be it' in amounts[0].remark) == (None, True)
    draft = answer(draft, "heading:Amount Remaining", "amount_to_recover")
    assert draft.sheet.refusal(finish(draft)) is None
    other = answered(draft_of(STRIPE, defaults=without), {"heading:Amount Remaining": NOTHING, "heading:Number": NOTHING})
    other = answer(other, "column:amount_to_recover", "Amount Due")
    assert "Amount Remaining" not in finish(other).ignore


def test_a_heading_with_names_of_companies_is_never_dropped_by_enter():
    columns = OPEN_ITEMS | {"Billing Q": ("Lund Lys ApS", "Havblik A/S", "Zebra GmbH")}
    asked = [one for one in open_questions(draft_of(columns, defaults=FOR_ALL)) if one.id == "heading:Billing Q"]
    for one in asked:
        assert one.default is None
        assert "debtor_name" in [choice.label for choice in one.choices]


def test_a_column_of_dates_or_amounts_cannot_be_a_currency():
    columns = {name: cells for name, cells in OPEN_ITEMS.items() if name != "Valuta"} | {"Qq": DAYS, "Zz": AMOUNTS}
    draft = draft_of(columns, defaults={**NORDLYS, "debtor_type": "Person"})
    (asked,) = [one for one in open_questions(draft) if one.id == "column:currency"]
    assert not {"Qq", "Zz"} & {choice.label for choice in asked.choices}
    with pytest.raises(AnswerRefused, match='below "Qq" cannot be currency'):
        answer(draft, "column:currency", FromHeading("Qq"))


def test_only_what_is_needed_or_likely_is_asked_about():
    columns = OPEN_ITEMS | {"Zone Q": ("DK", "SE", "DE"), "Discount Code": ("DK", "SE", "DE")}
    draft = draft_of(columns, defaults=FOR_ALL)
    assert draft.proposal.unsure()  # they have candidates
    assert ids(draft) == []
    assert draft.sheet.refusal(finish(draft)) is None
