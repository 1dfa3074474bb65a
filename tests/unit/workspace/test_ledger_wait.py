"""Waiting for a ledger that another command holds."""

import pytest

from importer.errors import LedgerHeld
from importer.workspace import ledger_wait
from importer.workspace.ledger_wait import open_when_free


class Door:
    """A ledger that another command holds for some tries."""

    def __init__(self, tries: int) -> None:
        self.tries = tries

    def __call__(self):
        self.tries -= 1
        if self.tries >= 0:
            raise LedgerHeld("Held by process 12.")
        return "ledger"


@pytest.fixture
def clock(monkeypatch):
    """A clock that only sleeping moves."""
    times = [0.0]
    monkeypatch.setattr(ledger_wait, "monotonic", lambda: times[0])
    monkeypatch.setattr(ledger_wait, "sleep", lambda seconds: times.__setitem__(0, times[0] + seconds))
    return times


def test_a_run_waits_and_says_so_once(clock):
    said = []
    assert open_when_free(Door(100), 900, said.append) == "ledger"
    assert said == ["Held by process 12. This run then begins. Ctrl-C ends it now."]
    assert clock[0] == 25


@pytest.mark.parametrize(("seconds", "note", "waited"), [(900, print, 900), (900, None, 5), (2, None, 2), (0, print, 0)])
def test_the_wait_ends(clock, seconds, note, waited):
    with pytest.raises(LedgerHeld):
        open_when_free(Door(10_000), seconds, note)
    assert clock[0] == waited
