from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from importer.domain.expected_files import ADVICE, ExpectedFiles

ZONE = ZoneInfo("Europe/Copenhagen")
WORKING_DAYS = frozenset(range(5))


@pytest.mark.parametrize(
    ("text", "days", "by"),
    [
        ("Mon..Fri by 03:00", WORKING_DAYS, time(3)),
        (" mon..fri  BY 3:00 ", WORKING_DAYS, time(3)),
        ("Mon,Thu by 06:30", {0, 3}, time(6, 30)),
        ("Sat..Mon, Wed by 23:59", {5, 6, 0, 2}, time(23, 59)),
        ("Sun by 00:00", {6}, time(0)),
        ("Mon..Sun by 12:00", set(range(7)), time(12)),
    ],
)
def test_a_rule_is_read(text, days, by):
    assert ExpectedFiles.parse(text) == ExpectedFiles(frozenset(days), by)


@pytest.mark.parametrize(
    "text", ["", "daily", "Mon..Fri", "by 03:00", "Mon..Fry by 03:00", "Mon by 24:00", "Mon by 3:60", "Mon..by 1:00"]
)
def test_what_is_no_rule_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r'as in "Mon\.\.Fri by 03:00"') as refused:
        ExpectedFiles.parse(text)
    assert str(refused.value) == ADVICE


@pytest.mark.parametrize(
    ("now", "last", "before"),
    [
        (datetime(2026, 3, 3, 3, 0, tzinfo=ZONE), "2026-03-03", "2026-03-02"),
        (datetime(2026, 3, 3, 2, 59, tzinfo=ZONE), "2026-03-02", "2026-02-27"),
        (datetime(2026, 3, 8, 12, 0, tzinfo=ZONE), "2026-03-06", "2026-03-05"),  # a Sunday
        (datetime(2026, 3, 3, 2, 0, tzinfo=UTC), "2026-03-03", "2026-03-02"),  # 03:00 in Copenhagen
        (datetime(2026, 3, 30, 1, 0, tzinfo=UTC), "2026-03-30", "2026-03-27"),  # the first day of summer time
        (datetime(2026, 4, 7, 8, 0, tzinfo=ZONE), "2026-04-07", "2026-04-02"),  # Good Friday and Easter Monday are free
    ],
)
def test_the_last_two_deadlines(now, last, before):
    free = {date(2026, 4, 3), date(2026, 4, 6)}
    found = ExpectedFiles(WORKING_DAYS, time(3)).last_deadlines(now, ZONE, free.__contains__)
    assert found == tuple(datetime.combine(date.fromisoformat(day), time(3), ZONE) for day in (last, before))


def test_there_is_no_deadline_where_every_day_is_free():
    assert ExpectedFiles(WORKING_DAYS, time(3)).last_deadlines(datetime(2026, 3, 3, 4, tzinfo=ZONE), ZONE, lambda _: True) is None
