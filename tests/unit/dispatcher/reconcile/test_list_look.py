"""How far the list is read, decided page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from importer.dispatcher.reconcile.list_look import _Limit, _Reading

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTLE = timedelta(minutes=15)
FIRST_LOOK = _Limit(SETTLE, trusts_known=True)
NEW_LEDGER = _Limit(SETTLE, trusts_known=False)


def at(minutes):
    return NOW - timedelta(minutes=minutes)


def listed(name, minutes):
    return {"id": name, "dateCreated": at(minutes).isoformat()}


def read(limit, *pages, known=(), total=None, count=None):
    """Read the pages as far as the rule wants. Returns the number of pages, the unknown cases, and what is wrong."""
    reading = _Reading(limit, NOW, lambda _: None)
    about = {"totalResults": total, "totalPages": len(pages) if count is None else count}
    number = 0
    while number < len(pages):
        page, number = pages[number], number + 1
        if not reading.add(page, about, {case["id"] for case in page} & set(known)):
            break
    return number, sorted(reading.unknown), reading.problem


def later(last_seen_minutes, expected):
    return _Limit(SETTLE, trusts_known=True, last_seen=at(last_seen_minutes), expected=expected)


def test_one_page_of_known_cases_is_enough():
    pages = [listed("own1", 1), listed("own2", 2)], [listed("x", 3)]
    assert read(FIRST_LOOK, *pages, known={"own1", "own2"}, total=3) == (1, [], None)


def test_a_page_with_another_case_is_not_the_last():
    pages = [listed("own1", 1), listed("x", 2)], [listed("own2", 3)], [listed("y", 4)]
    assert read(FIRST_LOOK, *pages, known={"own1", "own2"}, total=4) == (2, ["x"], None)


def test_unknown_cases_that_are_older_than_the_settle_time_end_the_reading():
    within, beyond = [listed("own", 1), listed("x", 15)], [listed("own", 1), listed("x", 17)]
    assert read(FIRST_LOOK, within, [listed("y", 30)], known={"own"}, total=3)[0] == 2
    assert read(FIRST_LOOK, beyond, [listed("y", 30)], known={"own"}, total=3) == (1, ["x"], None)


def test_a_new_ledger_reads_to_the_end_whatever_it_knows():
    pages = [listed("own", 1)], [listed("x", 1000)], [listed("y", 100_000)]
    assert read(NEW_LEDGER, *pages, known={"own"}, total=3) == (3, ["x", "y"], None)


def test_a_new_ledger_reads_no_further_than_it_is_to_look_back():
    limit = _Limit(SETTLE, trusts_known=False, back_to=at(500))
    pages = [listed("x", 400)], [listed("y", 600)], [listed("z", 700)]
    assert read(limit, *pages, total=3) == (2, ["x", "y"], None)


def test_a_total_that_does_not_add_up_sends_the_reading_on_until_it_does_or_to_the_last_look():
    pages = [listed("own1", 1)], [listed("x", 50)], [listed("own2", 60)], [listed("y", 70)], [listed("own3", 200)]
    known = {"own1", "own2", "own3"}
    assert read(later(100, expected=3), *pages, known=known, total=5) == (4, ["x", "y"], None)
    assert read(later(100, expected=5), *pages, known=known, total=5)[0] == 1
    assert read(later(20, expected=3), *pages, known=known, total=6)[0] == 2  # another one is missing, but was there before


def test_an_unsorted_list_is_read_to_its_end():
    pages = [listed("own1", 50), listed("own2", 1)], [listed("x", 3)]
    assert read(FIRST_LOOK, *pages, known={"own1", "own2"}, total=3) == (2, ["x"], None)


def test_a_known_case_with_an_impossible_date_makes_no_other_one_old():
    odd = {"id": "own", "dateCreated": "2999-01-01T00:00:00Z"}
    assert read(FIRST_LOOK, [odd, listed("x", 5)], [listed("y", 6)], known={"own"}, total=3) == (2, ["x", "y"], None)


@pytest.mark.parametrize("date", [None, "soon", ...])
def test_a_case_without_a_readable_date_is_not_old(date):
    odd = {"id": "x", "dateCreated": date} if date is not ... else {"id": "x"}
    assert read(FIRST_LOOK, [odd, listed("own", 5)], [listed("own2", 6)], known={"own", "own2"}, total=3)[1] == ["x"]


def test_a_list_that_shows_fewer_cases_than_it_counts_is_not_read():
    assert read(NEW_LEDGER, [listed("x", 1)], total=2)[2] == "it says that there are 2 cases, and shows 1"
    assert read(NEW_LEDGER, [listed("x", 1)], total=1)[2] is None
    assert read(NEW_LEDGER, [listed("x", 1)], total="many")[2] is None


def test_a_list_that_shrinks_while_it_is_read_is_not_read():
    reading = _Reading(NEW_LEDGER, NOW, lambda _: None)
    assert reading.add([listed("x", 1)], {"totalResults": 3, "totalPages": 3}, set())
    assert not reading.add([listed("y", 2)], {"totalResults": 2, "totalPages": 2}, set())
    assert reading.problem == "cases disappeared from it while it was read"


def test_a_list_without_an_end_is_given_up():
    pages = ([listed(f"x{number}", number)] for number in range(1000))
    assert read(NEW_LEDGER, *pages, total=3, count=10**6)[2] == "it has more pages than cases"


def test_a_page_with_nothing_new_is_the_end():
    assert read(NEW_LEDGER, [listed("x", 1)], [listed("x", 1)], [listed("y", 2)], total=1, count=9) == (2, ["x"], None)
