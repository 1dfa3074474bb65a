"""How the terminal renders the events of a sending; the acceptance tests look at a real terminal."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from tqdm import tqdm

from importer.cli.progress_view import _line_of, _show_on, progress_view
from importer.cli.terminal import TerminalConsole
from importer.dispatcher.pacing.forecast import Bottleneck, Forecast
from importer.dispatcher.pacing.rate_windows import Period
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.workspace.events import EntrySettled, Event, Resumed, Waiting

SETTLED = EntrySettled(RecordKind.CASE, State.ACCEPTED)
FORECAST = Forecast(1_000_000.0, 60.0, Bottleneck.DAY)
WAITING = Waiting("Debitura", Period.DAY, 3725.0, 1_000_000.0, is_first=True)


def again(waiting: Waiting) -> Waiting:
    return Waiting(waiting.api, waiting.period, waiting.seconds, waiting.until, is_first=False)


@pytest.mark.parametrize("event", [SETTLED, FORECAST, again(WAITING)])
def test_what_is_not_worth_a_line(event: Event) -> None:
    assert _line_of(event) is None


def test_a_wait_and_its_end_are_a_line_each() -> None:
    line = _line_of(WAITING) or ""
    assert line.startswith("Debitura's daily quota is used up. Sending goes on ")
    assert line.endswith(", in 1:02:05. Ctrl-C ends the run; `importer resume` goes on later.")
    asked = _line_of(Waiting("Debbie", None, 90.0, 1_000_000.0, is_first=True)) or ""
    assert asked.startswith("Debbie asked to wait. Sending goes on ")
    assert _line_of(Resumed()) == "Sending goes on."


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (FORECAST, "the daily quota is the bottleneck"),
        (WAITING, "Debitura's daily quota is used up; goes on in 1:02:05 ("),
        (again(WAITING), "Debitura's daily quota is used up; goes on in 1:02:05 ("),
    ],
)
def test_the_bar_shows_what_holds_it_up(event: Event, shown: str) -> None:
    with tqdm(total=3, disable=False, file=StringIO()) as bar:
        _show_on(bar, SETTLED)
        _show_on(bar, event)
        _show_on(bar, Resumed())
        assert bar.n == 1
        assert shown in (bar.postfix or "")


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """A console sets up the logs of the whole process."""
    yield
    structlog.reset_defaults()


def test_without_a_terminal_what_is_worth_a_line_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    console = TerminalConsole(quiet=False, verbose=0, yes=True)
    with console.progress(3):
        for event in (SETTLED, FORECAST, WAITING, again(WAITING), Resumed()):
            console.show(event)
    console.show(WAITING)  # outside of a sending nothing is shown
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    console = TerminalConsole(quiet=True, verbose=0, yes=True)
    with console.progress(3):
        console.show(WAITING)
    noted: list[str] = []
    with progress_view(3, noted.append, quiet=True) as show:
        show(SETTLED)
    assert (capsys.readouterr().err, noted) == ("", [])
