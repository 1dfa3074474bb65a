"""A schedule is run as the scheduler does, and given to schedulers whose programs are scripts that keep what they get."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock
from support.sheets import case, cases, vouchers, write_csv, write_workbook

SCHEDULE = '[schedule.nightly]\npaths = ["incoming", "more/*.csv"]\nat = "Mon..Fri 03:30"\n'
TOO_LATE = {"date": "not a date"}


@pytest.fixture
def scheduled(configured_workspace):
    folder = configured_workspace.folder
    (folder / "importer.toml").write_text(SCHEDULE, encoding="utf-8")
    (folder / "incoming").mkdir()
    (folder / "more").mkdir()
    return configured_workspace


def first_import(workspace):
    """An import at a terminal, after which the ledger is known."""
    write_csv(workspace.folder / "first.csv", cases(1))
    assert workspace.call("run", "first.csv", "--yes", "--quiet").code == 0


def last_run(workspace):
    return json.loads((workspace.folder / "schedules" / "nightly.json").read_text(encoding="utf-8"))


def append(workspace, text):
    path = workspace.folder / "importer.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


# Runs


def test_a_night_imports_what_is_there_and_the_next_one_nothing_twice(scheduled, fake_apis):
    first_import(scheduled)
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(2, first=2))
    write_csv(scheduled.folder / "more" / "b.csv", cases(2, first=4))
    assert scheduled.call("schedule", "run-now", "nightly").code == 0
    assert len(fake_apis.cases) == 5
    assert (last_run(scheduled)["exit_code"], last_run(scheduled)["files"]) == (0, 2)
    assert scheduled.call("schedule", "run-now", "nightly").code == 0
    assert len(fake_apis.cases) == 5


def test_an_empty_night_is_a_good_one_and_says_so_in_one_line(scheduled):
    ended = scheduled.call("schedule", "run-now", "nightly")
    assert (ended.code, ended.out) == (0, "Nothing to import: there is no file in incoming, more/*.csv.\n")
    assert last_run(scheduled)["files"] == 0
    assert json.loads(scheduled.call("schedule", "run-now", "nightly", "--json").out) == []


@pytest.mark.parametrize("missing", ["incoming", "more"])
def test_a_folder_that_is_missing_is_no_empty_night(scheduled, missing):
    (scheduled.folder / missing).rmdir()
    ended = scheduled.call("schedule", "run-now", "nightly")
    assert ended.code == 4
    assert f"The folder {missing} does not exist. Is its drive connected?" in ended.err
    assert last_run(scheduled)["exit_code"] == 4


def test_the_first_run_of_a_ledger_is_made_at_a_terminal(scheduled):
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(1))
    ended = scheduled.call("schedule", "run-now", "nightly")
    assert (ended.code, "--new-ledger" in ended.err) == (2, True)


def test_what_an_earlier_night_has_left_goes_on_and_the_more_urgent_code_counts(scheduled, fake_apis):
    first_import(scheduled)
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(3, first=2))
    limits = {"IMPORTER_DISPATCH__PER_DAY": "4"}  # requests: the partner, the list, and what else a run needs, count too
    assert scheduled.call("schedule", "run-now", "nightly", env=limits).code == 7
    (scheduled.folder / "incoming" / "a.csv").unlink()
    write_csv(scheduled.folder / "incoming" / "b.csv", [case("X1", **TOO_LATE)])
    assert scheduled.call("schedule", "run-now", "nightly").code == 3
    assert len(fake_apis.cases) == 4


def test_a_missing_folder_does_not_hide_what_was_resumed(scheduled, fake_apis):
    first_import(scheduled)
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(3, first=2))
    assert scheduled.call("schedule", "run-now", "nightly", env={"IMPORTER_DISPATCH__PER_DAY": "4"}).code == 7
    (scheduled.folder / "more").rmdir()
    ended = scheduled.call("schedule", "run-now", "nightly")
    assert (ended.code, len(fake_apis.cases)) == (4, 4)
    assert "a.csv  (batch 2)" in ended.out
    assert "The folder more does not exist" in ended.err


def test_what_cannot_go_on_does_not_keep_out_the_files_of_tonight(scheduled, fake_apis):
    first_import(scheduled)
    write_workbook(scheduled.folder / "incoming" / "a.xlsx", cases(3, first=2), vouchers(1, first=2))
    assert scheduled.call("schedule", "run-now", "nightly", env={"IMPORTER_DISPATCH__PER_DAY": "4"}).code == 7
    (scheduled.folder / "incoming" / "a.xlsx").unlink()
    write_csv(scheduled.folder / "incoming" / "b.csv", cases(1, first=9))
    sent = len(fake_apis.cases)
    ended = scheduled.call("schedule", "run-now", "nightly", env={"IMPORTER_DEBBIE__TOKEN": ""})
    assert (ended.code, len(fake_apis.cases)) == (2, sent + 1), ended.err
    assert "There are vouchers to send, but these settings are missing" in ended.err
    assert "b.csv  (batch 3)" in ended.out
    assert last_run(scheduled)["exit_code"] == 2


def test_gates_of_the_schedule_leave_everything_staged(scheduled, fake_apis):
    first_import(scheduled)
    append(scheduled, 'max_rejected = "5%"\n')
    write_csv(scheduled.folder / "incoming" / "a.csv", [case("G1"), case("G2", **TOO_LATE)])
    ended = scheduled.call("schedule", "run-now", "nightly")
    assert (ended.code, "--max-rejected allows 5%" in ended.err + ended.out) == (8, True)
    assert len(fake_apis.cases) == 1


def test_the_rules_of_approval_hold_at_night_too(scheduled, fake_apis):
    first_import(scheduled)
    append(scheduled, '[approval]\nrequired = "always"\n')
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(1, first=2))
    assert scheduled.call("schedule", "run-now", "nightly").code == 8
    assert len(fake_apis.cases) == 1


def test_a_run_that_finds_another_one_changes_nothing(scheduled):
    assert scheduled.call("schedule", "run-now", "nightly").code == 0
    before = last_run(scheduled)
    with FileLock(scheduled.folder / "schedules" / "nightly.lock"):
        ended = scheduled.call("schedule", "run-now", "nightly")
    assert (ended.code, ended.err) == (75, "The schedule nightly is already running. This run changes nothing.\n")
    assert last_run(scheduled) == before


def test_an_unknown_schedule_names_those_that_there_are(scheduled):
    ended = scheduled.call("schedule", "run-now", "weekly")
    assert (ended.code, "there are: nightly" in ended.err) == (2, True)


def test_a_trial_in_the_sandbox_needs_no_keys_and_counts_as_no_run(scheduled, fake_apis):
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(2))
    assert scheduled.call("schedule", "run-now", "nightly", "--sandbox").code == 0
    assert fake_apis.cases == []
    assert not (scheduled.folder / "schedules" / "nightly.json").exists()


def test_the_run_remembers_nothing_of_the_files_and_is_readable_by_its_owner_alone(scheduled):
    first_import(scheduled)
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(1, first=2))
    scheduled.call("schedule", "run-now", "nightly")
    path = scheduled.folder / "schedules" / "nightly.json"
    assert set(json.loads(path.read_text(encoding="utf-8"))) == {"began", "ended", "exit_code", "files"}
    if os.name != "nt":
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_keys_come_from_the_credentials_of_systemd(scheduled, fake_apis, tmp_path):
    first_import(scheduled)
    write_csv(scheduled.folder / "incoming" / "a.csv", cases(1, first=2))
    folder = tmp_path / "credentials"
    folder.mkdir()
    key = scheduled.env["IMPORTER_DEBITURA__API_KEY"]
    (folder / "debitura_api_key").write_text(f"{key}\n", encoding="utf-8")
    given = {"IMPORTER_DEBITURA__API_KEY": "", "CREDENTIALS_DIRECTORY": str(folder)}
    ended = scheduled.call("schedule", "run-now", "nightly", env=given)
    assert (ended.code, len(fake_apis.cases)) == (0, 2)
    shown = scheduled.call("config", "show", env=given).out
    assert "# debitura.api_key: set, from the file debitura_api_key of CREDENTIALS_DIRECTORY" in shown
    assert "API_KEY is set, from the file debitura_api_key" in scheduled.call("doctor", env=given).out
    assert key not in shown + ended.out + ended.err


# Installations

PROGRAMS = {
    "systemctl": 'echo "$@" >> "$KEPT/systemctl"\nif [ -e "$KEPT/broken" ]; then echo "no bus" >&2; exit 1; fi\n',
    "crontab": 'if [ "$1" = -l ]; then cat "$KEPT/crontab" 2>/dev/null || { echo "no crontab for x" >&2; exit 1; }\n'
    'else cat > "$KEPT/crontab"; fi\n',
}


@pytest.fixture
def machine(scheduled, tmp_path):
    """The workspace on a machine with systemd and cron; returns the folder in which they keep what they get."""
    kept, programs, home = tmp_path / "kept", tmp_path / "programs", tmp_path / "home"
    for folder in (kept, programs, home):
        folder.mkdir()
    for name, script in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        (programs / name).chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    scheduled.env |= {"PATH": path, "KEPT": str(kept), "HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_RUNTIME_DIR": ""}
    return kept


def units(machine: Path) -> list[Path]:
    return sorted((machine.parent / "home").rglob("*.service")) + sorted((machine.parent / "home").rglob("*.timer"))


scripts = pytest.mark.skipif(os.name == "nt", reason="the programs are scripts for sh")


@scripts
def test_a_timer_is_installed_shown_renewed_and_removed(scheduled, machine):
    assert "not installed" in scheduled.call("schedule", "show").out
    installed = scheduled.call("schedule", "install", "--kind", "systemd", "--yes")
    assert (installed.code, len(units(machine))) == (0, 2)
    assert "nightly is installed (systemd). The next run is on" in installed.out
    assert "IMPORTER_DEBITURA__API_KEY" in installed.out  # a variable that the run will not have, by its name alone
    assert scheduled.env["IMPORTER_DEBITURA__API_KEY"] not in installed.out + "".join(path.read_text() for path in units(machine))
    called = (machine / "systemctl").read_text().splitlines()
    assert called == ["--user daemon-reload", f"--user enable --now {units(machine)[1].name}"]
    assert scheduled.call("schedule", "show", "nightly").code == 0

    append(scheduled, "random_delay_minutes = 5\n")
    shown = scheduled.call("schedule", "show")
    assert (shown.code, "    +RandomizedDelaySec=300" in shown.out.splitlines()) == (2, True)
    assert scheduled.call("schedule", "install", "nightly", "--kind", "systemd", "-y").code == 0
    assert scheduled.call("schedule", "show").code == 0

    removed = scheduled.call("schedule", "remove", "nightly", "--yes")
    assert (removed.code, units(machine)) == (0, [])
    assert "disable --now" in (machine / "systemctl").read_text()
    assert "is not installed" in scheduled.call("schedule", "remove", "nightly", "--yes").out


@scripts
def test_the_crontab_keeps_its_lines_and_another_scheduler_takes_over(scheduled, machine):
    own = '# mine\nMAILTO="anna"\n5 5 * * * true\n'
    (machine / "crontab").write_text(own, encoding="utf-8")
    assert scheduled.call("schedule", "install", "--kind", "crontab", "--yes").code == 0
    assert (machine / "crontab").read_text(encoding="utf-8").startswith(f"{own}# BEGIN collection-importer-nightly-")
    assert "installed (crontab): the crontab of this user" in scheduled.call("schedule", "show").out
    assert scheduled.call("schedule", "install", "--kind", "systemd", "--yes").code == 0
    assert (machine / "crontab").read_text(encoding="utf-8") == own  # or it would run twice
    assert len(units(machine)) == 2


@scripts
def test_a_user_who_may_not_use_cron_can_use_systemd(scheduled, machine):
    (machine.parent / "programs" / "crontab").write_text(
        '#!/bin/sh\necho "you are not allowed to" >&2; exit 1\n', encoding="utf-8"
    )
    refused = scheduled.call("schedule", "install", "--kind", "crontab", "--yes")
    assert (refused.code, "does not show the crontab: you are not allowed to. Nothing was changed." in refused.err) == (2, True)
    assert scheduled.call("schedule", "install", "--kind", "systemd", "--yes").code == 0


@scripts
def test_nothing_is_written_by_print_nor_without_an_answer(scheduled, machine):
    for kind in ("systemd", "crontab", "launchd", "windows"):
        assert scheduled.call("schedule", "install", "--kind", kind, "--print").code == 0
    asked = scheduled.call("schedule", "install", "--kind", "crontab")
    assert (asked.code, "Install nightly? There is no terminal to ask on: add --yes" in asked.err) == (2, True)
    assert (list(machine.iterdir()), list((machine.parent / "home").iterdir())) == ([], [])


@scripts
def test_a_file_of_another_origin_is_never_replaced(scheduled, machine):
    assert scheduled.call("schedule", "install", "--kind", "systemd", "--yes").code == 0
    service = units(machine)[0]
    service.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    for command in (("install", "--kind", "systemd"), ("remove", "nightly")):
        ended = scheduled.call("schedule", *command, "--yes")
        assert (ended.code, "is not from the importer, and stays" in ended.err) == (2, True)
    assert "/bin/true" in service.read_text(encoding="utf-8")


@scripts
def test_a_scheduler_that_fails_is_named_with_what_is_left_to_do(scheduled, machine):
    (machine / "broken").touch()
    ended = scheduled.call("schedule", "install", "--kind", "systemd", "--yes")
    assert ended.code == 2
    assert "`systemctl --user daemon-reload` failed: no bus. The files are written. Run it, or" in ended.err


@scripts
@pytest.mark.usefixtures("machine")
def test_schedulers_of_other_systems_are_only_shown(scheduled):
    for kind in ("windows", "launchd"):
        ended = scheduled.call("schedule", "install", "--kind", kind, "--yes")
        assert (ended.code, "Add --print" in ended.err) == (2, True)


@scripts
@pytest.mark.usefixtures("machine")
def test_a_time_zone_that_the_scheduler_does_not_have_is_refused(scheduled):
    append(scheduled, 'timezone = "Pacific/Chatham"\n')
    ended = scheduled.call("schedule", "install", "--kind", "crontab", "--yes")
    assert (ended.code, "has the clock of the machine only" in ended.err) == (2, True)
    assert "03:30:00 Pacific/Chatham" in scheduled.call("schedule", "install", "--kind", "systemd", "--print").out
