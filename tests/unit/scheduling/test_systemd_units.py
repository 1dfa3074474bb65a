"""The units of systemd: the settings that a night needs, and paths of every kind."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.schedules import FOLDERS, directives, job, unit_command, unit_text, unit_words

from importer.errors import UsageError
from importer.scheduling.systemd import installation

PATHS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1).map(lambda text: f"/srv/{text}/x")


def units(one):
    service, timer = installation(one, FOLDERS).files
    return service.text, timer.text


def test_the_service_runs_once_and_is_stopped_politely():
    service, _ = units(job())
    wanted = {
        "Type": "oneshot",
        "TimeoutStartSec": "infinity",
        "KillSignal": "SIGINT",
        "TimeoutStopSec": "120",
        "SuccessExitStatus": "3 7 8",
        "UMask": "0077",
        "ExecStart": "/opt/importer/bin/importer schedule run-now nightly --workspace /srv/collection",
    }
    assert {name: directives(service, name) for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert directives(service, "User") == directives(service, "LoadCredential") == directives(service, "ConditionACPower") == []


def test_the_timer_makes_up_for_missed_runs_and_spreads_them():
    _, timer = units(job(at=["Mon..Fri 03:30", "06:15"], timezone="Europe/Copenhagen", random_delay_minutes=15))
    assert directives(timer, "OnCalendar") == [
        "Mon,Tue,Wed,Thu,Fri *-*-* 03:30:00 Europe/Copenhagen",
        "*-*-* 06:15:00 Europe/Copenhagen",
    ]
    assert [directives(timer, name) for name in ("Persistent", "RandomizedDelaySec", "FixedRandomDelay")] == [
        ["true"],
        ["900"],
        ["true"],
    ]
    assert "RandomizedDelaySec" not in units(job())[1]


def test_a_service_of_the_machine_has_a_user_credentials_and_the_network():
    chosen = {"credentials": {"debitura_api_key": "/etc/credstore/debitura"}, "on_battery": False, "wake": True}
    service, timer = units(job(system=True, user="collection", **chosen))
    assert directives(service, "User") == ["collection"]
    assert directives(service, "LoadCredential") == ["debitura_api_key:/etc/credstore/debitura"]
    assert directives(service, "ConditionACPower") == directives(timer, "WakeSystem") == ["true"]
    assert directives(service, "After") == ["network-online.target"]
    encrypted, _ = units(job(**chosen, credentials_are_encrypted=True))
    assert directives(encrypted, "LoadCredentialEncrypted") == ["debitura_api_key:/etc/credstore/debitura"]
    with pytest.raises(UsageError, match=r'write user = "\.\.\." under \[schedule\.nightly\]'):
        installation(job(system=True), FOLDERS)


@given(PATHS, st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"])))
def test_every_path_arrives_as_it_is(path, other):
    service, _ = units(job(path, {"IMPORTER_DATA_FOLDER": f"/{other}/x"}))
    assert unit_command(*directives(service, "ExecStart"))[-1] == path
    assert unit_text(*directives(service, "WorkingDirectory")) == path
    assert unit_words(*directives(service, "Environment")) == [f"IMPORTER_DATA_FOLDER=/{other}/x"]


@pytest.mark.parametrize(
    "path", ["/srv/a\nExecStartPre=/bin/evil", "/srv/a\r", "/srv/a ", "/srv/a\\", "/srv/\x7f", "/srv/\udc80"]
)
def test_a_path_that_a_line_cannot_hold_is_refused(path):
    with pytest.raises(UsageError, match="Rename the folder"):
        installation(job(path), FOLDERS)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("settings", [{}, {"random_delay_minutes": 5, "system": True, "user": "root", "wake": True}], ids=str)
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path, settings):
    workspace = tmp_path / 'a b%n $HOME "q" ø'
    workspace.mkdir()
    one = job(str(workspace), at=["Mon..Fri 03:30", "06:15"], timezone="Europe/Copenhagen", **settings)
    files = installation(one, FOLDERS).files
    for file in files:
        text = file.text.replace("/opt/importer/bin/importer", "/bin/true")
        (tmp_path / file.path.name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", *(tmp_path / file.path.name for file in files)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, one.identifier in ended.stderr) == (0, False), ended.stderr
