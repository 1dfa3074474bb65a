"""Whether a scan of Debitura's list proves that a case is absent. Pure.

A list may hide new cases for a while, leave some out, or date them wrongly. So absence is believed only if the same scan shows
what must be there: the cases of that time that this ledger knows to exist, with the ids, dates and values that were sent, and as
many cases as the list says that there are. See docs/decisions/absence.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from importer.dispatcher.reconcile.case_list import Scan
from importer.dispatcher.reconcile.matching import Remote, is_test_case, traits_sent
from importer.domain.remote_ids import remote_key
from importer.domain.timestamps import from_timestamp
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, Clock
from importer.ledger.outbox.doubts import AcceptedCase

LATEST_READING = timedelta(hours=36)
"""The most by which a date is read too late: one without a time is read as its end, one without a zone as the latest zone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A scan with the accepted cases of its time. ``without_controls`` accepts a scan for which there is no such case."""

    scan: Scan
    controls: Sequence[AcceptedCase]
    clock: Clock
    without_controls: bool = False

    def lack(self, *, is_test: bool, also_found: bool) -> str | None:
        """Describe why the scan does not prove that a case is absent; None if it does.

        ``is_test``: the case is a test case, which the list may treat differently from others. ``also_found``: the scan has
        shown another case that this ledger sent at that time.
        """
        if self.scan.problem:
            return self.scan.problem
        controls = [control for control in self.controls if is_test_case(control.payload) is is_test]
        if not (controls or also_found or self.without_controls):
            kind = "test case" if is_test else "case"
            return f"it shows no {kind} of that time that is known to exist, because none was accepted then"
        listed = {remote_key(case.id): case for case in self.scan.cases}
        return next((text for control in controls if (text := _difference(control, listed, self.clock))), None)


def _difference(control: AcceptedCase, listed: Mapping[str, Remote], clock: Clock) -> str | None:
    """Describe how the list differs from what is known about an accepted case; None if it does not."""
    found = listed.get(remote_key(control.remote_id))
    if found is None:
        return f"it does not show case {control.name}, which it must show"
    sent, accepted = from_timestamp(control.first_sent_at), from_timestamp(control.accepted_at)
    if not clock.earliest(sent) - CLOCK_MARGIN <= found.created <= clock.latest_reading(accepted) + LATEST_READING:
        return f"it dates case {control.name} at a time at which it was not created"
    if found.traits != traits_sent(control.payload):
        return f"it shows case {control.name} with another reference, debtor, amount or currency than was sent"
    if found.is_test is not is_test_case(control.payload):
        return f"it does not say of case {control.name} whether it is a test case, as it was sent"
    return None
