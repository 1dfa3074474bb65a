"""Files that are expected: whether they have come, by the ledger and by the holidays of a country."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from importer.domain.timestamps import to_timestamp
from importer.errors import ImporterError, SettingsError
from importer.ledger.queries.night_rows import Arrival
from importer.night_settings import ExpectSettings
from importer.notify.delivery import EXTRA
from importer.notify.state import ExpectationMark, NightState
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.environment import Environment

NEVER = "0"  # before every timestamp


def marks_now(
    environment: Environment, state: NightState, now: datetime, *, came_now: bool = False
) -> dict[str, ExpectationMark]:
    """Return the marks of the expected files as they are now, by profile.

    ``came_now``: a file has come that is not in the ledger, since it could not be read. Raises SettingsError.
    """
    expect, zone = environment.settings.expect, environment.settings.zone()
    is_free = holidays_of(expect)
    marks = {}
    for profile, rule in expect.rules().items():
        before = state.expected.get(profile, ExpectationMark())
        deadlines = rule.last_deadlines(now, zone, is_free)
        marks[profile] = before
        if deadlines is None or before.settled == to_timestamp(deadlines[0]):
            continue
        last, previous = map(to_timestamp, deadlines)
        arrived = _arrived(environment, max(before.used_until, previous), to_timestamp(now), profile)
        came = [*arrived, *([to_timestamp(now)] if came_now and not profile else [])]
        marks[profile] = mark_after(before, last, came, to_timestamp(now))
    return marks


def mark_after(before: ExpectationMark, deadline: str, came: Sequence[str], now: str) -> ExpectationMark:
    """Return the mark of an expected file at ``now``, when files ``came`` since the deadline before; all are timestamps.

    A file that comes late settles its deadline, and does not count for the next one.
    """
    if not came:
        return before if before.missing else replace(before, missing=deadline)
    was_late = min(came) > deadline
    return ExpectationMark(deadline, "", now if was_late else before.used_until)


def _arrived(environment: Environment, since: str, until: str, profile: str) -> list[str]:
    try:
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            found: list[Arrival] = queries.arrivals(since or NEVER)
    except ImporterError:  # there is no ledger yet, so that no file was imported
        return []
    return [one.at for one in found if one.at <= until and profile in {"", one.profile}]


def holidays_of(expect: ExpectSettings) -> Callable[[date], bool]:
    """Return a function that says whether a day is a public holiday of the settings' country.

    Raises SettingsError if the library is missing, or does not know the country.
    """
    if not expect.country:
        return lambda _: False
    try:
        import holidays
    except ImportError:
        raise SettingsError(f"country under [expect] needs the library holidays, which is not installed. {EXTRA}") from None
    country, _, region = expect.country.partition("-")
    try:
        found: Any = holidays.country_holidays(country, subdiv=region or None)
    except NotImplementedError:
        raise SettingsError(
            f'country = "{expect.country}" under [expect] is not known to the library holidays. '
            f'Write a code such as "DK" or "DE-BY".'
        ) from None
    return lambda day: day in found
