"""The task of the Windows Task Scheduler, as XML: the options of ``schtasks`` cannot express all of it.

The order of the elements is that of Microsoft's documentation of the Task Scheduler schema.
"""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from datetime import time
from pathlib import PureWindowsPath

from importer.errors import UsageError
from importer.scheduling.calendar import Calendar
from importer.scheduling.job import PRODUCT, Folders, Installation, Job, SchedulerFile, SystemCommand
from importer.scheduling.kinds import Kind

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIRST_DAY = "2026-01-01"
"""The day on which every task begins: a fixed one, so that an installation can be compared with the settings."""
_REPLACED = re.compile(r"%|\$\(")
"""What the Task Scheduler may replace in a path."""
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def installation(job: Job, folders: Folders) -> Installation:
    """Return the task of a job and how it is registered. Raises UsageError for what a task cannot hold."""
    _require_expressible(job)
    path = folders.tasks / f"{job.identifier}.xml"
    text = f'<?xml version="1.0" encoding="UTF-16"?>\n{_xml(job)}\n'
    password = ("/ru", job.user, "/rp", "*") if job.settings.when_logged_off else ()
    enable = SystemCommand(("schtasks", "/create", "/tn", _task(job.identifier), "/xml", str(path), "/f", *password))
    return Installation(
        Kind.WINDOWS, (SchedulerFile(path, text, "utf-16"),), (enable,), _disable(job.identifier), notes=tuple(_notes(job))
    )


def removal(identifier: str, folders: Folders) -> Installation:
    """Return what takes the task with this name away. The file has no text."""
    return Installation(
        Kind.WINDOWS, (SchedulerFile(folders.tasks / f"{identifier}.xml", "", "utf-16"),), disable=_disable(identifier)
    )


def _task(identifier: str) -> str:
    return f"{PRODUCT}\\{identifier}"


def _disable(identifier: str) -> tuple[SystemCommand, ...]:
    return (SystemCommand(("schtasks", "/delete", "/tn", _task(identifier), "/f"), may_fail=True),)


def _require_expressible(job: Job) -> None:
    settings = job.settings
    if settings.system:
        raise UsageError(
            f"On Windows, the account of the machine sees neither the keyring of a user nor network drives. Remove system under "
            f"[schedule.{job.name}], and write when_logged_off = true if it is to run while nobody is logged on."
        )
    if settings.credentials:
        raise UsageError(f"Windows loads no credentials. Remove credentials under [schedule.{job.name}], and use the keyring.")
    for text in (job.workspace, *job.command):
        if _REPLACED.search(text) or _NOT_XML.search(text):
            raise UsageError(
                f"The path {text!r} has a % or $( in it, which the Task Scheduler may replace, or a control character. "
                "Rename the folder."
            )


def _notes(job: Job) -> list[str]:
    found = []
    if not job.settings.when_logged_off:
        found.append(
            "The task runs while this user is logged on. With when_logged_off = true it also runs otherwise: `schtasks` then "
            'asks for the password, and the user needs the right "log on as a batch job".'
        )
    drives = {PureWindowsPath(text).drive for text in (job.workspace, *job.settings.paths)}
    found += [
        f"If {drive} is a network drive, write \\\\server\\share instead of the letter: a task may run without such letters."
        for drive in sorted(drives)
        if re.fullmatch(r"[A-Za-z]:", drive) and drive.upper() != "C:"
    ]
    if job.variables:
        names = ", ".join(name for name, _ in job.variables)
        found.append(f"A task takes no variables along: set {names} for the user with `setx`.")
    return found


def _xml(job: Job) -> str:
    settings = job.settings
    ET.register_namespace("", NAMESPACE)
    task = ET.Element(_named("Task"), version="1.2")
    info = _add(task, "RegistrationInfo")
    _add(info, "Source", PRODUCT)
    _add(info, "Description", f"Import {job.name} of {job.workspace}")
    triggers = _add(task, "Triggers")
    for calendar in settings.calendars():
        for one in calendar.times:
            _add_trigger(triggers, calendar, one, settings.random_delay_minutes)
    principal = _add(_add(task, "Principals"), "Principal")
    principal.set("id", "Author")
    _add(principal, "UserId", job.user)
    _add(principal, "LogonType", "Password" if settings.when_logged_off else "InteractiveToken")
    _add(principal, "RunLevel", "LeastPrivilege")
    _add_settings(task, on_battery=settings.on_battery, wakes=settings.wake)
    actions = _add(task, "Actions")
    actions.set("Context", "Author")
    action = _add(actions, "Exec")
    program, *arguments = job.command
    _add(action, "Command", program)
    _add(action, "Arguments", subprocess.list2cmdline(arguments))
    _add(action, "WorkingDirectory", job.workspace)
    ET.indent(task)
    return ET.tostring(task, encoding="unicode")


def _add_trigger(triggers: ET.Element, calendar: Calendar, at: time, delay_minutes: float) -> None:
    trigger = _add(triggers, "CalendarTrigger")
    _add(trigger, "Enabled", "true")
    _add(trigger, "StartBoundary", f"{_FIRST_DAY}T{at:%H:%M}:00")
    if delay := round(delay_minutes * 60):
        _add(trigger, "RandomDelay", f"PT{delay}S")
    if calendar.is_daily:
        _add(_add(trigger, "ScheduleByDay"), "DaysInterval", "1")
        return
    week = _add(trigger, "ScheduleByWeek")
    _add(week, "WeeksInterval", "1")
    days = _add(week, "DaysOfWeek")
    for day in calendar.days:
        _add(days, _DAYS[day])


def _add_settings(task: ET.Element, *, on_battery: bool, wakes: bool) -> None:
    settings = _add(task, "Settings")
    without_battery = str(not on_battery).lower()
    for name, value in (
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", without_battery),
        ("StopIfGoingOnBatteries", "false"),  # what is under way would be cut off
        ("AllowHardTerminate", "false"),
        ("StartWhenAvailable", "true"),
        ("WakeToRun", str(wakes).lower()),
        ("Enabled", "true"),
        ("ExecutionTimeLimit", "PT0S"),  # none; by default a task is ended after 72 hours
    ):
        _add(settings, name, value)


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, _named(name))
    element.text = text
    return element


def _named(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
