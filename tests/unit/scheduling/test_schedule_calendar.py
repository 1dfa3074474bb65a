"""When a schedule runs: how times are written, the next one, and what the clocks do to it."""

import shutil
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from time import tzset
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.scheduling.calendar import EVERY_DAY, Calendar, clock_changes, is_clock_of_machine, parse
from importer.scheduling.crontab import fields
from importer.scheduling.systemd import on_calendar

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
CALENDARS = st.builds(
    Calendar,
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    st.sets(st.times().map(lambda one: time(one.hour, one.minute)), min_size=1, max_size=3).map(lambda one: tuple(sorted(one))),
)


@pytest.mark.parametrize(
    ("text", "days", "times"),
    [
        ("Mon..Fri 03:30", (0, 1, 2, 3, 4), ["03:30"]),
        ("mon,thu 06:15", (0, 3), ["06:15"]),
        ("Sat..Mon 23:59", (0, 5, 6), ["23:59"]),
        ("Mon,Wed..Fri 06:15, 18:00", (0, 2, 3, 4), ["06:15", "18:00"]),
        ("03:30,03:30", EVERY_DAY, ["03:30"]),
    ],
)
def test_times_are_written_as_days_and_a_clock(text, days, times):
    assert parse(text) == Calendar(days, tuple(time.fromisoformat(one) for one in times))


@pytest.mark.parametrize("text", ["", "daily", "Mon", "3:30", "25:00", "12:60", "Mon..Wed..Fri 03:30", "Mo 03:30", "Mon.. 03:30"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r'write it as "Mon\.\.Fri 03:30"'):
        parse(text)


def test_the_next_time_is_by_the_clock_of_the_zone():
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert parse("Mon..Fri 03:30").after(friday, COPENHAGEN) == datetime(2026, 11, 30, 2, 30, tzinfo=UTC)
    assert parse("13:00").after(friday, COPENHAGEN) == datetime(2026, 11, 28, 12, tzinfo=UTC)  # not the moment itself


def test_a_time_that_the_clock_leaves_out_is_passed_over_and_of_two_the_first_counts():
    assert parse("Sun 02:30").after(datetime(2027, 3, 27, tzinfo=UTC), COPENHAGEN) == datetime(2027, 4, 4, 0, 30, tzinfo=UTC)
    assert parse("02:30").after(datetime(2026, 10, 24, 12, tzinfo=UTC), COPENHAGEN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_times_when_the_clocks_change_are_named():
    (found,) = clock_changes([parse("Mon..Fri 02:30"), parse("03:30")], COPENHAGEN, date(2026, 11, 27))
    assert found.startswith("02:30 does not exist on 2027-03-28 and exists twice on 2027-10-31")
    assert "03:30 or later" in found
    assert clock_changes([parse("02:30")], ZoneInfo("UTC"), date(2026, 11, 27)) == []


def test_the_clock_of_the_machine_is_compared_through_the_year(monkeypatch):
    today = date(2026, 11, 27)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    tzset()
    try:
        assert is_clock_of_machine(COPENHAGEN, today)
        assert not is_clock_of_machine(ZoneInfo("Africa/Lagos"), today)  # the same in winter
        assert parse("03:30").after(datetime(2026, 7, 1, tzinfo=UTC), None) == datetime(2026, 7, 1, 1, 30, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        tzset()


@given(CALENDARS)
def test_the_fields_of_cron_are_those_days_and_times(calendar):
    found = set()
    for line in fields(calendar):
        minute, hour, day, month, weekdays = line.split()
        assert (day, month) == ("*", "*")
        days = range(7) if weekdays == "*" else [(int(one) - 1) % 7 for one in weekdays.split(",")]
        found |= {(one, time(int(hour), int(minute))) for one in days}
    assert found == {(day, one) for day in calendar.days for one in calendar.times}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@settings(max_examples=15, deadline=None)
@given(CALENDARS, st.datetimes(datetime(2026, 3, 1), datetime(2027, 11, 30)), st.sampled_from([None, "Europe/Copenhagen"]))  # noqa: DTZ001
def test_systemd_computes_the_same_next_time(calendar, moment, zone):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    base = f"--base-time={moment:%Y-%m-%d %H:%M:%S} UTC"
    texts = on_calendar(calendar, zone or "UTC")
    command = ["systemd-analyze", "calendar", base, *texts]
    ended = subprocess.run(command, env={"TZ": "UTC", "LC_ALL": "C"}, capture_output=True, text=True, check=True)
    shown = [line.split(": ")[1] for line in ended.stdout.splitlines() if "Next elapse" in line]
    found = [datetime.strptime(one, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC) for one in shown]
    assert len(found) == len(texts)
    expected = calendar.after(moment - timedelta(seconds=1), ZoneInfo(zone or "UTC"))
    assert min(found) in {expected, calendar.after(moment, ZoneInfo(zone or "UTC"))}
