"""The property list of launchd, read by the library that reads those of macOS. It was never loaded on a Mac."""

import plistlib

import pytest
from support.schedules import FOLDERS, job

from importer.errors import UsageError
from importer.scheduling.launchd import installation


def plist(one):
    (file,) = installation(one, FOLDERS).files
    return file.path, plistlib.loads(file.text.encode())


def test_a_job_of_the_user_has_its_times_and_one_command():
    workspace = 'a & <b> %n "q" ø'
    path, found = plist(job(f"/Users/anna/{workspace}", {"IMPORTER_DATA_FOLDER": "/d"}, at=["Mon,Sun 03:30", "06:15"]))
    assert path.as_posix() == f"/home/anna/Library/LaunchAgents/{found['Label']}.plist"
    assert found["ProgramArguments"][-1] == found["WorkingDirectory"] == f"/Users/anna/{workspace}"
    assert found["StartCalendarInterval"] == [
        {"Weekday": 1, "Hour": 3, "Minute": 30},
        {"Weekday": 0, "Hour": 3, "Minute": 30},
        {"Hour": 6, "Minute": 15},
    ]
    assert (found["ExitTimeOut"], found["Umask"]) == (120, 0o077)
    assert found["EnvironmentVariables"] == {"IMPORTER_DATA_FOLDER": "/d"}
    assert found["StandardErrorPath"].startswith("/home/anna/Library/Logs/")


def test_a_job_of_the_machine_runs_as_its_user():
    path, found = plist(job(system=True, user="collection"))
    assert (path.parent.as_posix(), found["UserName"]) == ("/Library/LaunchDaemons", "collection")
    with pytest.raises(UsageError, match="the user as whom"):
        installation(job(system=True), FOLDERS)


def test_it_is_loaded_in_place_of_an_earlier_one():
    one = job()
    found = installation(one, FOLDERS)
    assert [(step.words[1:3], step.may_fail) for step in found.enable] == [
        (("bootout", f"gui/1000/{one.identifier}"), True),
        (("bootstrap", "gui/1000"), False),
    ]


def test_credentials_are_refused():
    with pytest.raises(UsageError, match="launchd loads no credentials"):
        installation(job(credentials={"debbie_token": "/etc/x"}), FOLDERS)
