"""Nothing twice, nothing lost: short runs of the proofs; the long ones are run by hand (tests/README.md)."""

import json
import shutil
import time
from pathlib import Path

import pytest
from harness import plan
from kill_points import SCENARIOS
from simulation import ALWAYS, SandboxProcess, environment, examine, finish, importer, write_sheet
from support.processes import run_python, server_environment, start_python

HERE = Path(__file__).parent
RUN = ["-m", "importer", "run", "cases.csv", "--yes", "--new-ledger", "-q"]


@pytest.fixture
def sandbox(tmp_path):
    with SandboxProcess(tmp_path) as running:
        yield running


def refs(numbers):
    return {f"C{number}" for number in numbers}


def run_script(name, *arguments, cwd, timeout=280):
    return run_python([str(HERE / name), *arguments], cwd=cwd, env=server_environment(), timeout=timeout)


@pytest.mark.slow
@pytest.mark.parametrize("chosen", [["--kills", "8"], ["--kills", "3", "--postgres"]], ids=["sqlite", "postgres"])
def test_random_kills_under_faults(tmp_path, chosen):
    done = run_script("harness.py", "--rows", "40", "--seed", "20261121", *chosen, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith(": 0 bad")


@pytest.mark.slow
def test_several_processes_on_one_server(tmp_path):
    done = run_script("team.py", "--kills", "4", "--pauses", "2", "--seed", "20261128", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith(": 0 bad")


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [one.prepare.__name__ for one in SCENARIOS])
def test_a_kill_at_every_commit_request_and_file(tmp_path, scenario):
    done = run_script("kill_points.py", "--cases", "1", "--every", "240", "--only", scenario, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1].split()[0]) >= 1


def test_faults_alone_need_no_person(tmp_path, sandbox):
    numbers = range(150)
    write_sheet(tmp_path / "cases.csv", numbers)
    env = environment(sandbox.url)
    sandbox.faults(plan(5))
    first = importer(tmp_path, env | {"IMPORTER_DISPATCH__TIMEOUT_SECONDS": "0.4"}, "run", "cases.csv", "--yes", "--new-ledger")
    assert first.returncode in {0, 5, 6}, first.stderr
    finish(tmp_path, env | {"IMPORTER_DISPATCH__TIMEOUT_SECONDS": "0.4"})
    assert examine(sandbox.state(), tmp_path / "ledger.db", refs(numbers), finished=True).good


def newest_report(folder):
    return max((folder / "output").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def lose_every_case(sandbox):
    """Cases are created, their answers are lost, and the list cannot be read again."""
    lost = {"on": "cases", "nth": 1, "times": ALWAYS, "kind": "500_after"}
    sandbox.faults([lost, sandbox.hidden_after_the_look()])


def sheet_cells(path):
    import openpyxl

    book = openpyxl.load_workbook(path)
    sheet, *_ = book.worksheets  # the last one sums up
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_person_resolves_what_the_importer_cannot(tmp_path, sandbox):
    write_sheet(tmp_path / "cases.csv", range(1, 3))
    env = environment(sandbox.url)
    lose_every_case(sandbox)
    assert importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger").returncode == 5
    sandbox.faults(None)
    cases = {case["creditorReference"]: case["id"] for case in sandbox.state()["cases"]}
    rows = sheet_cells(newest_report(tmp_path) / "errors.xlsx")
    assert [row["#status"] for row in rows] == ["in doubt", "in doubt"]
    names = [row["#entry"].split()[0] for row in rows]
    assert f"importer resolve {names[0]} --exists ID" in rows[0]["#errors"]

    wrong = importer(tmp_path, env, "resolve", names[0], "--exists", cases["R2"])
    assert wrong.returncode == 2
    assert "Check the id" in wrong.stderr
    unknown = importer(tmp_path, env, "resolve", names[0], "--exists", "3c90c3cc-0d44-4b50-8888-8dd25736052a")
    assert unknown.returncode == 2
    right = importer(tmp_path, env, "resolve", names[0], "--exists", cases["R1"])
    assert right.returncode == 0, right.stderr
    again = importer(tmp_path, env, "resolve", names[0], "--absent")
    assert again.returncode == 2
    neither = importer(tmp_path, env, "resolve", names[1])
    assert neither.returncode == 2
    finish(tmp_path, env)
    assert examine(sandbox.state(), tmp_path / "ledger.db", refs(range(1, 3)), finished=True).good


def test_what_a_person_calls_absent_is_sent(tmp_path, sandbox):
    write_sheet(tmp_path / "cases.csv", range(1, 2))
    env = environment(sandbox.url)
    failed = {"on": "cases", "nth": 1, "times": ALWAYS, "kind": "500_before"}
    sandbox.faults([failed, sandbox.hidden_after_the_look()])
    assert importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger").returncode == 5
    sandbox.faults(None)
    assert not sandbox.state()["cases"]
    names = sheet_cells(newest_report(tmp_path) / "errors.xlsx")[0]["#entry"].split()
    assert importer(tmp_path, env, "resolve", names[0].replace("C1-", "C9-"), "--absent").returncode == 2
    assert importer(tmp_path, env, "resolve", names[0], "--absent").returncode == 0
    assert importer(tmp_path, env, "resume").returncode == 0
    assert len(sandbox.state()["cases"]) == 1


def test_on_absent_hold_asks_a_person(tmp_path, sandbox):
    write_sheet(tmp_path / "cases.csv", range(1, 2))
    env = environment(sandbox.url, on_absent="hold", settle_minutes=0)
    sandbox.faults([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "500_before"}])
    importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger")
    sandbox.faults(None)
    assert importer(tmp_path, env, "resume").returncode == 6
    assert not sandbox.state()["cases"]
    assert sheet_cells(newest_report(tmp_path) / "errors.xlsx")[0]["#status"] == "held"


