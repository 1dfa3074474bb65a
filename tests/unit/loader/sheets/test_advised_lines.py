"""What a refusal advises to write into a profile is valid TOML, line by line, and makes the heading the column."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.errors import HeadingsRefused
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.sheets.headings import SheetContext
from importer.loader.sheets.plan import plan_sheet

KNOWN = ("Debtor name", "Country", "Invoice no", "Debtor email")
ODD = st.text(st.characters(exclude_categories=["Cs", "Nd", "L"]), min_size=1, max_size=3)
NEAR = st.sampled_from(("amount to recover", "creditor company name", "currency code", "debtor type"))


def refusal(header: tuple[str, ...], rows: list[tuple[object, ...]] | None = None, profile: Profile = NO_PROFILE) -> str:
    with pytest.raises(HeadingsRefused) as refused:
        plan_sheet("Ark1", 1, header, profile, {}, SheetContext(sample=rows or []))
    return str(refused.value)


@given(odd=ODD, near=NEAR, at=st.integers(0, 20))
@settings(max_examples=examples(30), deadline=None)
def test_every_advised_line_is_toml_whatever_the_heading_is(odd, near, at):
    heading = (near[:at] + odd + near[at:]).strip()
    advice = refusal((*KNOWN, heading)).partition("for instance:\n")[2]
    lines = advice.split("\n")
    assert all(line.startswith("  ") for line in lines)
    for line in lines:
        tomllib.loads(line)
    Profile(**tomllib.loads(advice))


def test_two_amounts_are_refused_with_a_line_for_the_profile():
    text = refusal((*KNOWN, "Invoice amount", "Amount"), [("Bo", "DK", "F1", "a@b.example", "5.00", "6.00")])
    line = text.rpartition("\n")[2]
    assert tomllib.loads(text.partition(":\n")[2])["columns"] == {"Invoice amount": "amount_to_recover"}, line


def test_a_doubtful_optional_column_is_refused_with_the_lines_for_either_answer():
    header = ("Debtor name", "Country", "Invoice no", "Invoice date", "Forfald")
    text = refusal(header, [("Bo", "DK", "F1", "2026-01-31", "netto"), ("Ida", "DK", "F2", "2026-01-31", "netto")])
    lines = [line for line in text.split("\n") if line.startswith("  ")]
    assert tomllib.loads("\n".join(lines[:2])) == {"columns": {"Forfald": "due_date"}}
    assert tomllib.loads(lines[2]) == {"ignore": ["Forfald"]}


def test_a_mapped_amount_that_names_its_currency_is_refused_beside_a_column_of_currencies():
    header = (*KNOWN, "Invoice date", "Restbeløb (EUR)", "Valuta")
    profile = Profile(columns={"Restbeløb (EUR)": "amount_to_recover"})
    text = refusal(header, profile=profile)
    lines = [line for line in text.split("\n") if line.startswith("  ")]
    assert [tomllib.loads(line) for line in lines] == [{"ignore": ["Valuta"]}, {"columns": {}}, {"Valuta": "currency"}]
