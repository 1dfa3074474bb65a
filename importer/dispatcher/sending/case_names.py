"""The check that Debbie has the cases under the ids that ``debbie.case_id_from`` chooses.

Neither API documents the id of a Debitura case at Debbie. With the wrong setting every voucher would be refused. Therefore the
case of the first voucher of a run is requested before that voucher is sent. Debbie may have a new case only after a while, so
a missing case counts only after the settle time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus as Http
from typing import Literal

from importer.dispatcher.apis.debbie import Debbie
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.domain.kinds import RecordKind
from importer.domain.timestamps import from_timestamp
from importer.errors import ApiStopped, QuotaReached
from importer.ledger.outbox.sendable import SendableEntry

MOST_UNKNOWN = 3  # cases that Debbie does not have, after which the setting is taken to be wrong
LONGEST_PAUSE = 10.0  # seconds between two questions
LONGEST_WAIT = 60.0  # seconds that a run waits for a new case to become known


def is_young(entry: SendableEntry, settle: timedelta, now: datetime) -> bool:
    """Return whether the voucher's case was accepted so recently that Debbie may not know it yet."""
    return entry.case_accepted_at is not None and now < from_timestamp(entry.case_accepted_at) + settle


def without_young_case(outcome: Outcome, entry: SendableEntry, settle: timedelta, now: datetime) -> Outcome:
    """Return the outcome, unless it is a 404 for a case that Debbie may not know yet: then nothing happened."""
    is_missing = entry.kind is RecordKind.VOUCHER and outcome.verdict is OutcomeKind.REFUSED and outcome.status == Http.NOT_FOUND
    if not is_missing or entry.target or not is_young(entry, settle, now):
        return outcome
    return replace(outcome, verdict=OutcomeKind.NOTHING, reasons=(), detail="Debbie does not know the case yet")


@dataclass
class CaseNames:
    """The results of this run's requests for cases at Debbie. Times are seconds of the caller's clock.

    ``state`` is ``known`` once a case was found. ``unknown`` are the ids of old cases that were not found. ``pause`` is the
    time in seconds before the next request, which begins at ``ask_again_at`` or later.
    """

    case_id_from: str
    settle: timedelta
    state: Literal["unknown", "asking", "known"] = "unknown"
    ask_again_at: float = 0.0
    pause: float = 0.5
    asked_since: float | None = None
    unknown: frozenset[str] = frozenset()

    def must_wait(self, entry: SendableEntry) -> bool:
        """Return whether the voucher waits until the name of a case has been found at Debbie."""
        return self.state != "known" and not entry.target

    def may_ask(self, now: float) -> bool:
        """Return whether it is time to ask for a case."""
        return self.state == "unknown" and now >= self.ask_again_at

    def note(self, entry: SendableEntry, name: str, outcome: Outcome, now: datetime, seconds: float) -> Outcome:
        """Record the outcome of a request for one case. Returns it, or STOPPED if the setting is certainly wrong.

        ``now`` is the present time, ``seconds`` that of the caller's clock.
        """
        self.state = "known" if outcome.verdict is OutcomeKind.ACCEPTED else "unknown"
        if self.state == "known":
            return outcome
        self.ask_again_at = seconds + self.pause
        if outcome.verdict is not OutcomeKind.REFUSED:
            return outcome
        if is_young(entry, self.settle, now):
            return self._wait(outcome, name, seconds)
        self.unknown |= {name}
        self.ask_again_at = seconds
        if len(self.unknown) < MOST_UNKNOWN:
            return replace(outcome, verdict=OutcomeKind.NOTHING)
        return self.wrong_setting()

    def _wait(self, outcome: Outcome, name: str, seconds: float) -> Outcome:
        """Ask again later, but leave the vouchers to the next run after ``LONGEST_WAIT`` seconds."""
        self.asked_since = seconds if self.asked_since is None else self.asked_since
        self.pause = min(2 * self.pause, LONGEST_PAUSE)
        if seconds - self.asked_since < LONGEST_WAIT:
            return replace(outcome, verdict=OutcomeKind.NOTHING)
        detail = (
            f"case {name} is not known by its {self.case_id_from} yet. If that lasts longer than settle_minutes, set "
            "debbie.case_id_from to the field of a Debitura case that names it at Debbie"
        )
        return Outcome(OutcomeKind.STOPPED, status=Http.NOT_FOUND, detail=detail)

    def wrong_setting(self) -> Outcome:
        """Return the outcome that stops the vouchers and names the setting."""
        named = ", ".join(sorted(self.unknown)[:MOST_UNKNOWN])
        detail = (
            f"no case is known by its {self.case_id_from} ({named}), so that no voucher was sent. Set debbie.case_id_from to the "
            "field of a Debitura case that names it at Debbie"
        )
        return Outcome(OutcomeKind.STOPPED, status=Http.NOT_FOUND, detail=detail)


async def ask_for_case(debbie: Debbie, name: str) -> Outcome:
    """Ask Debbie for a case: ACCEPTED if it is known, REFUSED if not."""
    try:
        known = await debbie.knows(name)
    except QuotaReached as error:
        return Outcome(OutcomeKind.THROTTLED, detail=str(error))
    except ApiStopped as error:
        return Outcome(OutcomeKind.STOPPED, detail=str(error).rstrip("."))
    return Outcome(OutcomeKind.ACCEPTED if known else OutcomeKind.REFUSED, status=Http.OK if known else Http.NOT_FOUND)