def test_trusted_keys_send_the_same_again(tmp_path):
    """With keys that are heeded a lost answer needs no settle time: the repeat is answered with the first case."""
    data = tmp_path / "apis.jsonl"
    from importer.sandbox import FaultPlan, Sandbox, SandboxSettings

    plan = FaultPlan.parse([{"on": "cases", "nth": 1, "times": 3, "kind": "reset_after"}])
    with Sandbox(SandboxSettings(data_file=data, idempotency="honoured", faults=plan)) as running:
        write_sheet(tmp_path / "cases.csv", range(1, 4))
        env = environment(running.url, idempotency_keys="trusted", settle_minutes=600)
        done = importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger")
        assert done.returncode == 0, done.stderr
        assert len(running.cases) == 3
        assert running.requests.get("list", 0) <= 1


def test_a_restored_ledger_sends_nothing_twice(tmp_path, sandbox):
    """After a restore the ledger is older than the server: what it calls unsent is looked for first."""
    env = environment(sandbox.url, settle_minutes=0)
    write_sheet(tmp_path / "first.csv", range(1, 6))
    write_sheet(tmp_path / "second.csv", range(6, 11))
    lose_every_case(sandbox)
    assert importer(tmp_path, env, "run", "second.csv", "--yes", "--new-ledger").returncode == 5
    assert len(sandbox.state()["cases"]) == 5  # in doubt when the backup is taken
    sandbox.faults(None)
    copied = importer(tmp_path, env, "ledger", "backup", "backup.db")
    assert copied.returncode == 0, copied.stderr
    assert importer(tmp_path, env, "run", "first.csv", "--yes", "--new-ledger").returncode == 0
    finish(tmp_path, env)

    for old in tmp_path.glob("ledger.db*"):
        old.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "ledger.db")
    again = importer(tmp_path, env, "run", "first.csv", "--yes", "--new-ledger")
    assert again.returncode == 0, again.stdout + again.stderr
    finish(tmp_path, env)
    verdict = examine(sandbox.state(), tmp_path / "ledger.db", refs(range(1, 11)), finished=True)
    assert verdict.good, verdict
    assert "trusted from now on" in importer(tmp_path, env, "ledger", "trust").stdout


