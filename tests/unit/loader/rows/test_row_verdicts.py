"""What a row is by the columns that show it: a claim, none, a credit, or a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from importer.domain.records import CaseRecord, LeftOut, NoClaim, Reject
from importer.domain.row_states import IN_WORDS, Meaning
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.rows.open_amounts import AmountRule, RowAmounts, amount_rule
from importer.loader.source import open_file

CONTEXT = LoadContext(
    today=date(2026, 11, 27),
    timezone=ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_type": "Person",
        "debtor_country": "DK",
        "currency": "DKK",
    },
)


def read(tmp_path: Path, text: str, profile: Profile = NO_PROFILE, context: LoadContext = CONTEXT) -> list[str]:
    """Return what each row became, in one word with its amount, its code or its codes."""
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    with open_file(path, profile, context) as source:
        return [outcome(row.case) for row in source.rows]


def outcome(case: object) -> str:
    if isinstance(case, CaseRecord):
        asked = [reason.code for reason in case.questions] + ([case.unconfirmed.code] if case.unconfirmed else [])
        amount = orjson.loads(case.payload)["amountToRecover"]
        return f"asked {' '.join(dict.fromkeys(asked))}" if asked else f"case {Decimal(str(amount)):.2f}"
    if isinstance(case, LeftOut | NoClaim):
        return f"left out {case.reason.code}"
    assert isinstance(case, Reject)
    return f"left out {case.reasons[0].code}" if case.is_left_out else f"rejected {case.reasons[0].code}"


HEAD = "Invoice number;Customer name;Invoice date;Due date;Total;{}\n"


def with_column(heading: str, *values: str) -> str:
    names = ("Bodil Amsel", "Kaj Drossel", "Ebba Fink", "Tove Star", "Per Zeisig", "Ida Kranich", "Ole Dohle")
    rows = (f"F-{n};{names[n]};2026-06-0{n + 1};2026-07-01;{100 + n}.50;{value}\n" for n, value in enumerate(values))
    return HEAD.format(heading) + "".join(rows)


@pytest.mark.parametrize(
    ("heading", "values", "expected"),
    [
        ("Status", ("Overdue", "Paid", "Draft", "Voided"), "claim no_claim no_claim no_claim"),
        ("Status", ("Forfalden", "Betalt", "Kladde", "Krediteret"), "claim no_claim no_claim no_claim"),
        ("Status", ("Förfallen", "Slutbetald", "Utkast", "Makulerad"), "claim no_claim no_claim no_claim"),
        ("Status", ("Forfalt", "Betalt", "Utkast", "Tapsført"), "claim no_claim no_claim no_claim"),
        ("Rechnungsstatus", ("Überfällig", "bezahlt", "Entwurf", "storniert"), "claim no_claim no_claim no_claim"),
        ("Payment status", ("Unpaid", "Written off", "Not due", "Quote"), "claim no_claim not_due_yet no_claim"),
        ("Status", ("Open", "In dispute", "Inkasso", "Payment plan"), "claim disputed disputed disputed"),
        ("Status", ("Åben", "Bestridt", "I bero", "Betalingsaftale"), "claim disputed disputed disputed"),
        ("Status", ("Offen", "Strittig", "Mahnsperre", "Lastschrift"), "claim disputed disputed disputed"),
        ("Status", ("Open", "Zorgl", "Pending", ""), "claim row_state state_unclear row_state"),
        ("Status", ("Open", "Sent", "Closed", "Approved"), "claim state_unconfirmed no_claim part_paid"),
        ("Bilagstype", ("Faktura", "Kreditnota", "Indbetaling", "Rykkergebyr"), "claim credit credit no_claim"),
        ("Belegart", ("Rechnung", "Gutschrift", "Zahlung", "Angebot"), "claim credit credit no_claim"),
        ("Document type", ("Invoice", "Bill", "Finance charge memo", "Purchase"), "claim no_claim no_claim no_claim"),
        ("Type", ("Invoice", "Opening balance", "Zorgl", "Reminder"), "claim no_claim row_state no_claim"),
        ("Mahnsperre", ("", "X", "nein", "Streit"), "claim disputed claim disputed"),
        ("Storniert", ("", "ja", "nein", "2026-07-01"), "claim no_claim claim no_claim"),
        ("Bokförd", ("Ja", "Nej", "", "ja"), "claim no_claim claim claim"),
        ("Sendt", ("ja", "nej", "ja", "nej"), "claim no_claim claim no_claim"),
        ("Sent", ("2026-06-01", "2026-06-02", "", ""), "claim claim claim claim"),
        ("Status", ("Overforfalden", "Over forfald", "Over forfall", "Udkast"), "claim claim claim no_claim"),
        (
            "Type",
            ("Manuel debitorfaktura", "Rentefaktura", "Purregebyrfaktura", "Ränteräkning"),
            "claim no_claim no_claim no_claim",
        ),
        ("Betalt", ("nej", "ja", "", "nej"), "claim no_claim claim claim"),
        ("Paid at", ("", "2026-07-03", "", ""), "claim part_paid claim claim"),
        ("Promised pay date", ("", "2026-12-24", "2026-07-03", ""), "claim disputed claim claim"),
    ],
)
def test_a_column_shows_what_its_rows_are(tmp_path, heading, values, expected):
    found = read(tmp_path, with_column(heading, *values))
    words = [one.split()[-1] if not one.startswith("case") else "claim" for one in found]
    assert words == expected.split()


def test_a_type_of_something_else_shows_nothing(tmp_path):
    assert read(tmp_path, with_column("Type", "B2B", "B2C")) == ["case 100.50", "case 101.50"]


def test_a_value_is_certain_in_the_system_that_the_headings_identify(tmp_path):
    zoho = "Invoice Number;Invoice Status;Customer Name;Invoice Date;Due Date;Total;Balance\n"
    rows = "1;Sent;Bodil Amsel;2026-06-01;2026-07-01;100.00;60.00\n2;Closed;Kaj Drossel;2026-06-01;2026-07-01;90.00;0.00\n"
    assert read(tmp_path, zoho + rows) == ["case 60.00", "left out nothing_open"]


def test_a_value_that_was_confirmed_for_this_kind_of_list_is_certain(tmp_path):
    profile = Profile(name="debtors")
    context = replace(CONTEXT, confirmed={"profile debtors": {"Status": (("Sent", IN_WORDS[Meaning.CLAIM]),)}})
    text = with_column("Status", "Sent", "Viewed")
    assert read(tmp_path, text, profile) == ["asked state_unconfirmed", "asked state_unconfirmed"]
    assert read(tmp_path, text, profile, context) == ["case 100.50", "asked state_unconfirmed"]


def test_a_value_that_is_taken_for_something_else_now_is_asked_again(tmp_path):
    confirmed = {"profile debtors": {"Status": (("Sent", IN_WORDS[Meaning.PAID]),)}}
    found = read(tmp_path, with_column("Status", "Sent"), Profile(name="debtors"), replace(CONTEXT, confirmed=confirmed))
    assert found == ["asked state_unconfirmed"]


def test_a_profile_says_what_values_mean(tmp_path):
    profile = Profile(values={"row_state": {"Zorgl": "claim", "Sent": "no claim", "": "question"}})
    expected = ["case 100.50", "left out no_claim", "asked state_unclear"]
    assert read(tmp_path, with_column("Status", "Zorgl", "Sent", ""), profile) == expected
    with pytest.raises(ValueError, match=r'"perhaps" is not what a value of row_state can mean'):
        Profile(values={"row_state": {"Zorgl": "perhaps"}})


def test_a_profile_maps_a_heading_to_a_state(tmp_path):
    profile = Profile(columns={"Fase": "row_state"})
    assert read(tmp_path, with_column("Fase", "Paid", "Overdue"), profile) == ["left out no_claim", "case 101.50"]
    assert read(tmp_path, with_column("Status", "Paid", "Draft"), Profile(ignore=["Status"])) == ["case 100.50", "case 101.50"]


def test_a_profile_keeps_and_drops_rows(tmp_path):
    text = with_column("Segment", "A", "B", "C")
    keeps = Profile.model_validate({"rows": {"only": {"Segment": ["a", "B"]}, "skip": {"Customer name": "Kaj Drossel"}}})
    assert read(tmp_path, text, keeps) == ["case 100.50", "left out row_filter", "left out row_filter"]
    with pytest.raises(FileRefused, match='no column "Sektor"'):
        read(tmp_path, text, Profile.model_validate({"rows": {"skip": {"Sektor": "A"}}}))


def test_an_open_amount_of_zero_is_stronger_than_any_word(tmp_path):
    text = "Fakturanr.;Kundenavn;Fakturadato;Restbeløb;Status\n1;Bodil;2026-06-01;0,00;Forfalden\n2;Kaj;2026-06-01;5,00;Bogført\n"
    assert read(tmp_path, text) == ["left out nothing_open", "case 5.00"]


# What is open


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([], AmountRule.OPEN),
        ([("100", "100", "0")], AmountRule.OPEN),
        ([("100", "100", "40"), ("50", "50", "50")], AmountRule.INVOICED),
        ([("60", "100", "40"), ("50", "50", "0")], AmountRule.OPEN),
        ([("60", "100", "40"), ("50", "50", "10")], AmountRule.UNCLEAR),
        ([("70", "100", "40")], AmountRule.UNCLEAR),
        ([("70", None, "40")], AmountRule.UNCLEAR),
    ],
)
def test_every_row_must_prove_what_its_amount_is(rows, rule):
    found = [RowAmounts(Decimal(a), None if t is None else Decimal(t), Decimal(s)) for a, t, s in rows]
    assert amount_rule(found) is rule


def test_what_was_paid_is_taken_off_where_the_rows_prove_it(tmp_path):
    head = "Invoice number;Customer name;Invoice date;Total;Amount due;Amount paid;Amount credited\n"
    falls = "1;Bodil;2026-06-01;100.00;60.00;40.00;0.00\n2;Kaj;2026-06-01;50.00;50.00;0.00;0.00\n"
    stays = "1;Bodil;2026-06-01;100.00;100.00;40.00;10.00\n2;Kaj;2026-06-01;50.00;50.00;50.00;0.00\n"
    mixed = "1;Bodil;2026-06-01;100.00;70.00;40.00;0.00\n2;Kaj;2026-06-01;50.00;50.00;0.00;0.00\n"
    assert read(tmp_path, head + falls) == ["case 60.00", "case 50.00"]
    assert read(tmp_path, head + stays) == ["case 50.00", "left out nothing_open"]
    assert read(tmp_path, head + mixed) == ["asked part_paid", "case 50.00"]


# Due dates

DATED = "Invoice number;Customer name;Invoice date;Due date;Total\n"


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2026-11-27", "left out not_due_yet"),
        ("2026-11-26", "case 100.00"),
        ("2062-07-01", "rejected due_far_ahead"),
        ("2027-06-02", "rejected due_far_ahead"),  # more than a year after the invoice, and less after today
    ],
)
def test_a_due_date_to_come_is_left_out_and_a_mistyped_year_is_rejected(tmp_path, due, expected):
    assert read(tmp_path, f"{DATED}1;Bodil;2026-06-01;{due};100.00\n") == [expected]


def test_an_invoice_must_be_overdue_for_the_days_of_the_settings(tmp_path):
    context = LoadContext(CONTEXT.today, CONTEXT.timezone, defaults=CONTEXT.defaults, min_days_overdue=10)
    text = f"{DATED}1;A Bo;2026-06-01;2026-11-18;1.00\n2;B Bo;2026-06-01;2026-11-17;2.00\n"
    assert read(tmp_path, text, context=context) == ["left out not_due_yet", "case 2.00"]
