"""The settings of a schedule: the sections ``[schedule.NAME]``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from importer.scheduling.calendar import Calendar, parse

CredentialName = Literal["debitura_api_key", "debbie_token"]
_SHARE = re.compile(r"\s*(?:100|\d{1,2}(?:\.\d{1,4})?)\s*%\s*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_CREDENTIAL_FILE = re.compile(r"""/[^\s\\"':]+""")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _checked_time(value: str) -> str:
    parse(value)
    return value


def _checked_path(value: str) -> str:
    if not value.strip() or any(ord(letter) < 32 for letter in value):  # noqa: PLR2004
        raise ValueError("name a file, a folder or a pattern such as incoming/*.xlsx")
    if "**" in value:
        raise ValueError("** is not supported; name each folder")
    return value


def _checked_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError, RecursionError):  # KeyError: there is none; the last: a long path
        raise ValueError("is not a time zone; write one such as Europe/Copenhagen") from None
    return value


def _checked_share(value: str) -> str:
    if not _SHARE.fullmatch(value):
        raise ValueError('is not a share; write it in percent, such as "5%"')
    return value


def _checked_user(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?", value):
        raise ValueError("is not the name of a user")
    return value


def _checked_credential(value: Path) -> Path:
    if not _CREDENTIAL_FILE.fullmatch(value.as_posix()):
        raise ValueError("write the whole path of a file, without blanks, quotation marks, colons and backslashes")
    return value


Share = Annotated[str, AfterValidator(_checked_share)]


class ScheduleSettings(BaseModel):
    """One schedule: what is imported, when, and how the system's scheduler runs it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paths: Annotated[
        tuple[Annotated[str, AfterValidator(_checked_path)], ...],
        BeforeValidator(_listed),
        Field(min_length=1, description="The files, folders or patterns such as `incoming/*.xlsx` to import."),
    ]
    at: Annotated[
        tuple[Annotated[str, AfterValidator(_checked_time)], ...],
        BeforeValidator(_listed),
        Field(min_length=1, description='When: `"Mon..Fri 03:30"`, `"Mon,Thu 06:15"` or `"03:30"`, or a list of these.'),
    ]
    timezone: Annotated[
        Annotated[str, AfterValidator(_checked_zone)] | None,
        Field(description="The time zone of `at`; by default that of the machine. Only systemd can use another one."),
    ] = None
    profile: Annotated[str | None, Field(description="The profile to read with, as `--profile`.")] = None
    output: Annotated[Path | None, Field(description="Where the sheets go, as `--output`.")] = None
    stop_at_quota: Annotated[
        bool, Field(description="Whether a run ends at an hourly or daily quota, so that the next one goes on. By default yes.")
    ] = True
    resume_first: Annotated[
        bool, Field(description="Whether a run first goes on with what earlier ones have left. By default yes.")
    ] = True
    max_rejected: Annotated[Share | None, Field(description='Leave everything staged above this share, such as `"5%"`.')] = None
    max_dropped: Annotated[Share | None, Field(description="The same for rows that are left out.")] = None
    limit: Annotated[int | None, Field(ge=1, description="How many cases are approved in one run, as `--limit`.")] = None
    random_delay_minutes: Annotated[
        float, Field(ge=0, le=720, description="A run begins up to this much later, at random. Not with crontab and launchd.")
    ] = 0
    wake: Annotated[bool, Field(description="Whether the machine is woken for it (systemd as a system unit, Windows).")] = False
    on_battery: Annotated[bool, Field(description="Whether it also runs on battery (systemd, Windows). By default yes.")] = True
    system: Annotated[
        bool, Field(description="Whether the scheduler of the machine runs it, instead of that of the user (systemd, launchd).")
    ] = False
    user: Annotated[
        Annotated[str, AfterValidator(_checked_user)] | None,
        Field(description="With `system`: the user as whom it runs. It must be named."),
    ] = None
    when_logged_off: Annotated[
        bool,
        Field(description="Windows: whether it runs while the user is not logged on. `schtasks` then asks for the password."),
    ] = False
    credentials: Annotated[
        dict[CredentialName, Annotated[Path, AfterValidator(_checked_credential)]],
        Field(description="systemd: files with `debitura_api_key` and `debbie_token`, which only the run gets to read."),
    ] = {}
    credentials_are_encrypted: Annotated[
        bool, Field(description="systemd: whether these files were made by `systemd-creds encrypt`.")
    ] = False

    def calendars(self) -> tuple[Calendar, ...]:
        """Return the times."""
        return tuple(parse(text) for text in self.at)

    def zone(self) -> ZoneInfo | None:
        """Return the time zone of the times; None for that of the machine."""
        return ZoneInfo(self.timezone) if self.timezone else None


def checked_names(value: dict[str, ScheduleSettings]) -> dict[str, ScheduleSettings]:
    """Return the schedules. Raises ValueError for a name that cannot be a part of the name of a file."""
    for name in value:
        if not _NAME.fullmatch(name):
            raise ValueError(f'"{name}" cannot name a schedule; use up to 40 letters, digits, - and _')
    return value


Schedules = Annotated[
    dict[str, ScheduleSettings],
    AfterValidator(checked_names),
    Field(description="Imports that the system's scheduler runs, each with a name of its own."),
]