def test_refused_credentials_stop_the_account_and_resume_finishes(tmp_path, sandbox):
    numbers = range(1, 200)
    write_sheet(tmp_path / "cases.csv", numbers)
    env = environment(sandbox.url, concurrency=8)
    sandbox.faults([{"on": "cases", "nth": 101, "kind": "401_from"}])
    first = importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger")
    assert first.returncode == 5
    assert "401" in first.stderr
    state = sandbox.state()
    assert state["requests"]["cases"] <= 100 + 8
    assert len(state["cases"]) == 100
    sandbox.change(plan=None, api_keys=["another-key"])
    done = importer(tmp_path, env | {"IMPORTER_DEBITURA__API_KEY": "another-key"}, "resume")
    assert done.returncode == 0, done.stderr
    assert examine(sandbox.state(), tmp_path / "ledger.db", refs(numbers), finished=True).good


def test_a_dead_api_is_not_hammered(tmp_path, sandbox):
    write_sheet(tmp_path / "cases.csv", range(1, 300))
    env = environment(sandbox.url, concurrency=8)
    sandbox.faults([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "503_html"}])
    done = importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger")
    assert done.returncode == 5
    assert sandbox.state()["requests"]["cases"] <= 8 + 8 + 5  # a burst, what was under way, the probes


def test_repeats_stay_below_a_tenth_of_the_requests(tmp_path, sandbox):
    """Resets before the commit are repeated; with many of them, repeats wait their turn."""
    write_sheet(tmp_path / "cases.csv", range(1, 400))
    env = environment(sandbox.url, backoff_seconds=0.5)
    sandbox.faults({"seed": 3, "rate": 0.3, "kinds": ["500_before"], "paths": ["vouchers"]})
    process = start_python(RUN, cwd=tmp_path, env=env)
    while len(sandbox.state()["cases"]) < 399 and process.poll() is None:
        time.sleep(0.05)
    requests = sandbox.state()["requests"]["vouchers"]
    firsts = len({*range(1, 400)})
    process.terminate()
    process.wait(timeout=60)
    assert requests <= firsts * 1.1 + 10 + 20  # a tenth, the reserve, and one per base delay


def test_a_damaged_or_newer_ledger_stops_before_anything_is_sent(tmp_path, sandbox):
    import sqlite3

    env = environment(sandbox.url)
    write_sheet(tmp_path / "cases.csv", range(1, 40))
    assert importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger").returncode == 0
    before = len(sandbox.state()["cases"])
    whole = (tmp_path / "ledger.db").read_bytes()
    (tmp_path / "ledger.db").write_bytes(whole[:8192] + b"\x55" * 40_000 + whole[48_192:])
    write_sheet(tmp_path / "more.csv", range(50, 60))
    damaged = importer(tmp_path, env, "run", "more.csv", "--yes", "--new-ledger")
    assert damaged.returncode == 2
    assert "Restore a backup" in damaged.stderr
    (tmp_path / "ledger.db").write_bytes(whole)
    with sqlite3.connect(tmp_path / "ledger.db") as db:
        db.execute("UPDATE meta SET value = '999' WHERE name = 'schema'")
    db.close()
    newer = importer(tmp_path, env, "run", "more.csv", "--yes", "--new-ledger")
    assert newer.returncode == 2
    assert "newer version" in newer.stderr
    assert len(sandbox.state()["cases"]) == before


def test_two_runs_at_once_the_second_says_who_holds_the_ledger(tmp_path, sandbox):
    write_sheet(tmp_path / "cases.csv", range(1, 5))
    env = environment(sandbox.url, timeout_seconds=30) | {"IMPORTER_LEDGER__WAIT_SECONDS": "0"}
    sandbox.faults([{"on": "cases", "nth": 1, "times": 9, "kind": "hang_before", "seconds": 20}])
    first = start_python(RUN, cwd=tmp_path, env=env)
    while not sandbox.state()["requests"].get("cases"):
        time.sleep(0.02)
    second = importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger")
    assert second.returncode == 75
    assert f"process {first.pid}" in second.stderr
    first.kill()
    first.wait(timeout=20)
    sandbox.faults(None)
    assert importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger").returncode in {0, 6}
    finish(tmp_path, env)
    assert examine(sandbox.state(), tmp_path / "ledger.db", refs(range(1, 5)), finished=True).good
    assert json.loads((newest_report(tmp_path) / "summary.json").read_text())["balanced"]
