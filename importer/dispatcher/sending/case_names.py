"""Whether Debbie knows the cases by the name that ``debbie.case_id_from`` chooses.

Neither API documents how a case of Debitura is named at Debbie. So before the first voucher of a run goes out, its case is asked
for: with the wrong setting each voucher would be refused. A new case may take a while to become known, so that an unknown one
counts only after the settle time.
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

MOST_UNKNOWN = 3  # cases, all of them unknown, that show that the setting is wrong and not one case missing
LONGEST_PAUSE = 30.0  # seconds between two questions


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
    """What this run has learnt about the names of cases at Debbie. Times are seconds of the caller's clock."""

    case_id_from: str
    settle: timedelta
    state: Literal["unknown", "asking", "known"] = "unknown"
    ask_again_at: float = 0.0
    pause: float = 0.5
    unknown: frozenset[str] = frozenset()

    def must_wait(self, entry: SendableEntry) -> bool:
        """Return whether the voucher waits until the name of a case has been found at Debbie."""
        return self.state != "known" and not entry.target

    def may_ask(self, now: float) -> bool:
        """Return whether it is time to ask for a case."""
        return self.state == "unknown" and now >= self.ask_again_at

    def note(self, entry: SendableEntry, name: str, outcome: Outcome, now: datetime, seconds: float) -> Outcome:
        """Learn from the answer for one case. Returns the outcome, STOPPED if the setting is certainly wrong."""
        self.state = "known" if outcome.verdict is OutcomeKind.ACCEPTED else "unknown"
        if self.state == "known":
            return outcome
        self.ask_again_at = seconds + self.pause
        if outcome.verdict is not OutcomeKind.REFUSED:
            return outcome
        if is_young(entry, self.settle, now):
            self.pause = min(2 * self.pause, LONGEST_PAUSE)
            return replace(outcome, verdict=OutcomeKind.NOTHING)
        self.unknown |= {name}
        self.ask_again_at = seconds
        if len(self.unknown) < MOST_UNKNOWN:
            return replace(outcome, verdict=OutcomeKind.NOTHING)
        return self.wrong_setting()

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
