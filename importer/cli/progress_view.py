"""Show the progress of sending: as a bar in a terminal, as lines when stderr is redirected."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Never

from tqdm import tqdm

from importer.dispatcher.pacing.forecast import Forecast
from importer.dispatcher.pacing.local_time import countdown
from importer.workspace.events import EntriesAdded, EntrySettled, Event, Resumed, Waiting, forecast_text, until_text, waiting_text

# The postfix comes before the rest: a line that is too long for the terminal loses its end. tqdm's own estimate of the time
# left is not shown: it does not know the quotas, and would contradict the forecast.
_BAR = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix} [{elapsed}, {rate_fmt}]"


@contextmanager
def progress_view(total: int, note: Callable[[str], None], *, quiet: bool) -> Iterator[Callable[[Event], None]]:
    """Yield a function that renders events; ``note`` prints a line when stderr is redirected."""
    disable = True if quiet else None  # None: no bar without a terminal
    with tqdm(
        total=total, unit="entry", disable=disable, file=sys.stderr, bar_format=_BAR, dynamic_ncols=True, mininterval=0.2
    ) as bar:

        def show(event: Event) -> None:
            if not bar.disable:
                _show_on(bar, event)
            elif line := _line_of(event):
                note(line)

        yield show


def _show_on(bar: tqdm[Never], event: Event) -> None:
    match event:
        case EntrySettled():
            bar.update(1)
        case EntriesAdded():
            bar.total = (bar.total or 0) + event.count
        case Forecast():
            bar.set_postfix_str(forecast_text(event))
        case Waiting():
            bar.set_postfix_str(f"{waiting_text(event)}; goes on in {countdown(event.seconds)} ({until_text(event)})")


def _line_of(event: Event) -> str | None:
    match event:
        case Waiting(is_first=True):
            goes_on = f"Sending goes on {until_text(event)}, in {countdown(event.seconds)}"
            return f"{waiting_text(event)}. {goes_on}. Ctrl-C ends the run; `importer resume` goes on later."
        case Resumed():
            return "Sending goes on."
        case EntriesAdded():
            return f"{event.count:,} more entries, which other runs have handed over, are sent too."
    return None
