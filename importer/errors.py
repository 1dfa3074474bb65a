"""Exceptions, grouped by what the user can do about them.

ImporterError
├── UsageError          the command or the settings are wrong: change them        (exit 2)
│   ├── SettingsError   a setting is missing or wrong
│   ├── Declined        the user's answer to a question was no: nothing was done    (exit 130)
│   ├── ProfileError    a profile is missing, wrong or does not fit the sheet
│   └── LedgerError     the ledger cannot be used: nothing more is sent
├── LedgerHeld          another run holds the ledger: wait for it                 (exit 75)
├── FileRefused         a file cannot be read: no row of it was imported          (exit 4)
│   ├── HeadingsRefused its headings leave open what they mean: map them
│   ├── EncodingUnclear its letters leave open how they are written: say which encoding is right
│   └── FileUnreachable the disk does not give it now, or it was changed while it was read
├── ApprovalNeeded      a batch must be reviewed and approved: nothing of it is sent  (exit 8)
└── ApiStopped          an API is down or refuses the credentials: rows wait      (exit 5)
    └── QuotaReached    an API takes no more for a while: rows wait               (exit 7)

``cli`` turns an exception that is raised into a message and an exit code. Once sending has begun, ``workspace.dispatch`` and
``workspace.result`` put it into the ``RunResult`` instead. A message is one sentence with what is wrong and where, and one with
what to do.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit code of a command; ``docs/commands.md`` is generated from the comments."""

    OK = 0  # every row was accepted, imported before, repeated, changed, withdrawn or left out; or there was nothing to do
    BUG = 1  # a bug in the importer
    USAGE = 2  # the command, the settings or the ledger must be corrected first
    ROWS_LEFT = 3  # some rows were rejected, refused or blocked, are questioned again, or were sent and are no claim now
    FILE_REFUSED = 4  # a file could not be read, or is not what `--expect-rows` or `--expect-total` requires
    API_STOPPED = 5  # an API is down or refuses the credentials; rows wait
    IN_DOUBT = 6  # some rows are in doubt or held, or newly questioned
    QUOTA = 7  # stopped at a quota with `--stop-at-quota`, or nothing was begun because the key's quota is used up; rows wait
    APPROVAL = 8  # staged, and waits for `importer approve`; or what was approved is not what the ledger holds now
    LEDGER_HELD = 75  # another run holds the ledger
    INTERRUPTED = 130  # interrupted by Ctrl-C, or the question before sending was answered with no


class ImporterError(Exception):
    """Base of all errors that a user, not a programmer, can resolve."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG


class UsageError(ImporterError):
    """The command, the settings or a file that they name are wrong. Everything sent so far is recorded in the ledger."""

    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """A setting is missing, unknown or wrong."""


class Declined(UsageError):
    """The user answered a question with no. Nothing was recorded or sent."""

    exit_code = ExitCode.INTERRUPTED


class ProfileError(UsageError):
    """A profile is missing, unreadable or does not fit the sheet."""


class LedgerError(UsageError):
    """The ledger cannot be opened or written.

    If it is raised before sending, nothing was sent. If it is raised during sending, entries under way are in doubt, and
    nothing more is sent.
    """


class LedgerUpgraded(UserWarning):
    """A ledger of an older release was upgraded. The message names the copy that was kept."""


class LedgerHeld(ImporterError):
    """Another run holds the ledger."""

    exit_code = ExitCode.LEDGER_HELD


class FileRefused(ImporterError):
    """A file cannot be read, and no row of it was imported. ``files`` is the number of such files."""

    exit_code = ExitCode.FILE_REFUSED

    def __init__(self, message: str = "", *, files: int = 1) -> None:
        super().__init__(message)
        self.files = files


class HeadingsRefused(FileRefused):
    """The headings of a sheet leave open what they mean: `importer map` asks about them."""


class EncodingUnclear(FileRefused):
    """The letters of a text fit several encodings: `importer map` asks which is right.

    ``ways`` are the encodings that are likely, each with a word of the text as it is in it.
    """

    def __init__(self, message: str = "", ways: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.ways = ways


class FileUnreachable(FileRefused):
    """The disk does not give a file now, or it was changed while it was read: the next try may read it."""


class ApprovalNeeded(ImporterError):
    """A batch must be approved, by another person or again, before anything of it is sent."""

    exit_code = ExitCode.APPROVAL


class ApiStopped(ImporterError):
    """An API is down or refuses the credentials. The remaining rows wait in the ledger or in the file."""

    exit_code = ExitCode.API_STOPPED


class QuotaReached(ApiStopped):
    """An API takes no more requests for longer than the command waits."""

    exit_code = ExitCode.QUOTA


def bug_text(error: BaseException) -> str:
    """Return the place of a bug in the code, to be reported: the last lines, without values, which might be personal data."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"This is a bug in the importer: {type(error).__name__} at {where}. Please report that line."


def bug_trace(error: BaseException) -> str:
    """Return the whole traceback of a bug on one line, with those of its causes: types and places alone.

    The texts of errors and the values of variables may be personal data.
    """
    import traceback

    found: list[str] = []
    seen: set[int] = set()
    left = [error]
    while left:
        now = left.pop(0)
        if id(now) in seen:
            continue
        seen.add(id(now))
        frames = reversed(traceback.extract_tb(now.__traceback__))
        where = " < ".join(f"{'/'.join(Path(f.filename).parts[-3:])}:{f.lineno} {f.name}" for f in frames)
        found.append(f"{type(now).__module__}.{type(now).__qualname__} at {where or 'no place'}")
        left += _behind(now)
    return ", after ".join(found)


def _behind(error: BaseException) -> list[BaseException]:
    """Return the errors that have led to one, and those that a group holds."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    held = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return [*held, *([cause] if cause else [])]
