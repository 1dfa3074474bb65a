"""Who may approve under four eyes: names of one person, however a terminal and a login write them."""

from __future__ import annotations

import pytest

from importer.domain.batches import NOBODY, Person
from importer.workspace.person import is_same_name, objection_to_approver

ANN = Person("ann", "laptop", 1001)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("ann", "Ann", True),
        ("ann", " ann ", True),
        ("ann", "ann@example.com", True),
        ("ann", r"EXAMPLE\ann", True),
        (r"EXAMPLE\Ann", "ann@example.com", True),  # two kinds of domains cannot be compared
        ("ａｎｎ", "ann", True),
        ("ann@a.example", "ann@b.example", False),
        (r"A\ann", r"B\ann", False),
        ("ann", "bob@ann", False),
        ("ann", "anne", False),
        (r"ann\bob", "ann", False),
    ],
)
def test_names_of_one_person(one, other, is_same):
    assert is_same_name(one, other) is is_same_name(other, one) is is_same


def test_who_has_staged_a_batch_may_not_approve_it_under_another_name():
    assert objection_to_approver(ANN, ANN) == "ann has staged it"
    assert objection_to_approver(Person("ann@example.com", "server"), ANN) == "ann has staged it, who may be ann@example.com"
    assert objection_to_approver(Person("bob@example.com", "server"), ANN) is None


def test_users_of_the_system_and_of_nobody_may_not_approve():
    assert "user of the system" in (objection_to_approver(Person("root", "laptop", 0), ANN) or "")
    assert "no name" in (objection_to_approver(Person(NOBODY.name, "laptop", 1002), ANN) or "")
