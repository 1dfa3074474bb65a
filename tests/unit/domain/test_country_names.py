"""Countries as systems write them: in their own language, as parts, with a code beside the name."""

from __future__ import annotations

import pytest

from importer.domain.code_lists import find_country
from importer.domain.country_names import OWN_NAMES


@pytest.mark.parametrize(("name", "code"), OWN_NAMES.items())
def test_every_name_is_found(name, code) -> None:
    assert find_country(name) == code
    assert find_country(f" {name.upper()} ") == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            ("DE - Germany", "DE"),
            ("Deutschland (DE)", "DE"),
            ("DE-Deutschland", "DE"),
            ("DK, Danmark", "DK"),
            ("Schweiz (CH)", "CH"),
        ),
        *(
            ("AU - Austria", None),
            ("D-12345", None),
            ("DE-12345", None),
            ("DE-BY", None),
            ("D", None),
            ("45", None),
            ("SU", None),
        ),
        *(("Guinea-Bissau", "GW"), ("NI", "NI"), ("NA", "NA"), ("Korea", None)),
    ],
)
def test_a_code_beside_a_name_counts_if_both_agree(text, code) -> None:
    assert find_country(text) == code
