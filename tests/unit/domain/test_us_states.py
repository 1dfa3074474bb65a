"""The states of the US as sheets write them."""

import pytest

from importer.domain.suggestions import similar_us_states
from importer.domain.us_states import find_us_state, us_state_names


@pytest.mark.parametrize("name", sorted(us_state_names()))
def test_every_state_is_found_by_its_name_and_its_codes_in_any_writing(name) -> None:
    code = us_state_names()[name]
    texts = (name, name.upper(), f" {name.lower()} ", name.replace(" ", "\u00a0"), code, code.lower(), f"US-{code}", f"us {code}")
    assert {find_us_state(text) for text in texts} == {code}


def test_the_table_holds_states_the_district_and_the_territories() -> None:
    assert {"DC", "PR", "GU", "VI", "AS", "MP", "CA", "WY"} <= set(us_state_names().values())
    assert len(us_state_names()) >= 56


@pytest.mark.parametrize("text", ["", " ", "US", "USA", "Ontario", "ON", "CA?", "CA 90210", "CA/NV", "ZZ", "Cal", "US-"])
def test_what_is_no_state_is_none(text) -> None:
    assert find_us_state(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("N.Y.", "NY"), ("Washington D.C.", "DC"), ("D.C.", "DC"), ("U.S. Virgin Islands", "VI"), ("New-York", "NY")],
)
def test_usual_writings_are_found(text, code) -> None:
    assert find_us_state(text) == code


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Californa", ("California",)), ("Mississipi", ("Mississippi",)), ("Penn", ("Pennsylvania",)), ("Ontario", ()), ("ZZ", ())],
)
def test_a_misspelt_state_has_a_suggestion(text, meant) -> None:
    assert similar_us_states(text) == meant
