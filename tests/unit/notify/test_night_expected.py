from datetime import date

import pytest

from importer.errors import SettingsError
from importer.night_settings import ExpectSettings
from importer.notify.expected import holidays_of, mark_after
from importer.notify.state import ExpectationMark

MON, TUE, WED = (f"2026-03-0{day}T02:00:00.000000Z" for day in (2, 3, 4))


def at(timestamp, clock):
    return f"{timestamp[:11]}{clock}:00.000000Z"


TABLE = {
    "in time": (ExpectationMark(), TUE, [at(TUE, "01:00")], at(TUE, "03:00"), ExpectationMark(TUE)),
    "in time, before the night of a late run": (
        ExpectationMark(MON),
        TUE,
        [at(MON, "20:00")],
        at(TUE, "03:00"),
        ExpectationMark(TUE),
    ),
    "it did not come": (ExpectationMark(MON), TUE, [], at(TUE, "03:00"), ExpectationMark(MON, missing=TUE)),
    "it still did not come": (ExpectationMark(MON, TUE), WED, [], at(WED, "03:00"), ExpectationMark(MON, TUE)),
    "it came late": (
        ExpectationMark(MON, TUE),
        TUE,
        [at(TUE, "09:00")],
        at(TUE, "09:01"),
        ExpectationMark(TUE, used_until=at(TUE, "09:01")),
    ),
    "it came a day late": (ExpectationMark(MON, TUE), WED, [at(TUE, "09:00")], at(WED, "03:00"), ExpectationMark(WED)),
    "the run itself begins after the deadline": (
        ExpectationMark(MON),
        TUE,
        [at(TUE, "02:30"), at(TUE, "02:31")],
        at(TUE, "02:35"),
        ExpectationMark(TUE, used_until=at(TUE, "02:35")),
    ),
}


@pytest.mark.parametrize(("before", "deadline", "came", "now", "after"), TABLE.values(), ids=TABLE)
def test_the_mark_of_an_expected_file(before, deadline, came, now, after):
    assert mark_after(before, deadline, came, now) == after


def test_public_holidays():
    danish = holidays_of(ExpectSettings(country="DK"))
    assert [danish(date(2026, 4, day)) for day in (2, 3, 4, 6, 7)] == [True, True, False, True, False]
    bavarian, of_berlin = (holidays_of(ExpectSettings(country=f"DE-{region}")) for region in ("BY", "BE"))
    assert (bavarian(date(2026, 1, 6)), of_berlin(date(2026, 1, 6))) == (True, False)
    assert not holidays_of(ExpectSettings())(date(2026, 12, 25))


@pytest.mark.parametrize("country", ["QQ", "DK-XX"])
def test_a_country_that_the_library_does_not_know(country):
    with pytest.raises(SettingsError, match="is not known to the library holidays"):
        holidays_of(ExpectSettings(country=country))
