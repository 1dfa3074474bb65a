"""The XML of a task, checked against the element order that Microsoft documents. It was never registered on Windows."""

import subprocess
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.schedules import FOLDERS, job

from importer.errors import UsageError
from importer.scheduling.task_scheduler import NAMESPACE, installation

# Microsoft's "Task Scheduler Schema Complex Types". A list is a sequence, whose order counts; a set is an <all>, in any order.
SCHEMA = {
    "Task": {"RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"},
    "RegistrationInfo": {"URI", "SecurityDescriptor", "Source", "Date", "Author", "Version", "Description", "Documentation"},
    "Triggers": {"CalendarTrigger"},
    "CalendarTrigger": [
        *("Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "RandomDelay"),
        *("ScheduleByDay", "ScheduleByWeek", "ScheduleByMonth", "ScheduleByMonthDayOfWeek"),
    ],
    "ScheduleByDay": {"DaysInterval"},
    "ScheduleByWeek": {"WeeksInterval", "DaysOfWeek"},
    "DaysOfWeek": {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
    "Principals": ["Principal"],
    "Principal": {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel", "ProcessTokenSidType", "RequiredPrivileges"},
    "Settings": {
        *("AllowStartOnDemand", "RestartOnFailure", "MultipleInstancesPolicy", "DisallowStartIfOnBatteries"),
        *("StopIfGoingOnBatteries", "AllowHardTerminate", "StartWhenAvailable", "NetworkProfileName", "WakeToRun"),
        *("RunOnlyIfNetworkAvailable", "Enabled", "Hidden", "DeleteExpiredTaskAfter", "IdleSettings", "NetworkSettings"),
        *("ExecutionTimeLimit", "Priority", "RunOnlyIfIdle", "UseUnifiedSchedulingEngine", "DisallowStartOnRemoteAppSession"),
    },
    "Actions": {"Exec"},
    "Exec": {"Command", "Arguments", "WorkingDirectory"},
}
VALUES = {
    "LogonType": {"InteractiveToken", "Password"},
    "RunLevel": {"LeastPrivilege"},
    "MultipleInstancesPolicy": {"IgnoreNew"},
}
WORKSPACE = r"\\files\finance\Inkasso & Søn"


def task(one):
    (file,) = installation(one, FOLDERS).files
    assert file.encoding == "utf-16"
    assert file.text.startswith('<?xml version="1.0" encoding="UTF-16"?>\n')
    return ET.fromstring(file.text.encode("utf-16"))


def check(element):
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    children = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    if name not in SCHEMA:
        assert children == []
        assert name not in VALUES or element.text in VALUES[name]
        return
    known = SCHEMA[name]
    assert set(children) <= set(known), f"{name} has no {set(children) - set(known)}"
    if isinstance(known, list) and name != "Principals":
        assert children == sorted(children, key=known.index), f"the order in {name}"
    if name != "Triggers":
        assert len(set(children)) == len(children), f"{name} has one of each"
    for child in element:
        check(child)


def texts(root, name):
    return [element.text for element in root.iter(f"{{{NAMESPACE}}}{name}")]


def test_the_settings_are_those_that_a_night_needs():
    root = task(job(WORKSPACE))
    check(root)
    wanted = {
        "StartWhenAvailable": "true",
        "WakeToRun": "false",
        "MultipleInstancesPolicy": "IgnoreNew",
        "ExecutionTimeLimit": "PT0S",
        "AllowHardTerminate": "false",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "UserId": "anna",
        "LogonType": "InteractiveToken",
    }
    assert {name: texts(root, name) for name in wanted} == {name: [value] for name, value in wanted.items()}


def test_there_is_a_trigger_for_each_time_with_its_delay():
    root = task(job(WORKSPACE, at=["Mon,Sun 03:30", "06:15"], random_delay_minutes=15, wake=True, on_battery=False))
    check(root)
    assert [text[11:] for text in texts(root, "StartBoundary")] == ["03:30:00", "06:15:00"]
    assert texts(root, "RandomDelay") == ["PT900S", "PT900S"]
    (days,) = root.iter(f"{{{NAMESPACE}}}DaysOfWeek")
    assert [day.tag.rpartition("}")[2] for day in days] == ["Monday", "Sunday"]
    assert texts(root, "DaysInterval") == ["1"]
    assert texts(root, "WakeToRun") == texts(root, "DisallowStartIfOnBatteries") == ["true"]


def split_like_windows(line):
    """The words of a command line, by the rules of CommandLineToArgvW."""
    words, word, quoted, slashes = [], None, False, 0
    for letter in line:
        if letter == "\\":
            slashes += 1
            continue
        if letter == '"':
            word = (word or "") + "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
        else:
            word = None if not slashes and word is None else (word or "") + "\\" * slashes
            if letter in " \t" and not quoted:
                words += [] if word is None else [word]
                word = None
            else:
                word = (word or "") + letter
        slashes = 0
    word = (word or "") + "\\" * slashes if slashes else word
    return [*words, *([] if word is None else [word])]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=["Cs", "Cc"], exclude_characters="%$")))
def test_every_path_is_one_argument(text):
    path = f"C:\\{text}\\x"
    root = task(job(path))
    assert split_like_windows(texts(root, "Arguments")[0])[-1] == path
    assert texts(root, "WorkingDirectory") == [path]
    assert subprocess.list2cmdline([path]) in texts(root, "Arguments")[0]


def test_it_is_registered_by_its_xml_and_asks_for_the_password_only_if_it_must():
    one = job(WORKSPACE, when_logged_off=True)
    (step,) = installation(one, FOLDERS).enable
    assert step.words[:5] == ("schtasks", "/create", "/tn", f"collection-importer\\{one.identifier}", "/xml")
    assert step.words[-4:] == ("/ru", "anna", "/rp", "*")
    assert texts(task(one), "LogonType") == ["Password"]
    assert "/rp" not in installation(job(WORKSPACE), FOLDERS).enable[0].words


@pytest.mark.parametrize("path", ["C:\\100%\\x", "C:\\$(Arg0)", "C:\\a\x0bb"])
def test_a_path_that_the_scheduler_would_change_is_refused(path):
    with pytest.raises(UsageError, match="Rename the folder"):
        installation(job(path), FOLDERS)


def test_the_account_of_the_machine_and_letters_of_network_drives_are_advised_against():
    with pytest.raises(UsageError, match="sees neither the keyring"):
        installation(job(WORKSPACE, system=True, user="anna"), FOLDERS)
    notes = " ".join(installation(job("C:\\collection", paths=["F:\\exports\\*.xlsx"]), FOLDERS).notes)
    assert r"If F: is a network drive, write \\server\share" in notes
    assert "C:" not in notes
