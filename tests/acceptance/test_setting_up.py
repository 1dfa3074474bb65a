"""`importer init`, `login` and `logout`; and whose settings and which hosts are trusted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.file_keyring import keyring_variables
from support.sheets import cases, write_csv
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import API_KEY, TENANT, TOKEN, WORKSPACE, CliWorkspace

from importer.settings import Settings

DOCUMENTED = "collectionpartner-api.debitura.com"
SERVICE = "collection-importer/"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
as_root = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def ring(tmp_path):
    return tmp_path / "ring.json"


@pytest.fixture
def newcomer(workspace, ring):
    """A folder of a user who has set up nothing yet, with a keyring."""
    workspace.env = {WORKSPACE: "", **keyring_variables(ring)}
    return workspace


def kept(ring: Path) -> dict[str, str]:
    return json.loads(ring.read_text()) if ring.exists() else {}


def said(process, text):
    out, err = process.communicate(text, timeout=90)
    return process.returncode, out + err


def piped(workspace, text, *arguments, **env):
    return said(workspace.start(*arguments, env=env, stdin=subprocess.PIPE), text)


# init


def test_init_asks_tests_the_keys_and_keeps_them(newcomer, fake_apis, ring):
    host = fake_apis.url.removeprefix("http://")
    urls = ("--debitura-url", fake_apis.url, "--debbie-url", fake_apis.url)
    with at_a_terminal(newcomer, "init", *urls) as (process, keyboard):
        read_until(keyboard, "tenant id at Debbie")
        os.write(keyboard, b"my tenant\n")
        read_until(keyboard, "That is not a tenant id")
        os.write(keyboard, f"{TENANT}\n".encode())
        read_until(keyboard, "Debitura's API key (it is not shown")
        os.write(keyboard, f"{API_KEY}\n".encode())
        read_until(keyboard, "Debbie's token (it is not shown")
        os.write(keyboard, f"{TOKEN}\n".encode())
        shown = read_until(keyboard, "in the keyring of this system? [y/N]")
        os.write(keyboard, b"y\n")
        code, out, rest = finish(process, keyboard)
    assert (code, out) == (0, "")
    assert f"Debitura answers at {fake_apis.url} and accepts the credentials" in shown
    assert f"Debbie answers at {fake_apis.url} and accepts the credentials" in shown
    assert API_KEY not in shown + rest
    assert TOKEN not in shown + rest
    assert kept(ring) == {f"{SERVICE}debitura@{host}": API_KEY, f"{SERVICE}debbie@{host}": TOKEN}
    settings = (newcomer.folder / "importer.toml").read_text()
    assert tomllib.loads(settings)["debbie"] == {"base_url": fake_apis.url, "tenant_id": TENANT}
    assert API_KEY not in settings
    assert "# How many requests may be under way at once, per API.\n# concurrency = 16\n" in settings
    # And then everything works, from a folder below it too.
    (newcomer.folder / "below").mkdir()
    below = CliWorkspace(newcomer.folder / "below")
    below.env = newcomer.env
    write_csv(below.folder / "a.csv", cases(1))
    ended = below.run("run", "a.csv", "--yes")
    assert (ended.code, len(fake_apis.cases)) == (0, 1), ended


def test_every_comment_of_the_settings_file_becomes_a_valid_setting(newcomer):
    assert newcomer.call("init").code == 0
    text = (newcomer.folder / "importer.toml").read_text()
    settings = [line.removeprefix("# ") if " = " in line and not line.endswith(".") else line for line in text.splitlines()]
    given = tomllib.loads("\n".join(line for line in settings if '"..."' not in line).replace("# [", "["))
    assert given.keys() == Settings.model_fields.keys()
    examples = {"defaults", "voucher_types", "schedule"}
    assert Settings(**{name: value for name, value in given.items() if name not in examples}) == Settings()
    assert set(Settings(**given).schedule) == {"nightly"}


def test_init_overwrites_nothing(newcomer):
    path = newcomer.folder / "importer.toml"
    path.write_text("# mine\n")
    ended = newcomer.call("init", "--yes")
    assert ended.code == 2
    assert f"There is a settings file {path} already: nothing was changed." in ended.err
    assert path.read_text() == "# mine\n"


def test_a_key_that_is_refused_makes_no_workspace_in_a_script(newcomer, fake_apis):
    variables = {"IMPORTER_DEBITURA__API_KEY": "mistyped-key"}
    ended = newcomer.call("init", "books", "--debitura-url", fake_apis.url, env=variables)
    assert ended.code == 2
    assert "Debitura refuses the credentials (HTTP 401)" in ended.err
    assert "add --yes to agree" in ended.err
    assert newcomer.everything_written() == {}
    ended = newcomer.call("init", "books", "--debitura-url", fake_apis.url, "--yes", env=variables)
    assert ended.code == 5
    assert (newcomer.folder / "books" / "importer.toml").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tenant-id", "acme"], "debbie.tenant_id"),
        (["--timezone", "Europe/Kopenhagen"], "debbie.timezone: is not a time zone"),
        (["--debitura-url", "http://api.example"], "must begin with https://"),
        (["--debitura-url", "https://api.example"], "importer login --host api.example"),
        (["--group", "nobody-is-in-this-group"], "There is no group nobody-is-in-this-group"),
        (["--join", "elsewhere"], "is no workspace"),
        (["--join", "elsewhere", "--timezone", "UTC"], "--join takes the workspace as it is"),
    ],
)
def test_a_wrong_answer_makes_no_workspace(newcomer, arguments, said):
    ended = newcomer.call("init", *arguments)
    assert ended.code == 2
    assert said in ended.err
    assert newcomer.everything_written() == {}


def test_a_workspace_within_another_one_is_a_question(newcomer):
    (newcomer.folder / "importer.toml").touch()
    ended = newcomer.call("init", "below")
    assert ended.code == 2
    assert f"is in the workspace {newcomer.folder}" in ended.err
    assert not (newcomer.folder / "below").exists()
    assert newcomer.call("init", "below", "--yes").code == 0


@as_root
def test_a_group_shares_a_workspace(newcomer):
    import grp

    group = next(one for one in grp.getgrall() if one.gr_gid and not one.gr_mem)
    assert newcomer.call("init", "books", "--group", group.gr_name).code == 0
    folder = newcomer.folder / "books"
    assert (folder.stat().st_mode & 0o7777, (folder / "importer.toml").stat().st_mode & 0o777) == (0o2770, 0o660)
    assert (folder / "importer.toml").stat().st_gid == group.gr_gid
    assert newcomer.call("config", "show", "--workspace", "books").code == 0


# login and logout


def test_a_key_is_read_from_stdin_and_kept_for_its_host(newcomer, fake_apis, ring):
    code, shown = piped(newcomer, f"{API_KEY}\n", "login", "--api", "debitura", "--no-test")
    assert (code, kept(ring)) == (0, {f"{SERVICE}debitura@{DOCUMENTED}": API_KEY}), shown
    assert API_KEY not in shown
    here = {"IMPORTER_DEBITURA__BASE_URL": fake_apis.url}
    code, shown = piped(newcomer, "mistyped-key\n", "login", "--api", "debitura", **here)
    assert code == 5
    assert "was not stored" in shown
    assert len(kept(ring)) == 1
    code, shown = piped(newcomer, f"{API_KEY}\n", "login", "--api", "debitura", **here)
    assert (code, len(kept(ring))) == (0, 2), shown
    assert newcomer.run("config", "show", env=here).out.count("api_key: set") == 1
    assert newcomer.run("logout", env=here).code == 0
    assert list(kept(ring)) == [f"{SERVICE}debitura@{DOCUMENTED}"]
    assert newcomer.run("logout").code == 0
    assert kept(ring) == {}


@pytest.mark.parametrize(
    ("text", "arguments", "part"),
    [
        ("", ["--api", "debitura"], "read from stdin, which is empty"),
        ("a key\n", [], "Add --api debitura or --api debbie"),
        ("kéy\n", ["--api", "debitura"], "no request can carry it"),
        ("key\n", ["--host", "a b"], "--host a b is not a host"),
    ],
)
def test_what_login_refuses(newcomer, ring, text, arguments, part):
    code, shown = piped(newcomer, text, "login", "--no-test", *arguments)
    assert (code, kept(ring)) == (2, {})
    assert part in shown


def test_a_system_without_a_keyring_is_told_the_variable(newcomer):
    no_ring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    code, shown = piped(newcomer, "key\n", "login", "--api", "debbie", "--no-test", **no_ring)
    assert code == 2
    assert "Set the variable IMPORTER_DEBBIE__TOKEN instead" in shown


def test_a_key_that_an_earlier_release_stored_is_for_the_documented_host_alone(newcomer, ring):
    ring.write_text(json.dumps({f"{SERVICE}debitura": API_KEY}))
    assert "# debitura.api_key: set, from the keyring" in newcomer.run("config", "show").out
    elsewhere = {"IMPORTER_DEBITURA__BASE_URL": "http://127.0.0.1:8085"}
    assert "# debitura.api_key: missing" in newcomer.run("config", "show", env=elsewhere).out
    assert newcomer.run("logout", env=elsewhere).code == 0
    assert kept(ring)
    assert newcomer.run("logout").code == 0
    assert kept(ring) == {}


# Hosts


def test_a_key_goes_to_a_host_that_the_user_has_confirmed(newcomer, ring):
    write_csv(newcomer.folder / "a.csv", cases(1))
    stranger = "127.0.0.2:9"  # nobody answers there
    newcomer.env |= {"IMPORTER_DEBITURA__BASE_URL": f"https://{stranger}", "IMPORTER_DEBITURA__API_KEY": API_KEY}
    for command in (["run", "a.csv", "--yes"], ["doctor"]):
        ended = newcomer.call(*command)
        assert ended.code == 2
        assert f"importer login --host {stranger}" in ended.err + ended.out
    assert newcomer.call("login", "--host", stranger).code == 2  # nobody can be asked
    assert newcomer.call("run", "a.csv", "--yes").code == 2
    assert piped(newcomer, "key\n", "login", "--host", stranger, "--api", "debitura", "--yes", "--no-test")[0] == 0
    assert newcomer.call("run", "a.csv", "--yes").code == 5  # it was tried
    assert newcomer.run("logout", "--host", stranger).code == 0
    assert kept(ring) == {}
    assert newcomer.call("run", "a.csv", "--yes").code == 2


def test_a_host_is_confirmed_at_the_terminal(newcomer):
    newcomer.env["IMPORTER_DEBITURA__BASE_URL"] = "https://api.example"
    for answer, code in (("n", 130), ("y", 0)):
        with at_a_terminal(newcomer, "login", "--host", "api.example", "--no-test") as (process, keyboard):
            read_until(keyboard, "May your keys and your debtors' data go there? [y/N]")
            os.write(keyboard, f"{answer}\n".encode())
            if answer == "y":
                read_until(keyboard, "it is not shown")
                os.write(keyboard, b"\n")
            assert finish(process, keyboard)[0] == code


# Whose settings


@posix
def test_settings_that_others_may_change_are_refused_before_any_request(configured_workspace, fake_apis):
    path = configured_workspace.folder / "importer.toml"
    path.touch()
    path.chmod(0o666)
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    for arguments in (["run", "a.csv", "--yes"], ["status"], ["config", "show"], ["check", "a.csv", "--config", path]):
        ended = configured_workspace.call(*arguments)
        assert ended.code == 2
        assert f"Run `chmod o-w {path}`" in ended.err
    assert not fake_apis.requests
    path.chmod(0o644)
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0


@as_root
def test_settings_of_a_stranger_are_used_by_who_joins(configured_workspace, fake_apis):
    path = configured_workspace.folder / "importer.toml"
    path.write_text('[debitura]\nbase_url = "https://api.example"\n[ledger]\nurl = "sqlite:///books.db"\n')
    os.chown(path, 4242, 4242)
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert (ended.code, ended.out, fake_apis.requests) == (2, "", {})
    assert f"importer init --join {path.parent}" in ended.err
    asked = configured_workspace.call("init", "--join", path.parent)
    assert asked.code == 2
    for part in ("belongs to the user 4242", f"ledger: {path.parent / 'books.db'}", "api.example, which is NOT the documented"):
        assert part in asked.err
    assert configured_workspace.call("run", "a.csv", "--yes").code == 2
    assert configured_workspace.call("init", "--join", path.parent, "--yes").code == 0
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    path.chmod(0o646)
    assert configured_workspace.call("run", "a.csv", "--yes").code == 2
    assert configured_workspace.call("init", "--join", path.parent, "--yes").code == 2
