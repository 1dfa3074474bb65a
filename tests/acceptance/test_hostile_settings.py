"""Arguments, variables and files of settings that nobody means: each ends in a message and an exit code, never as a bug.

The values are tried on every argument of every command and on every setting.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from support.examples import examples
from support.sheets import cases, write_csv
from support.workspace import API_KEY, DATA_FOLDER, TOKEN, CliWorkspace, settings_for
from typer.main import get_command

from importer.cli.app import app
from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import Settings

AT_ONCE = {"IMPORTER_WATCH__SETTLE_SECONDS": "0", "IMPORTER_WATCH__NETWORK_SETTLE_SECONDS": "0"}
DEEP = 5_000
LONG = "9" * DEEP
VALUES = {
    "empty": "",
    "blanks": "  ",
    "23 digits": "9" * 23,
    "5,000 digits": LONG,
    "negative": "-1",
    "infinite": "inf",
    "no number": "nan",
    "overflow": "1e400",
    "word": "abc",
    "line break": "a\nb",
    "a byte that is not UTF-8": "\udcff",
    "a name of 300 letters": "x" * 300,
    "a path of 300 folders": "x/" * 300 + "x",
    "deep lists": "[" * DEEP + "]" * DEEP,
    "deep objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "a process": "/proc/self/ledger.db",
    "a device": "/dev/full",
    "a folder": "folder",
    "below a file": "a.csv/b",
    "a label": "C" + "9" * 15 + "-abcdef",
    "a pattern": "[*",
}


def endings(code: int, said: str) -> None:
    """Assert that a command ended as documented, with a message if something was wrong."""
    assert code != 1, said
    assert "Traceback" not in said
    assert "bug" not in said
    assert code == 0 or said.strip()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A workspace with one imported batch and a folder, its data folder, and a copy of both."""
    root, kept = tmp_path_factory.mktemp("prepared"), tmp_path_factory.mktemp("kept") / "copy"
    workspace = CliWorkspace(root / "workspace")
    (workspace.folder / "folder").mkdir(parents=True)
    (workspace.folder / "folder" / "b.csv").write_text("x\n", encoding="utf-8")
    write_csv(workspace.folder / "a.csv", cases(1))
    with Sandbox(SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="ignored")) as sandbox:
        workspace.env = settings_for(sandbox.url) | {DATA_FOLDER: str(root / "data")} | AT_ONCE
        assert workspace.call("run", "a.csv", "--yes").code == 0
        shutil.copytree(root, kept, symlinks=True)
        yield workspace, kept


@pytest.fixture
def ready(prepared):
    """The prepared workspace as it was before the first test."""
    workspace, kept = prepared
    shutil.rmtree(workspace.folder.parent)
    shutil.copytree(kept, workspace.folder.parent, symlinks=True)
    return workspace


# Arguments

SHARES = max(8 // examples(1), 1)  # each value is tried with every eighth argument or variable, and those with every eighth value
USUAL = {"paths": "a.csv", "file": "a.csv", "batch": "1", "entry": "C1-000000", "directory": "templates", "folders": "folder"}
ALSO = {"run": ("--yes",), "map": ("--yes",), "resolve": ("--absent",), "watch": ("--once",), "serve": ("--hash-password",)}
NOT_TRIED = {"sandbox"}  # it goes on until it is interrupted; its settings are tried below


def commands(group=None, names=()):
    group = group or get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*names, name))
        elif name not in NOT_TRIED:
            yield (*names, name), command


def calls():
    """Every command with every argument and every option that takes a value, at which the hostile value is ``None``."""
    for names, command in commands():
        usual = [USUAL.get(p.name, "x") for p in command.params if p.param_type_name == "argument"]
        also = ALSO.get(names[-1], ())
        for number in range(len(usual)):
            yield (*names, *usual[:number], None, *usual[number + 1 :], *also)
        for option in command.params:
            if option.param_type_name == "option" and not option.is_flag and not option.count and option.name != "help":
                name = max(option.opts, key=len)
                yield (*names, *usual, *(a for a in also if a != name), name, None)


CALLS = sorted(calls(), key=lambda call: [part or "" for part in call])


def test_the_commands_are_found():
    assert len({call[0] for call in CALLS}) >= 11
    assert len(CALLS) >= 35


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "call"), list(enumerate(CALLS)), ids=[" ".join(part or "?" for part in call) for call in CALLS]
)
def test_an_argument_that_nobody_means(ready, number, call):
    """Each argument is tried with every eighth value, so that each value is tried with many arguments."""
    for value in list(VALUES.values())[number % SHARES :: SHARES]:
        if (call[0], value) == ("template", "folder"):
            continue  # it may be meant
        ended = ready.call(*(value if part is None else part for part in call))
        endings(ended.code, ended.out + ended.err)


