"""Whether a scan of Debitura's list proves that a case is absent. Pure.

A list may hide new cases for a while, leave some out, or date them wrongly. So absence is believed only if the same scan shows
what must be there: the cases of that time that this ledger knows to exist, with the ids, dates and values that were sent, and as
many cases as the list says that there are. See docs/decisions/absence.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from importer.dispatcher.reconcile.case_list import Scan
from importer.dispatcher.reconcile.matching import Remote, is_test_case, traits_sent
from importer.domain.remote_ids import remote_key
from importer.domain.timestamps import from_timestamp
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, ClockSkew
from importer.ledger.outbox.doubts import AcceptedCase

LATEST_READING = timedelta(hours=36)
"""The most by which a date is read too late: one without a time is read as its end, one without a zone as the latest zone."""


@dataclass(frozen=True)
class Evidence:
    """A scan with the accepted cases of its time.

    The list must show the ``controls``. It need not show the ``recent`` ones yet, which were accepted less than the settle time
    ago, but one that it does show is a control too. ``without_controls`` accepts a scan for which there is no such case.
    """

    scan: Scan
    controls: Sequence[AcceptedCase]
    recent: Sequence[AcceptedCase]
    clock: ClockSkew
    without_controls: bool = False

    def lack(self, *, is_test: bool, also_found: bool) -> str | None:
        """Describe why the scan does not prove that a case is absent; None if it does.

        ``is_test``: the case is a test case, which the list may treat differently from others. ``also_found``: the scan has
        shown another case that this ledger sent at that time.
        """
        if self.scan.problem:
            return self.scan.problem
        differences = [self._difference(control) for control in self.controls if is_test_case(control.payload) is is_test]
        if not (differences or also_found or self.without_controls or self._shows_recent(is_test=is_test)):
            kind = "test case" if is_test else "case"
            return f"it shows no {kind} of that time that is known to exist, because none was accepted then"
        return next(filter(None, differences), None)

    def confirms_ids(self, *, is_test: bool) -> bool:
        """Return whether the list shows a case that is known to exist under its id, or there is none that it must show.

        Otherwise its ids are others than those of the responses, and none of them may be taken over.
        """
        controls = [control for control in self.controls if is_test_case(control.payload) is is_test]
        shown = ((control, self._listed.get(remote_key(control.remote_id))) for control in (*controls, *self.recent))
        agreeing = any(found is not None and found.traits == traits_sent(control.payload) for control, found in shown)
        return agreeing or not controls

    def _shows_recent(self, *, is_test: bool) -> bool:
        recent = (case for case in self.recent if is_test_case(case.payload) is is_test)
        return any(self._difference(case) is None for case in recent)

    def _difference(self, case: AcceptedCase) -> str | None:
        return _difference(case, self._listed, self.clock)

    @cached_property
    def _listed(self) -> dict[str, Remote]:
        return {remote_key(case.id): case for case in self.scan.cases}


def _difference(control: AcceptedCase, listed: Mapping[str, Remote], clock: ClockSkew) -> str | None:
    """Describe how the list differs from what is known about an accepted case; None if it does not."""
    found = listed.get(remote_key(control.remote_id))
    if found is None:
        return f"it does not show case {control.name}, which it must show"
    sent, accepted = from_timestamp(control.first_sent_at), from_timestamp(control.accepted_at)
    if not clock.earliest(sent) - CLOCK_MARGIN <= found.created <= clock.latest_reading(accepted) + LATEST_READING:
        return f"it gives case {control.name} a wrong date of creation"
    if found.traits != traits_sent(control.payload):
        return f"it shows case {control.name} with another reference, debtor, amount or currency than was sent"
    if found.is_test is not is_test_case(control.payload):
        return f"it does not say of case {control.name} whether it is a test case, as it was sent"
    return None
