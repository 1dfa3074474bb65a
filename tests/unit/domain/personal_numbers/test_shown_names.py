import pytest

from importer.domain.personal_numbers.names import shown_name, shown_names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("liste 010180-1234.csv", "liste 010180-xxxx.csv"),
        ("cpr_0101801234.xlsx", "cpr_010180xxxx.xlsx"),
        ("Jens 010180-1234", "Jens 010180-xxxx"),
        ("open items 2026-11-28.xlsx", "open items 2026-11-28.xlsx"),
    ],
)
def test_a_personal_number_in_a_name_is_masked(name, shown) -> None:
    assert shown_name(name) == shown


def test_names_that_would_be_shown_alike_stay_apart() -> None:
    names = ("010180-1234", "010180-5678", "010180-xxxx", "Cases")
    assert shown_names(names) == {
        "010180-1234": "010180-xxxx (2)",
        "010180-5678": "010180-xxxx (3)",
        "010180-xxxx": "010180-xxxx",
        "Cases": "Cases",
    }
