"""What is reported after a night: one pure function of what was known before, and of what the night has shown.

A trouble is reported when it begins, when there is something new about it, and once when it is over; never for each run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from importer.domain.states import RowStatus
from importer.domain.timestamps import to_timestamp
from importer.errors import ExitCode
from importer.notify import wording
from importer.notify.figures import TO_CORRECT, UNSETTLED, BatchFigures, LedgerFigures
from importer.notify.refused import FileNews, still_refused
from importer.notify.state import BatchMark, ExpectationMark, Message, NightState, Trouble
from importer.notify.sums import NOTHING, Sums

MOST_MARKS = 200
"""The batches that are followed at most, the newest of those that are not done."""
GOOD = frozenset({ExitCode.OK, ExitCode.ROWS_LEFT, ExitCode.QUOTA, ExitCode.APPROVAL})
"""The exit codes of runs that did what they could: rows to correct are not an outage."""
_SHOWS_NOTHING = frozenset({None, ExitCode.LEDGER_HELD, ExitCode.INTERRUPTED})
"""The exit codes of runs that did not come to their end, and of a look at the clock without a run."""
MOST_KEPT_OUT = 2
"""How many runs in succession another run keeps out before it is reported: one alone is kept out in a good night too."""
_SHOWS_NO_LEDGER = frozenset({ExitCode.BUG, ExitCode.USAGE, ExitCode.FILE_REFUSED, ExitCode.API_STOPPED})
"""The exit codes of runs that may have ended before they had to do with the ledger."""


@dataclass(frozen=True)
class Night:
    """What a night has shown.

    ``exit_code`` is that of the run; None if only the clock was looked at. ``figures`` is None if the ledger could not be read.
    ``files_read`` and ``unreadable`` count the files of the run, and ``files`` names them, if they are known one by one. ``gone``
    are files that were refused before and were taken away since. ``expected`` has the present marks of the expected files.
    """

    at: datetime
    exit_code: ExitCode | None = None
    figures: LedgerFigures | None = None
    files_read: int = 0
    unreadable: int = 0
    files: FileNews | None = None
    gone: frozenset[str] = frozenset()
    expected: Mapping[str, ExpectationMark] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def refusals(self) -> int:
        """Return how many files were refused."""
        return self.unreadable or int(self.exit_code is ExitCode.FILE_REFUSED)

    def file_news(self) -> FileNews:
        """Return the files of the run by name, if they are known, else all of them together."""
        return self.files or FileNews.of_run(refused=self.refusals(), read=self.files_read)


@dataclass(frozen=True)
class _Verdict:
    """Whether a trouble is there (None: the night does not show it), and the message if there is something new about it."""

    is_there: bool | None
    message: Message | None = None


@dataclass(frozen=True)
class _News:
    """What is new in the batches, by batch; the marks of those that are not done; and the rows still to be corrected."""

    to_correct: Mapping[int, Sums]
    questioned: Mapping[int, Sums]
    changed: Mapping[int, Sums]
    marks: Mapping[int, BatchMark]
    left_to_correct: int


def decide(before: NightState, night: Night) -> tuple[NightState, list[Message]]:
    """Return what is remembered after a night, and its messages, the most urgent first."""
    messages = _file_messages(before, night)
    state = replace(before, expected=dict(night.expected) or before.expected)
    state = _with_file_trouble(state)
    if night.exit_code is ExitCode.LEDGER_HELD:
        state, kept_out = _kept_out_once_more(state, night)
        messages += kept_out
    if night.exit_code in _SHOWS_NOTHING:
        return state, messages
    news = _news(before, night.figures) if night.figures else None
    troubles, found = _judged(before, state.troubles, night, news)
    messages += found
    if news and news.changed:
        messages.append(wording.changed(news.changed))
    return _remember(replace(state, troubles=troubles), night, news), sorted(messages, key=_urgency)


def _kept_out_once_more(state: NightState, night: Night) -> tuple[NightState, list[Message]]:
    """Count a run that another one has kept out, and report it once when there are several in succession."""
    state = replace(state, kept_out=state.kept_out + 1)
    if state.kept_out < MOST_KEPT_OUT or Trouble.KEPT_OUT in state.troubles:
        return state, []
    troubles = {**state.troubles, Trouble.KEPT_OUT: to_timestamp(night.at)}
    return replace(state, troubles=troubles), [wording.kept_out(state.kept_out)]


def _judged(
    before: NightState, known: Mapping[Trouble, str], night: Night, news: _News | None
) -> tuple[dict[Trouble, str], list[Message]]:
    """Return the troubles after the night, each with the time since when it is known, and the messages about them."""
    troubles, messages = dict(known), []
    for trouble, judge in _JUDGES.items():
        found = judge(before, night, news)
        if found.is_there is False and trouble in troubles:
            del troubles[trouble]
            messages.append(wording.recovery(trouble, _waiting(night)))
        elif found.is_there and found.message is not None:
            troubles.setdefault(trouble, to_timestamp(night.at))
            messages.append(found.message)
    return troubles, messages


def _urgency(message: Message) -> tuple[bool, int]:
    """Return by what messages are sorted: troubles before recoveries, and the most urgent first."""
    order = list(Trouble)
    return message.is_recovery, len(order) if message.trouble is None else order.index(message.trouble)


def _remember(state: NightState, night: Night, news: _News | None) -> NightState:
    assert night.exit_code is not None
    is_good = night.exit_code in GOOD
    state = replace(
        state,
        exit_code=int(night.exit_code),
        last_success=to_timestamp(night.at) if is_good else state.last_success,
        refused=still_refused(state.refused, night.file_news(), night.gone),
        kept_out=state.kept_out if night.exit_code in _SHOWS_NO_LEDGER else 0,
    )
    if night.figures is None or news is None:
        return state
    return replace(
        state,
        marks=news.marks,
        newest_batch=max(state.newest_batch, night.figures.newest_batch),
        approvals=frozenset(one.batch for one in night.figures.undecided),
        doubts=night.figures.open_sums(RowStatus.IN_DOUBT, RowStatus.HELD),
        waiting=_waiting(night),
    )


# Expected files


def _file_messages(before: NightState, night: Night) -> list[Message]:
    """Return a message for each expected file that did not come, and for each that has come since it was reported."""
    messages = []
    for profile, mark in night.expected.items():
        earlier = before.expected.get(profile, ExpectationMark())
        if mark.missing and not earlier.missing:
            messages.append(wording.missing(profile, mark.missing, night.zone))
        elif earlier.missing and not mark.missing:
            messages.append(wording.has_come(profile, earlier.missing, night.zone))
    return messages


def _with_file_trouble(state: NightState) -> NightState:
    missing = [mark.missing for mark in state.expected.values() if mark.missing]
    troubles = {trouble: since for trouble, since in state.troubles.items() if trouble is not Trouble.FILE_MISSING}
    return replace(state, troubles=troubles | ({Trouble.FILE_MISSING: min(missing)} if missing else {}))


# New rows


def _news(before: NightState, figures: LedgerFigures) -> _News:
    new: dict[int, _NewRows] = {}
    marks: dict[int, BatchMark] = {}
    left_to_correct = 0
    for batch in figures.batches:
        mark = before.marks.get(batch.batch)
        found = new[batch.batch] = _new_rows(batch, mark)
        now = _mark_of(batch, reported=found.to_correct.rows() + (mark.reported if mark else 0))
        left = rows_left_to_correct(batch, now.reported)
        left_to_correct += left
        if left or batch.sums(*UNSETTLED).rows():
            marks[batch.batch] = now
    return _News(
        {batch: found.to_correct for batch, found in new.items() if found.to_correct.rows()},
        {batch: found.questioned for batch, found in new.items() if found.questioned.rows()},
        {batch: found.changed for batch, found in new.items() if found.changed.rows()},
        {batch: marks[batch] for batch in sorted(marks)[-MOST_MARKS:]},
        left_to_correct,
    )


def rows_left_to_correct(batch: BatchFigures, reported: int | None = None) -> int:
    """Return how many rows of a batch are still to be corrected, without those that an earlier batch has reported.

    ``reported`` is their number so far; by default, that of the rows that are new in the batch.
    """
    most = batch.new_sums(*TO_CORRECT).rows() if reported is None else reported
    return max(0, min(most, batch.sums(*TO_CORRECT).rows() - batch.corrected_later))


class _NewRows(NamedTuple):
    """The rows of a batch that were not reported yet."""

    to_correct: Sums
    questioned: Sums
    changed: Sums


def _new_rows(batch: BatchFigures, mark: BatchMark | None) -> _NewRows:
    """Return what is new in a batch: in one that was looked at before, the rows that have come to it since then."""
    if mark is None:
        return _NewRows(batch.new_sums(*TO_CORRECT), batch.new_sums(RowStatus.QUESTIONED), batch.new_sums(RowStatus.CHANGED))
    now = _mark_of(batch)
    return _NewRows(
        now.to_correct.beyond(mark.to_correct), now.questioned.beyond(mark.questioned), now.changed.beyond(mark.changed)
    )


def _mark_of(batch: BatchFigures, reported: int = 0) -> BatchMark:
    to_correct, questioned = batch.sums(*TO_CORRECT), batch.sums(RowStatus.QUESTIONED)
    return BatchMark(to_correct, questioned, batch.sums(RowStatus.CHANGED), reported)


# The troubles, the most urgent first


def _judge_bug(before: NightState, night: Night, news: _News | None) -> _Verdict:
    del news
    return _by_code(before, Trouble.BUG, wording.bug(), is_there=night.exit_code is ExitCode.BUG)


def _judge_usage(before: NightState, night: Night, news: _News | None) -> _Verdict:
    del news
    if night.exit_code is ExitCode.BUG:
        return _Verdict(None)
    return _by_code(before, Trouble.USAGE, wording.usage(), is_there=night.exit_code is ExitCode.USAGE)


def _judge_kept_out(before: NightState, night: Night, news: _News | None) -> _Verdict:
    """Decide whether a run has come through; that runs are kept out is counted apart, since such a night shows nothing else."""
    del before, news
    return _Verdict(None if night.exit_code in _SHOWS_NO_LEDGER else False)


def _judge_stopped(before: NightState, night: Night, news: _News | None) -> _Verdict:
    """Decide by the exit code; that an API answers again is concluded only from a file that was read or rows that were sent."""
    del news
    if night.exit_code is ExitCode.API_STOPPED:
        return _by_code(before, Trouble.STOPPED, wording.stopped(_waiting(night)), is_there=True)
    sent_all = night.figures is not None and before.waiting.rows() > 0 and not _waiting(night).rows()
    asked_apis = night.files_read > 0 or sent_all
    return _Verdict(False if asked_apis and night.exit_code not in {ExitCode.BUG, ExitCode.USAGE} else None)


def _judge_unreadable(before: NightState, night: Night, news: _News | None) -> _Verdict:
    """Decide by the files: each that is refused is reported, and it is over when all of them were read, or taken away."""
    del news
    files = night.file_news()
    if not (files.refused or files.read or night.gone):  # which does not show that files can be read
        return _Verdict(None)
    new = files.refused.keys() - before.refused.keys()
    count, by_bug = len(new) if night.files else night.refusals(), night.exit_code is ExitCode.BUG
    message = wording.unreadable(count, by_bug=by_bug) if new else None
    return _Verdict(bool(still_refused(before.refused, files, night.gone)), message)


def _judge_quota(before: NightState, night: Night, news: _News | None) -> _Verdict:
    del news
    if night.exit_code is ExitCode.QUOTA:
        return _by_code(before, Trouble.QUOTA, wording.quota(_waiting(night)), is_there=True)
    return _Verdict(None if night.figures is None or _waiting(night).rows() else False)


def _by_code(before: NightState, trouble: Trouble, message: Message, *, is_there: bool) -> _Verdict:
    return _Verdict(is_there, None if trouble in before.troubles else message)


def _waiting(night: Night) -> Sums:
    """Return the entries that are approved and wait to be sent."""
    return night.figures.open_sums(RowStatus.PENDING) if night.figures else NOTHING


def _judge_doubts(before: NightState, night: Night, news: _News | None) -> _Verdict:
    del news
    if night.figures is None:
        return _Verdict(None)
    total = night.figures.open_sums(RowStatus.IN_DOUBT, RowStatus.HELD)
    new = total.beyond(before.doubts)
    return _Verdict(total.rows() > 0, wording.doubts(new, total) if new.rows() else None)


def _judge_questions(before: NightState, night: Night, news: _News | None) -> _Verdict:
    del before
    if night.figures is None or news is None:
        return _Verdict(None)
    is_there = night.figures.open_sums(RowStatus.QUESTIONED).rows() > 0
    return _Verdict(is_there, wording.questions(news.questioned) if news.questioned else None)


def _judge_approval(before: NightState, night: Night, news: _News | None) -> _Verdict:
    del news
    if night.figures is None:
        return _Verdict(None)
    undecided = night.figures.undecided
    new = [one for one in undecided if one.batch not in before.approvals]
    return _Verdict(bool(undecided), wording.approval(new) if new else None)


def _judge_rows(before: NightState, night: Night, news: _News | None) -> _Verdict:
    del before, night
    if news is None:
        return _Verdict(None)
    return _Verdict(news.left_to_correct > 0, wording.to_correct(news.to_correct) if news.to_correct else None)


_JUDGES: Mapping[Trouble, Callable[[NightState, Night, _News | None], _Verdict]] = {
    Trouble.BUG: _judge_bug,
    Trouble.STOPPED: _judge_stopped,
    Trouble.USAGE: _judge_usage,
    Trouble.KEPT_OUT: _judge_kept_out,
    Trouble.FILE_UNREADABLE: _judge_unreadable,
    Trouble.QUOTA: _judge_quota,
    Trouble.DOUBTS: _judge_doubts,
    Trouble.QUESTIONS: _judge_questions,
    Trouble.APPROVAL: _judge_approval,
    Trouble.ROWS_TO_CORRECT: _judge_rows,
}
