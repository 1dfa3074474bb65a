"""The sentences about a night: counts and money, whom something waits for, and the command to run. No personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from importer.domain.expected_files import DAYS
from importer.domain.timestamps import from_timestamp
from importer.notify.figures import UndecidedBatch
from importer.notify.state import Message, Trouble
from importer.notify.sums import Sums

RECOVERIES: Mapping[Trouble, tuple[str, str]] = {
    Trouble.BUG: ("no bug any more", "The last run ended without a bug."),
    Trouble.STOPPED: ("the APIs accept requests again", "The APIs accept requests again."),
    Trouble.USAGE: ("the import runs again", "The settings and the ledger are in order again, and the import has run."),
    Trouble.KEPT_OUT: ("runs come through again", "A run has come through again: no other one holds the ledger."),
    Trouble.FILE_UNREADABLE: (
        "the files can be read again",
        "Each file that was refused could be read when it came again, or was taken away.",
    ),
    Trouble.QUOTA: ("the quota is no longer in the way", "Everything that waited for the quota was sent."),
    Trouble.DOUBTS: ("nothing is in doubt any more", "Nothing is in doubt or held any more."),
    Trouble.QUESTIONS: ("all questions are answered", "No row waits for an answer any more."),
    Trouble.APPROVAL: ("nothing waits for an approval", "No batch waits for an approval any more."),
    Trouble.ROWS_TO_CORRECT: ("all rows were corrected", "All rows that had to be corrected have come corrected."),
}


def recovery(trouble: Trouble, waiting: Sums) -> Message:
    """Return the message that a trouble is over. ``waiting`` are the entries that are still to be sent."""
    title, text = RECOVERIES[trouble]
    if trouble is Trouble.STOPPED:
        text += f" {waiting.text()} must still wait." if waiting.rows() else " Nothing waits for them any more."
    return Message(trouble, title, text, is_recovery=True)


def bug() -> Message:
    """Return the message about a bug."""
    return Message(
        Trouble.BUG,
        "the import ended with a bug",
        "The import ended with a bug in the importer. Nothing is lost: `importer resume` goes on with what was taken in. Please "
        "report the line that the run has printed.",
    )


def usage() -> Message:
    """Return the message that the settings or the ledger must be corrected."""
    return Message(
        Trouble.USAGE,
        "the import could not run",
        "The settings, the command or the ledger must be corrected before the import can run. `importer doctor` shows what is "
        "wrong. What was sent before is recorded in the ledger.",
    )


def kept_out(runs: int) -> Message:
    """Return the message that several runs in succession were kept out by another one."""
    return Message(
        Trouble.KEPT_OUT,
        f"{runs:,} runs in succession were kept out",
        f"{runs:,} runs in succession have imported nothing, because another run holds the ledger, or the same schedule is still "
        f"running. `importer status` shows what is being sent. End the other run if it does not go on: nothing is lost, and the "
        f"next run goes on with what it has left.",
    )


def stopped(waiting: Sums) -> Message:
    """Return the message that an API is down or refuses the credentials."""
    rows = f"{waiting.text()} must wait in the ledger" if waiting.rows() else "what could not be sent waits"
    return Message(
        Trouble.STOPPED,
        "an API is down or refuses the credentials",
        f"An API is down or refuses the credentials: {rows}, and nothing is lost. `importer doctor` shows what is wrong; the "
        f"next run, or `importer resume`, goes on.",
    )


def quota(waiting: Sums) -> Message:
    """Return the message that the quota is used up."""
    rows = f"{waiting.text()} must wait" if waiting.rows() else "what is left waits"
    return Message(
        Trouble.QUOTA,
        "the quota is used up",
        f"The quota of the key is used up: {rows}. Nobody need do anything: the next run, or `importer resume`, goes on.",
    )


def unreadable(files: int, *, by_bug: bool = False) -> Message:
    """Return the message that files could not be read. ``by_bug``: a bug may be the cause, after which more is not known."""
    one = files == 1
    it = "it" if one else "them"
    what = (
        f"could not be imported to {'its' if one else 'their'} end."
        if by_bug
        else f"could not be read, or {'is' if one else 'are'} not what was expected. Nothing of {it} was imported."
    )
    return Message(
        Trouble.FILE_UNREADABLE,
        f"{files:,} file{' was' if one else 's were'} refused",
        f"{files:,} file{'' if one else 's'} {what} The run has printed why; `importer check FILE` shows it again.",
    )


def doubts(new: Sums, total: Sums) -> Message:
    """Return the message that rows are in doubt or held."""
    others = f" In all, this is so for {total.text()}." if total.rows() > new.rows() else ""
    return Message(
        Trouble.DOUBTS,
        f"{new.count_text()} in doubt",
        f"{new.text()} may or may not exist at the API, because an answer was lost.{others} In a quarter of an hour, "
        f"`importer resume` looks for what was lost; what it cannot find is held, and errors.xlsx says what a person must do.",
    )


def questions(new: Mapping[int, Sums]) -> Message:
    """Return the message that rows wait for an answer, by batch."""
    total = Sums.total(new.values())
    return Message(
        Trouble.QUESTIONS,
        f"{total.count_text()} with a question",
        f"{total.text()} of {batches_text(list(new))} cannot be sent before a question is answered. Those who know the "
        f"claims answer in the column #answer of errors.xlsx and import that file; {_report_commands(list(new))}.",
    )


def approval(new: Sequence[UndecidedBatch]) -> Message:
    """Return the message that batches wait for an approval."""
    names = batches_text([one.batch for one in new])
    sentences = [
        f"Batch {one.batch} {'must be approved again' if one.is_void else 'waits for an approval'}: {one.to_send.text()} would "
        f"be sent. `importer approve {one.batch}` shows it and asks."
        for one in new
    ]
    wait = "waits" if len(new) == 1 else "wait"
    return Message(Trouble.APPROVAL, f"{names} {wait} for an approval", " ".join(sentences))


def to_correct(new: Mapping[int, Sums]) -> Message:
    """Return the message that rows must be corrected, by batch."""
    total = Sums.total(new.values())
    return Message(
        Trouble.ROWS_TO_CORRECT,
        f"{total.count_text()} to correct",
        f"{total.text()} of {batches_text(list(new))} cannot be sent without a correction. Those who make the sheet "
        f"correct errors.xlsx and import that file; {_report_commands(list(new))}.",
    )


def changed(new: Mapping[int, Sums]) -> Message:
    """Return the message that rows were changed after they were sent, by batch."""
    total = Sums.total(new.values())
    return Message(
        None,
        f"{total.count_text()} changed after sending",
        f"{total.text()} of {batches_text(list(new))} came with other values than were sent, and nothing was sent again. "
        f"Those who look after the cases read changes.xlsx, and inform the collection partner in the case's chat; "
        f"{_report_commands(list(new))}.",
    )


def missing(profile: str, deadline: str, zone: ZoneInfo) -> Message:
    """Return the message that an expected file did not come."""
    return Message(
        Trouble.FILE_MISSING,
        f"no file{_of(profile)} came",
        f"No new file{_of(profile)} came by {moment_text(deadline, zone)}, although one is expected then. Ask those who export "
        f"it; it is imported as usual when it comes.",
    )


def has_come(profile: str, deadline: str, zone: ZoneInfo) -> Message:
    """Return the message that a missing file has come."""
    return Message(
        Trouble.FILE_MISSING,
        f"the file{_of(profile)} has come",
        f"The file{_of(profile)} that was expected by {moment_text(deadline, zone)} has come.",
        is_recovery=True,
    )


def _of(profile: str) -> str:
    return f" for the profile {profile}" if profile else ""


def moment_text(timestamp: str, zone: ZoneInfo) -> str:
    """Return a moment in the local time of the zone: ``03:00 on Tue 2026-03-03``."""
    local: datetime = from_timestamp(timestamp).astimezone(zone)
    return f"{local:%H:%M} on {DAYS[local.weekday()]} {local:%Y-%m-%d}"


def batches_text(batches: Sequence[int]) -> str:
    """Return the names of batches: ``batch 7``, ``batches 7, 8 and 9``."""
    if len(batches) == 1:
        return f"batch {batches[0]}"
    return f"batches {', '.join(map(str, batches[:-1]))} and {batches[-1]}"


def _report_commands(batches: Sequence[int]) -> str:
    commands = " and ".join(f"`importer report {batch}`" for batch in batches)
    return f"{commands} {'write' if len(batches) > 1 else 'writes'} the sheets again"