def test_a_batch_of_23_digits_is_named(ready):
    ended = ready.call("report", "9" * 23)
    assert ended.code == 2
    assert f"There is no batch {'9' * 23} in the ledger" in ended.err


@pytest.mark.parametrize(
    "plan", ["[" * DEEP, "{", "5", "\0", "x" * 300, "folder", "a.csv", '{"script": 1e400}', '{"retry_after": NaN}']
)
def test_a_fault_plan_that_nobody_means(ready, plan):
    ended = ready.call("sandbox", "--port", "99999999", "--faults", plan)
    assert ended.code == 2
    endings(ended.code, ended.err)


# Variables


def settings_names():
    for section, field in Settings.model_fields.items():
        yield section.upper()
        keys = getattr(field.annotation, "model_fields", {"X": None, "CURRENCY": None, "FEE__ID": None})
        yield from (f"{section}__{key}".upper() for key in keys)


JSON = {"window": "[1e308,1,1]", "windows": "[Infinity,60,60]", "no window": "[NaN,60,60]", "half": "{", "null": "null"}


@pytest.mark.slow
@pytest.mark.parametrize(("place", "name"), [*enumerate(sorted(settings_names()))])
def test_a_variable_that_nobody_means(ready, place, name):
    for value in [*(VALUES | JSON).values()][place % SHARES :: SHARES]:
        ended = ready.call("status", env={f"IMPORTER_{name}": value})
        endings(ended.code, ended.out + ended.err)
        if ended.code == 0:  # it was taken, so that it must be possible to work with it
            for command in (("doctor",), ("check", "a.csv")):
                ended = ready.call(*command, env={f"IMPORTER_{name}": value})
                endings(ended.code, ended.out + ended.err)


@pytest.mark.parametrize("name", ["DISPATCH", "DISPATCH__WINDOW_SECONDS", "DEFAULTS", "LEDGER__URL", "DEBITURA__BASE_URL"])
def test_a_variable_that_is_nested_too_deeply(ready, name):
    for value in (VALUES["deep lists"], VALUES["deep objects"]):
        ended = ready.call("status", env={f"IMPORTER_{name}": value})
        assert ended.code == 2
        endings(ended.code, ended.err)


@pytest.mark.parametrize(
    "value", ["[1e308,1e308,1e308]", "[Infinity,3600,86400]", "[60,NaN,86400]", "[60,3600,-1]", "60", "[60,60]"]
)
def test_a_window_of_no_length_or_without_end_is_refused(ready, value):
    ended = ready.call("status", env={"IMPORTER_DISPATCH__WINDOW_SECONDS": value})
    assert ended.code == 2
    assert "dispatch.window_seconds" in ended.err


@pytest.mark.parametrize("name", ["TIMEOUT_SECONDS", "BACKOFF_SECONDS", "SETTLE_MINUTES"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "-1", "9" * 23])
def test_a_time_that_is_none_is_refused(ready, name, value):
    ended = ready.call("status", env={f"IMPORTER_DISPATCH__{name}": value})
    assert ended.code == 2
    assert f"dispatch.{name.lower()}" in ended.err


# Files of settings and profiles

FILES = {
    "deep lists": f"a = {'[' * DEEP}{']' * DEEP}\n",
    "deep objects": f"a = {'{a=' * DEEP}1{'}' * DEEP}\n",
    "deep names": f"{'.'.join('a' * DEEP)} = 1\n",
    "deep tables": f"[{'.'.join('a' * DEEP)}]\n",
    "deep defaults": f"[defaults]\n{'.'.join('a' * DEEP)} = 1\n",
    "a deep ledger": f"[ledger]\nurl = {'[' * DEEP}{']' * DEEP}\n",
    "deep columns": f"[columns]\n{'.'.join('a' * DEEP)} = 1\n",
    "an integer of 5,000 digits": f"[dispatch]\nper_day = {LONG}\n",
    "an infinite number": "[dispatch]\nwindow_seconds = [inf, inf, inf]\n",
    "no number": "[dispatch]\ntimeout_seconds = nan\n",
    "a date": "[dispatch]\ntimeout_seconds = 0001-01-01T00:00:00+23:59\n",
    "a date that is none": "header_row = 9999-99-99\n",
    "a NUL": "[dispatch]\nper_day = 1\0\n",
    "a section that is none": "debitura = 5\n",
    "a section that is a text": 'debbie = "token"\ndebitura = "api_key"\n',
    "sections that are a list": "[[debitura]]\napi_key = 1\n",
    "a header row of 23 digits": f"header_row = {'9' * 23}\n",
}
BYTES = {
    **{name: text.encode() for name, text in FILES.items()},
    "not UTF-8": b"a = '\xff'\n",
    "UTF-16": "a = 1\n".encode("utf-16"),
    "random": bytes(range(256)),
}


