"""The rules of what is unusual about a file, each with its figures in the message."""

from __future__ import annotations

import pytest

from importer.domain.kinds import RecordKind
from importer.domain.unusual import FEWEST_FILES, FileFigures, Rule, unusual


def figures(
    cases: int = 10, cents: int = 100_000, largest: int = 20_000, left_out: int = 0, currency: str = "DKK"
) -> FileFigures:
    kind = RecordKind.CASE
    return FileFigures({kind: cases}, {kind: {currency: cents}}, {currency: largest}, cases + left_out, left_out)


USUAL = (figures(),) * 5


def rules(file: FileFigures, earlier=USUAL, **more: object) -> list[Rule]:
    return [one.rule for one in unusual(file, earlier, **more)]


def messages(file: FileFigures, earlier=USUAL, **more: object) -> list[str]:
    return [one.message for one in unusual(file, earlier, **more)]


def test_a_file_like_the_others_is_usual() -> None:
    assert rules(figures()) == []
    assert rules(figures(cases=15, cents=150_000, largest=199_999)) == []  # exactly half as much again is not more


def test_more_rows_than_usual() -> None:
    assert messages(figures(cases=16)) == ["16 cases would be sent. The median of the last 5 files is 10."]


def test_the_median_of_an_even_number_of_files_may_be_a_half() -> None:
    earlier = [figures(cases=rows) for rows in (1, 2, 3, 4)]
    assert messages(figures(cases=4), earlier) == ["4 cases would be sent. The median of the last 4 files is 2.5."]


def test_more_money_than_usual() -> None:
    (message,) = messages(figures(cents=150_001))
    assert message == "cases for DKK 1,500.01 would be sent. The median of the last 5 files is 1,000.00."


def test_a_currency_that_no_earlier_file_had() -> None:
    assert rules(figures(currency="EUR")) == [Rule.MONEY]


def test_credits_are_no_money_to_be_wary_of() -> None:
    vouchers = FileFigures({RecordKind.VOUCHER: 1}, {RecordKind.VOUCHER: {"DKK": -500}}, {}, 1)
    assert rules(vouchers, (vouchers,) * 5) == []


def test_a_claim_ten_times_the_largest_so_far() -> None:
    assert messages(figures(largest=200_000)) == [
        "The largest claim is DKK 2,000.00. The largest one of the last 5 files was 200.00."
    ]


def test_a_new_creditor() -> None:
    assert messages(figures(), new_creditors=["Alfa"]) == ["Nothing was sent before for the creditor Alfa."]
    (several,) = messages(figures(), new_creditors=list("ABCDEFG"))
    assert several == "Nothing was sent before for 7 of the creditors: A, B, C, D, E, …."


@pytest.mark.parametrize(("before", "now", "is_unusual"), [(1, 3, True), (1, 1, False), (0, 1, True), (0, 0, False)])
def test_a_share_of_left_out_rows(before, now, is_unusual) -> None:
    found = rules(figures(left_out=now), (figures(left_out=before),) * 5)
    assert found == ([Rule.LEFT_OUT_SHARE] if is_unusual else [])


def test_a_few_left_out_rows_are_usual_where_there_were_none() -> None:
    assert rules(figures(cases=99, left_out=1), (figures(cases=99),) * 5) == []


def test_the_figures_of_left_out_rows() -> None:
    (message,) = messages(figures(left_out=10), (figures(left_out=1),) * 5)
    assert message == "10 of 20 rows (50.0%) are left out. The median of the last 5 files is 9.1%."


def test_a_file_that_is_left_out_whole() -> None:
    file = FileFigures(all_rows=4, left_out=4)
    assert messages(file) == ["All 4 rows of the file are left out; nothing of it is sent."]


def test_the_first_files_of_a_profile_are_new_until_a_person_has_approved_one() -> None:
    for files in range(FEWEST_FILES):
        assert rules(figures(cases=999), USUAL[:files]) == [Rule.NEW_PROFILE]
        assert rules(figures(cases=999), USUAL[:files], is_confirmed=True) == []
    assert rules(figures(cases=999), USUAL[:FEWEST_FILES], is_confirmed=True) == [Rule.ROWS]


def test_a_file_of_which_nothing_is_sent_is_not_new() -> None:
    assert rules(FileFigures(all_rows=3), ()) == []


def test_at_most_ten_files_are_compared() -> None:
    assert rules(figures(cases=100), [figures(cases=100)] * 10 + [figures(cases=1)] * 90) == []
