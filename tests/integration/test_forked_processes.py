"""Most tests fork their commands (``support.processes``): a forked process is what a new interpreter would have been."""

import json
import os
import signal
import subprocess
import sys

import pytest
from support.processes import AS_TEXT, NEW_INTERPRETERS, PIPES, ForkedProcess, can_fork, start_python
from support.workspace import clean_environment

pytestmark = pytest.mark.skipif(not can_fork(), reason="here each command is started by a new interpreter")

SURROUNDINGS = """
import json, os, signal, sys
streams = (sys.stdin, sys.stdout, sys.stderr)
mask = os.umask(0)
print(json.dumps({
    "arguments": sys.argv,
    "folder": os.getcwd(),
    "path": sys.path[0],
    "environment": dict(os.environ),
    "mask": mask,
    "given": sys.stdin.read(),
    "parent": os.getppid(),
    "leads": os.getsid(0) == os.getpid(),
    "streams": [[s.name if isinstance(s.name, int) else s.fileno(), s.encoding, s.errors, s.line_buffering] for s in streams],
    "interrupt": str(signal.getsignal(signal.SIGINT)),
    "files": sorted(os.listdir("/proc/self/fd"))[:3],
}))
"""
ENDS = {
    "code": ("-c", "import sys; print('some'); sys.exit(7)"),
    "text": ("-c", "import sys; sys.exit('some words')"),
    "flushed": ("-c", "import sys; sys.stdout.write('no line'); sys.stderr.write('neither')"),
    "at exit": ("-c", "import atexit; atexit.register(print, 'at the end')"),
    "thread": ("-c", "import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()"),
    "usage": ("-m", "importer", "no-command"),
    "version": ("-m", "importer", "--version"),
}


def both(monkeypatch, command, folder, given="", **options):
    """How a forked process and a new interpreter end."""
    found = []
    for wanted in ("", "1"):
        monkeypatch.setenv(NEW_INTERPRETERS, wanted)
        env = clean_environment(PYTHONPATH="some/where", TZ="Europe/Copenhagen")
        del env[NEW_INTERPRETERS]
        process = start_python(list(command), cwd=folder, env=env, **PIPES | AS_TEXT | {"stdin": subprocess.PIPE} | options)
        assert isinstance(process, ForkedProcess) is (not wanted)
        out, err = process.communicate(given, timeout=60)
        found.append((process.returncode, out, err))
    return found


@pytest.mark.parametrize("new_session", [False, True])
def test_it_has_the_surroundings_of_a_new_interpreter(monkeypatch, tmp_path, new_session):
    forked, new = both(monkeypatch, ("-c", SURROUNDINGS, "a", "ø"), tmp_path, "some øl", start_new_session=new_session)
    assert (forked[0], forked[2]) == (new[0], new[2]) == (0, "")
    assert json.loads(forked[1]) == json.loads(new[1])
    assert json.loads(forked[1])["parent"] == os.getpid()


@pytest.mark.parametrize("command", ENDS.values(), ids=ENDS)
def test_it_ends_as_a_new_interpreter_does(monkeypatch, tmp_path, command):
    forked, new = both(monkeypatch, command, tmp_path)
    assert forked == new


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_ends_it(tmp_path, kind):
    program = "import time; print('here', flush=True); time.sleep(60)"
    with start_python(["-c", program], cwd=tmp_path, env=clean_environment(), **PIPES | AS_TEXT) as process:
        assert isinstance(process, ForkedProcess)
        assert process.stdout.readline() == "here\n"
        process.send_signal(kind)
        assert process.wait(timeout=30) == -kind


def test_one_forgets_what_another_has_loaded_and_changed(tmp_path):
    found = []
    for program in ("import json; json.changed = 1", "import json; print(hasattr(json, 'changed'))"):
        with start_python(["-c", program], cwd=tmp_path, env=clean_environment(), **PIPES | AS_TEXT) as process:
            found.append(process.communicate(timeout=30)[0])
    assert found == ["", "False\n"]


def test_where_options_or_variables_ask_for_it_the_interpreter_is_new(tmp_path):
    for options in ({"preexec_fn": lambda: None}, {"env": clean_environment(PYTHONUTF8="0")}):
        with start_python(["-c", "pass"], **{"cwd": tmp_path, "env": clean_environment()} | options) as process:
            assert type(process) is subprocess.Popen
            assert process.args[0] == sys.executable
            assert process.wait(timeout=60) == 0
