"""The lines of cron: one block for each schedule in the crontab of a user; all other lines stay as they are."""

from __future__ import annotations

from importer.errors import UsageError
from importer.scheduling.calendar import Calendar
from importer.scheduling.job import Folders, Installation, Job, SchedulerFile, require_plain
from importer.scheduling.kinds import Kind

LONGEST_COMMAND = 900
"""Characters of a command; common crons cut off after 1,000."""
_NOTES = (
    "cron does not catch up on a run that was missed while the machine was off or asleep, and mails what a run says, if at all.",
    "Its times are those of the machine. A random delay, battery and waking have no meaning for it.",
)


def installation(job: Job, folders: Folders) -> Installation:
    """Return the block of a job. Raises UsageError for what a crontab cannot hold."""
    del folders
    require_plain(job)
    if job.settings.system:
        raise UsageError(
            f"crontab is that of a user. Leave out --system, and system under [schedule.{job.name}], or use --kind systemd."
        )
    if job.settings.credentials:
        raise UsageError(f"cron loads no credentials. Remove credentials under [schedule.{job.name}], or use --kind systemd.")
    return Installation(Kind.CRONTAB, (SchedulerFile(None, block(job)),), notes=_NOTES)


def removal(identifier: str) -> Installation:
    """Return what takes the block with this name away. The file has only its first line."""
    return Installation(Kind.CRONTAB, (SchedulerFile(None, f"{_first(identifier)}\n"),))


def block(job: Job) -> str:
    """Return the lines of a job, with a comment before and after them."""
    line = command_line(job)
    if len(line) > LONGEST_COMMAND:
        raise UsageError("The command is too long for cron: the path of the workspace or of the importer. Use shorter ones.")
    lines = [f"{when} {line}" for calendar in job.settings.calendars() for when in fields(calendar)]
    return "\n".join([_first(job.identifier), *lines, _last(job.identifier), ""])


def fields(calendar: Calendar) -> list[str]:
    """Return the five fields of each time of the day: minute, hour, day, month, day of the week."""
    days = "*" if calendar.is_daily else ",".join(str((day + 1) % 7) for day in calendar.days)
    return [f"{one.minute} {one.hour} * * {days}" for one in calendar.times]


def command_line(job: Job) -> str:
    """Return the command as cron passes it on to the shell."""
    settings = "".join(f"{name}={_quoted(value)} " for name, value in job.variables)
    return f"cd {_quoted(job.workspace)} && {settings}{' '.join(map(_quoted, job.command))}"


def _quoted(text: str) -> str:
    r"""Return a word for the shell behind cron, which takes ``\%`` for ``%``, and an unescaped one for the end of the line.

    A backslash must not be just before the escaped one, so the quotation marks are closed and opened between them.
    """
    is_simple = text and all(letter.isascii() and (letter.isalnum() or letter in "/._-=+:,@") for letter in text)
    return text if is_simple else "'" + text.replace("'", "'\"'\"'").replace("%", "''\\%") + "'"


def block_in(crontab: str, identifier: str) -> str | None:
    """Return the block with this name in a crontab; None if there is none. Raises UsageError if its end is missing."""
    lines = crontab.split("\n")
    if _first(identifier) not in lines:
        return None
    first = lines.index(_first(identifier))
    try:
        last = lines.index(_last(identifier), first)
    except ValueError:
        raise UsageError(
            f"The crontab has the line {_first(identifier)!r}, and not the one that ends its block. Correct it with `crontab -e`."
        ) from None
    return "\n".join([*lines[first : last + 1], ""])


def with_block(crontab: str, identifier: str, block: str) -> str:
    """Return a crontab with this block, in the place of an earlier one with the same name or at its end; all else stays."""
    if (before := block_in(crontab, identifier)) is not None:
        return crontab.replace(before if before in crontab else before.rstrip("\n"), block, 1)
    separator = "" if not crontab or crontab.endswith("\n") else "\n"
    return f"{crontab}{separator}{block}"


def _first(identifier: str) -> str:
    return f"# BEGIN {identifier}: written by `importer schedule install`, taken away by `importer schedule remove`"


def _last(identifier: str) -> str:
    return f"# END {identifier}"
