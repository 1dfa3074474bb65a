"""A disk that is really full, before and while entries are sent: nothing is lost, nothing is sent twice."""

import resource
import subprocess
import time
from contextlib import contextmanager

import pytest
from simulation import SandboxProcess, environment, examine, finish, importer, write_sheet
from support.processes import start_python

CASES = range(1, 301)
REFS = {f"C{number}" for number in CASES}


@pytest.fixture
def sandbox(tmp_path):
    with SandboxProcess(tmp_path) as running:
        yield running


@contextmanager
def small_disk(folder, size):
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder):
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            return


def start(folder, env, *arguments, **options):
    return start_python(["-m", "importer", *arguments], cwd=folder, env=env, stderr=subprocess.PIPE, text=True, **options)


def assert_stopped_for_want_of_space(code, err, sandbox):
    assert code == 6
    assert "cannot be used: " in err
    assert "What was under way is in doubt; nothing more was sent." in err
    assert "importer resume" in err
    assert "Traceback" not in err
    assert 0 < len(sandbox.state()["cases"]) < len(CASES)


def assert_resuming_finishes(folder, env, ledger, sandbox):
    finish(folder, env)
    verdict = examine(sandbox.state(), ledger, REFS, finished=True)
    assert verdict.good, verdict


def test_a_disk_that_fills_up_while_sending(tmp_path, sandbox):
    with small_disk(tmp_path / "small", "6m") as small:
        on_small = {"IMPORTER_LEDGER__URL": f"sqlite:///{small}/ledger.db", "IMPORTER_LEDGER__BACKUPS": "0"}
        env = environment(sandbox.url, concurrency=4) | on_small
        write_sheet(tmp_path / "cases.csv", CASES)
        run = start(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger", "-q")
        while run.poll() is None and len(sandbox.state()["cases"]) < 20:
            time.sleep(0.05)  # a question at once after each answer would keep the sandbox from its work
        fill(small)
        _, err = run.communicate(timeout=60)
        assert_stopped_for_want_of_space(run.returncode, err, sandbox)
        assert "full" in err
        sent = len(sandbox.state()["cases"])
        assert importer(tmp_path, env, "resume", "-q").returncode in {2, 6}  # still full
        assert len(sandbox.state()["cases"]) <= sent + 4
        (small / "ballast").unlink()
        assert_resuming_finishes(tmp_path, env, small / "ledger.db", sandbox)


def test_a_ledger_that_may_not_grow_while_sending(tmp_path, sandbox):
    """The kernel refuses to let the file grow: the same, without the right to mount."""
    env = environment(sandbox.url, concurrency=4)
    write_sheet(tmp_path / "cases.csv", CASES)
    sandbox.faults([{"on": "cases", "nth": 1, "kind": "401_from"}])
    assert importer(tmp_path, env, "run", "cases.csv", "--yes", "--new-ledger").returncode == 5
    sandbox.faults(None)

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    run = start(tmp_path, env, "resume", "-q", preexec_fn=limited)
    _, err = run.communicate(timeout=60)
    assert_stopped_for_want_of_space(run.returncode, err, sandbox)
    assert_resuming_finishes(tmp_path, env, tmp_path / "ledger.db", sandbox)


def test_a_disk_too_full_to_take_a_file_in(tmp_path, sandbox):
    """Nothing of it is recorded or sent."""
    with small_disk(tmp_path / "small", "2m") as small:
        env = environment(sandbox.url) | {"IMPORTER_LEDGER__URL": f"sqlite:///{small}/ledger.db"}
        write_sheet(tmp_path / "few.csv", range(1, 20))
        assert importer(tmp_path, env, "run", "few.csv", "--yes", "--new-ledger").returncode == 0
        write_sheet(tmp_path / "many.csv", range(100, 6000))
        full = importer(tmp_path, env, "run", "many.csv", "--yes", "--new-ledger")
        assert full.returncode == 2
        assert "full" in full.stderr
        assert "Traceback" not in full.stderr
        assert len(sandbox.state()["cases"]) == 19