@pytest.mark.parametrize("content", BYTES.values(), ids=BYTES)
def test_a_file_of_settings_that_nobody_means(ready, content):
    for name, flags in (("importer.toml", ()), ("other.toml", ("--config", "other.toml"))):
        path = ready.folder / name
        path.write_bytes(content)
        for command in (("status",), ("run", "a.csv", "--yes")):
            ended = ready.call(*command, *flags)
            assert ended.code == 2, (command, ended)
            endings(ended.code, ended.out + ended.err)
            assert name in ended.err
        path.unlink()


@pytest.mark.parametrize("content", BYTES.values(), ids=BYTES)
def test_a_profile_that_nobody_means(ready, content):
    (ready.folder / "profiles").mkdir()
    (ready.folder / "profiles" / "p.toml").write_bytes(content)
    ended = ready.call("check", "a.csv", "--profile", "p")
    assert ended.code == 2
    assert "p.toml" in ended.err
    endings(ended.code, ended.err)
    ended = ready.call("check", "a.csv")  # it is passed over, and named
    assert ended.code == 0
    assert "p.toml" in ended.err
    endings(ended.code, ended.err)


# Where the ledger is

NO_LEDGERS = (
    *("sqlite:///", "sqlite://", "sqlite:////", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"),
    *(
        "sqlite:////proc/ledger.db",
        "sqlite:////proc/version",
        "sqlite:////proc/self/mem",
        "sqlite:////dev/full",
        "sqlite:////dev/null",
    ),
    *("sqlite:///folder", "sqlite:///a.csv", "sqlite:///a.csv/ledger.db", f"sqlite:///{'x' * 300}", f"sqlite:////{'x/' * 3000}x"),
    *("sqlite:///x%00y.db", "sqlite:///\udcff.db", "sqlite:///x.db?timeout=abc", "sqlite:///x.db?timeout=nan"),
    *("sqlite:///x.db?timeout=1&timeout=2", "sqlite:///x.db?vfs=none", "sqlite:///x.db?cached_statements=99999999999999999999"),
    *("sqlite+aiosqlite:///x.db", "sqlite+pysqlcipher:///x.db", "sqlite+nonsense:///x.db", "sqlite://user:pw@host/x.db"),
    *("postgresql+psycopg://u:p@h/x", "postgresql+nonsense://u:p@h/x", "postgresql://u:p@h:port/x", "mysql://", "nonsense://x"),
    *("x", "://", "sqlite:", "sqlite:x", "x" * 5000),
)


@pytest.mark.skipif(sys.platform == "win32", reason="paths of Unix")
@pytest.mark.parametrize("url", NO_LEDGERS)
def test_a_ledger_where_none_can_be(ready, url):
    before = sorted(path.name for path in ready.folder.iterdir())
    around = {place: sorted(Path(place).iterdir()) for place in ("/dev", "/")}
    commands = (("doctor",), ("run", "a.csv", "--yes"), ("status",), ("resume",), ("report", "1"), ("ledger", "backup", "b.db"))
    for command in (*commands, ("ledger", "trust"), ("resolve", "C1-000000", "--absent")):
        ended = ready.call(*command, env={"IMPORTER_LEDGER__URL": url})
        assert ended.code == 2, (command, ended)
        endings(ended.code, ended.out + ended.err)
    after = {path.name for path in ready.folder.iterdir()}
    assert after - {*before, "a.csv.lock"} == set()
    assert {place: sorted(Path(place).iterdir()) for place in around} == around


def test_every_message_about_a_ledger_says_what_to_do(ready):
    for url in ("sqlite:///folder", "sqlite:////dev/full", "sqlite+aiosqlite:///x.db", f"sqlite:///{'x' * 300}"):
        ended = ready.call("run", "a.csv", "--yes", env={"IMPORTER_LEDGER__URL": url})
        assert "url" in ended.err
