"""Which settings files are trusted, as a table of who owns them and who may change them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from importer.errors import SettingsError, UsageError
from importer.workspace.trust import FileFacts, Group, objection, refuse_untrusted
from importer.workspace.trust_memory import JoinedWorkspace, TrustMemory

ME, ROOT, ANNA, BO = 1000, 0, 1001, 1002
MINE, FINANCE, UNKNOWN, STAFF = 100, 200, 300, 400
GROUPS = {
    MINE: Group("me", frozenset({ME})),
    FINANCE: Group("finance", frozenset({ME, ANNA})),
    STAFF: Group("staff", frozenset({ME, BO})),
    UNKNOWN: Group("300", None),
}
FILE = Path("/srv/team/importer.toml")
BY_ANNA, BY_GROUP = JoinedWorkspace(ANNA, None), JoinedWorkspace(ANNA, FINANCE)


@pytest.mark.parametrize(
    ("owners", "group", "mode", "joined", "advice"),
    [
        ({ME}, MINE, 0o600, None, None),
        ({ROOT}, STAFF, 0o644, None, None),
        ({ME, ROOT}, MINE, 0o644, None, None),
        ({ME}, MINE, 0o664, None, None),  # the usual rights where each user has a group of their own
        ({ME}, FINANCE, 0o664, None, "chmod g-w"),
        ({ROOT}, FINANCE, 0o664, None, "chmod g-w"),
        ({ME}, UNKNOWN, 0o664, None, "chmod g-w"),
        ({ME}, MINE, 0o666, None, "chmod o-w"),
        ({ME}, MINE, 0o602, None, "chmod o-w"),
        ({ANNA}, MINE, 0o644, None, "init --join /srv/team"),
        ({ME, ANNA}, MINE, 0o644, None, "init --join /srv/team"),  # a link of a stranger to a file of the user
        ({ANNA}, FINANCE, 0o660, None, "init --join /srv/team"),
        # In a workspace that was joined
        ({ANNA}, FINANCE, 0o644, BY_ANNA, None),
        ({ANNA}, FINANCE, 0o664, BY_ANNA, None),  # its owner and the user are all the members
        ({ANNA}, STAFF, 0o664, BY_ANNA, "chmod g-w"),
        ({ANNA}, FINANCE, 0o666, BY_ANNA, "chmod o-w"),
        ({BO}, FINANCE, 0o644, BY_ANNA, "did not when you joined"),
        ({ANNA}, FINANCE, 0o660, BY_GROUP, None),
        ({ME}, FINANCE, 0o660, BY_GROUP, None),
        ({ANNA}, STAFF, 0o660, BY_GROUP, "chmod g-w"),  # another group than the one that was agreed to
        ({BO}, FINANCE, 0o660, BY_GROUP, "did not when you joined"),  # no member of it
        ({ANNA}, FINANCE, 0o662, BY_GROUP, "chmod o-w"),
        ({ME}, FINANCE, 0o660, JoinedWorkspace(ME, FINANCE), None),  # as `importer init --group finance` leaves it
    ],
)
def test_what_is_trusted(owners, group, mode, joined, advice):
    found = objection(FILE, FileFacts(frozenset(owners), group, mode), ME, joined, GROUPS.__getitem__)
    if advice is None:
        assert found is None
    else:
        assert found is not None
        assert advice in found
        assert str(FILE) in found


def test_the_advice_can_be_pasted_into_a_shell():
    path = Path("/srv/our team's/importer.toml")
    found = objection(path, FileFacts(frozenset({ME}), MINE, 0o666), ME, None, GROUPS.__getitem__)
    assert found is not None
    assert """chmod o-w '/srv/our team'"'"'s/importer.toml'""" in found


posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")


@posix
def test_a_file_of_this_machine(tmp_path):
    path = tmp_path / "importer.toml"
    refuse_untrusted(path)  # there is none
    path.touch(mode=0o600)
    refuse_untrusted(path)
    path.chmod(0o646)
    with pytest.raises(SettingsError, match="chmod o-w"):
        refuse_untrusted(path)


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_a_workspace_that_was_joined_is_trusted_until_it_has_another_owner(tmp_path):
    path = tmp_path / "team" / "importer.toml"
    path.parent.mkdir()
    path.touch(mode=0o600)
    os.chown(path, 4242, 4242)
    with pytest.raises(SettingsError, match="belongs to the user 4242"):
        refuse_untrusted(path)
    TrustMemory.of_user().join(path.parent, JoinedWorkspace(4242, None))
    refuse_untrusted(path)
    (path.parent / "staging").mkdir()
    other = path.parent / "staging" / "other.toml"
    other.touch(mode=0o600)
    os.chown(other, 4242, 4242)
    refuse_untrusted(other)  # it is in that workspace
    os.chown(path, 4243, 4243)
    with pytest.raises(SettingsError, match="did not when you joined"):
        refuse_untrusted(path)


# What is remembered


def test_what_is_trusted_is_remembered_for_the_user_alone(tmp_path):
    memory = TrustMemory(tmp_path / "data" / "trust.json")
    assert memory.joined(tmp_path) is None
    assert memory.hosts() == frozenset()
    assert not memory.forget_host("api.example")
    memory.join(tmp_path / "team", JoinedWorkspace(ANNA, FINANCE))
    memory.confirm_host("api.example")
    assert memory.joined(tmp_path / "team" / "year") == JoinedWorkspace(ANNA, FINANCE)
    assert memory.joined(tmp_path) is None
    assert memory.hosts() == {"api.example"}
    if sys.platform != "win32":
        assert memory.path.stat().st_mode & 0o777 == 0o600
        assert memory.path.parent.stat().st_mode & 0o777 == 0o700
    assert memory.forget_host("api.example")
    assert memory.hosts() == frozenset()
    assert memory.joined(tmp_path / "team") == JoinedWorkspace(ANNA, FINANCE)


@posix
def test_a_memory_that_others_may_write_is_refused(tmp_path):
    memory = TrustMemory(tmp_path / "trust.json")
    memory.confirm_host("api.example")
    memory.path.chmod(0o666)
    with pytest.raises(SettingsError, match="chmod 600"):
        memory.hosts()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"workspaces": {"/x": 1}, "hosts": {}}', '{"workspaces": {}, "hosts": 1}'])
def test_a_memory_that_cannot_be_read_trusts_nothing(tmp_path, text):
    memory = TrustMemory(tmp_path / "trust.json")
    memory.path.write_text(text)
    assert memory.hosts() == frozenset()
    assert memory.joined(Path("/x")) is None


def test_without_a_data_folder_nothing_can_be_remembered():
    with pytest.raises(UsageError, match="IMPORTER_DATA_FOLDER"):
        TrustMemory(None).confirm_host("api.example")
    assert TrustMemory(None).hosts() == frozenset()
