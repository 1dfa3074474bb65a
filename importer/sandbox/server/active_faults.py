"""The fault plan in force, with the requests that it has counted and the effects that last until it is replaced."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from importer.sandbox.fault_plan import Endpoint, Fault, FaultKind, FaultPlan

if TYPE_CHECKING:
    from collections.abc import Callable


class ActiveFaults:
    """A counter of requests that decides their faults. Other threads may read ``requests`` and ``faulted``."""

    def __init__(self, plan: FaultPlan, go_down: Callable[[float], None]) -> None:
        self.requests: Counter[str] = Counter()
        self.faulted: Counter[str] = Counter()
        self.go_down = go_down
        """Refuse new connections for some seconds."""
        self.replace(plan)

    def replace(self, plan: FaultPlan) -> None:
        """Put another plan in force; counting starts again, and credentials revoked by the old one work again."""
        self.plan = plan
        self.revoked: set[tuple[bool, str]] = set()
        self._counts: Counter[Endpoint] = Counter()
        self._foreign_left = plan.foreign_cases

    def of_connection(self) -> Fault | None:
        """Decide what happens to a connection that was just accepted."""
        return self._decide(Endpoint.CONNECTIONS, Endpoint.CONNECTIONS)

    def of_request(self, endpoint: Endpoint) -> Fault | None:
        """Decide what happens to a request that was just received."""
        return self._decide(endpoint, endpoint, Endpoint.ANY)

    def late_seconds(self, fault: Fault | None) -> float:
        """Return the seconds for which the case of the newest POST is missing from the list."""
        if fault is not None and fault.kind is FaultKind.LATE_LIST and fault.seconds:
            return fault.seconds
        if not self.plan.listed_late(self._counts[Endpoint.CASES]):
            return 0.0
        self.faulted[FaultKind.LATE_LIST] += 1
        return self.plan.late_seconds

    def next_foreign_case(self) -> int | None:
        """Return the number of the next case of another client, or None if there have been enough."""
        if not self._foreign_left:
            return None
        self._foreign_left -= 1
        return self._foreign_left

    def _decide(self, endpoint: Endpoint, *counted_as: Endpoint) -> Fault | None:
        self.requests[endpoint] += 1
        fault = None
        for name in counted_as:
            self._counts[name] += 1
            fault = fault or self.plan.decide(name, self._counts[name])
        if fault is not None:
            self.faulted[fault.kind] += 1
            if fault.kind is FaultKind.REFUSE:
                self.go_down(fault.seconds)
        return fault
