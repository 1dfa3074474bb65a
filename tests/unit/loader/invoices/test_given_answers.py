"""What answers beside some rows of a group mean, and those beside all of them."""

import pytest
from support.listed_rows import credit, invoice, loaded

from importer.domain.records import CaseRecord

FIRST, DISPUTED = invoice("K-1", "A1", "1000.00"), invoice("K-1", "A2", "50.00", Dispute="yes")
OFF = credit("K-1", "C1", "700.00")


def case_of(*rows):
    """The only case: its amount in hundredths, its answer and the codes of its questions."""
    (found,) = (one.case for one in loaded(rows) if isinstance(one.case, CaseRecord))
    return found.money.cents, found.answer, [one.code for one in found.questions]


def answered(row, answer):
    return row | {"#answer": answer, "#entry": "C1-ad74c8"}


@pytest.mark.parametrize("word", ["drop", "send"])
def test_an_answer_beside_all_rows_is_one_about_the_case(word):
    assert case_of(answered(FIRST, word), answered(DISPUTED, word)) == (105000, word, ["disputed"])


@pytest.mark.parametrize("word", ["drop", "same as C7-ad74c8"])
def test_drop_or_same_as_beside_some_rows_is_not_taken(word):
    assert case_of(FIRST, answered(DISPUTED, word)) == (105000, None, ["credits", "disputed"])
    assert case_of(answered(FIRST, word), OFF) == (30000, None, ["credits", "unassigned_credits"])
    assert case_of(answered(FIRST, "send"), answered(DISPUTED, word)) == (105000, None, ["credits", "disputed"])


def test_send_counts_for_the_case_unless_a_row_that_is_a_question_lacks_it():
    assert case_of(answered(FIRST, "send"), OFF)[:2] == (30000, "send")
    assert case_of(FIRST, answered(DISPUTED, "send"))[:2] == (105000, "send")
    assert case_of(answered(FIRST, "send"), DISPUTED) == (105000, None, ["credits", "disputed"])
