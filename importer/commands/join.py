"""`importer init --join DIR`: trust the settings of a workspace that belongs to another user or to a group."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from importer.domain.hosts import host_of, is_loopback
from importer.domain.paths import is_file
from importer.errors import Declined, SettingsError, UsageError
from importer.settings import DOCUMENTED_HOSTS, Api, Settings, read_settings_file
from importer.workspace.dialogue import Dialogue, agrees
from importer.workspace.trust import facts_of, group_of, objection, user_name
from importer.workspace.trust_memory import JoinedWorkspace, TrustMemory
from importer.workspace.workspace import SETTINGS_NAME, shown_ledger


def join_workspace(folder: Path, dialogue: Dialogue | None, say: Callable[[str], None], *, yes: bool) -> None:
    """Show what the settings of a workspace say, and trust them from now on if the user agrees.

    Raises UsageError or SettingsError if there is no workspace, or if others may change it; Declined for a no.
    """
    path = folder.absolute() / SETTINGS_NAME
    facts = facts_of(path)
    if facts is None or not is_file(path):
        raise UsageError(f"There is no settings file {path}: {folder.absolute()} is no workspace. Check the path.")
    if sys.platform == "win32":
        say("On Windows settings files are not checked for their owner: there is nothing to join.")
        return
    content = read_settings_file(path)
    group = _group(_value(content, "workspace", "group", None))
    agreed = JoinedWorkspace(max(facts.owners), group)
    if problem := objection(path, facts, os.geteuid(), agreed, group_of):
        raise SettingsError(f"{problem} Nothing was changed.")
    owners = " and ".join(map(user_name, sorted(facts.owners)))
    shared = (
        "its owner alone" if group is None else f"the group {group_of(group).name}, whose members may then change its settings"
    )
    say(f"The workspace {path.parent}")
    say(f"  belongs to {owners}, and is shared by {shared}")
    say(f"  ledger: {_ledger(content, path.parent)}")
    say(f"  cases and Debitura's key go to {_host(content, 'debitura')}")
    say(f"  vouchers and Debbie's token go to {_host(content, 'debbie')}")
    if not agrees(dialogue, "Trust these settings, and work in this workspace?", yes=yes):
        raise Declined("Nothing was changed.")
    TrustMemory.of_user().join(path.parent, agreed)
    say("You have joined the workspace.")


def _group(name: Any) -> int | None:
    if name is None:
        return None
    import grp

    try:
        return grp.getgrnam(str(name)).gr_gid
    except KeyError:
        raise UsageError(f"There is no group {name} on this machine, which the workspace names. Nothing was changed.") from None


def _value(content: dict[str, Any], section: str, key: str, default: Any) -> Any:
    return content.get(section, {}).get(key, default)


def _ledger(content: dict[str, Any], folder: Path) -> str:
    from importer.ledger.storage.location import resolve_url

    url = str(_value(content, "ledger", "url", Settings.model_fields["ledger"].default.url))
    return shown_ledger(resolve_url(url, folder))


def _host(content: dict[str, Any], api: Api) -> str:
    """Return the host of the settings file for people, with what it means if it is not the documented one."""
    url = str(_value(content, api, "base_url", Settings.model_fields[api].default.base_url))
    try:
        host = host_of(url)
    except ValueError:
        raise UsageError(f"base_url under [{api}] is not an address. Nothing was changed.") from None
    if host == DOCUMENTED_HOSTS[api]:
        return f"{host}, the documented host"
    if is_loopback(url):
        return f"{host}, on this machine"
    if host in TrustMemory.of_user().hosts():
        return f"{host}, which you have confirmed"
    return f"{host}, which is NOT the documented host; no key goes there before `importer login --host {host}`"
