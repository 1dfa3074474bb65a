"""`importer init`: make a folder a workspace, with a settings file that explains itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from importer.commands.credential_test import check_credential, with_credentials
from importer.commands.login import confirm_host, url_of
from importer.commands.settings_text import checked_settings, settings_text
from importer.credentials import secret
from importer.domain.hosts import host_of
from importer.domain.paths import is_file
from importer.errors import Declined, ExitCode, UsageError
from importer.settings import Api, Settings
from importer.workspace.credentials import NAMES, VARIABLES, refuse_unknown_host, store
from importer.workspace.dialogue import Dialogue, agrees
from importer.workspace.trust_memory import JoinedWorkspace, TrustMemory
from importer.workspace.workspace import LEDGER_NAME, SETTINGS_NAME, Workspace

APIS: tuple[Api, ...] = ("debitura", "debbie")


@dataclass(frozen=True)
class InitRequest:
    """The folder and the answers that were given as options; what is missing is asked at a terminal.

    ``values`` are settings by their names, such as ``debbie.tenant_id``. ``keyring`` is None if that is to be asked.
    """

    folder: Path
    values: dict[str, str] = field(default_factory=dict)
    keyring: bool | None = None
    is_tested: bool = True
    yes: bool = False

    @property
    def settings_file(self) -> Path:
        """Return the path of the settings file that is to be written."""
        return self.folder.absolute() / SETTINGS_NAME


def init_workspace(request: InitRequest, dialogue: Dialogue | None, say: Callable[[str], None]) -> ExitCode:
    """Make the folder a workspace. Nothing that exists is changed or overwritten.

    Raises UsageError, SettingsError, or Declined if the user does not agree; then nothing was written.
    """
    _refuse_existing(request.settings_file)
    _ask_about_outer_workspace(request, dialogue)
    group = _group_number(request.values.get("workspace.group"))
    values = dict(request.values)
    if dialogue and "debbie.tenant_id" not in values and (tenant := _ask_tenant(dialogue)):
        values["debbie.tenant_id"] = tenant
    settings = checked_settings(values)
    _check_hosts(request, settings, dialogue)
    typed = _typed_credentials(settings, dialogue)
    settings = with_credentials(settings, typed)
    exit_code = _test(request, settings, dialogue, say)
    write_new(request.settings_file, settings_text(values), group)
    say(f"The workspace {request.settings_file.parent} was made: its settings are in {SETTINGS_NAME}.")
    if is_file(request.settings_file.with_name(LEDGER_NAME)):
        say(f"The {LEDGER_NAME} that is there is its ledger, as before.")
    _offer_keyring(request, settings, typed, dialogue, say)
    say("Next: `importer doctor` checks everything, and `importer check FILE` reads a file without sending it.")
    return exit_code


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):  # also a link that leads nowhere
        raise UsageError(
            f"There is a settings file {path} already: nothing was changed. Edit it; or, if that is the workspace of another "
            f"user, run `importer init --join {path.parent}`."
        )


def _ask_about_outer_workspace(request: InitRequest, dialogue: Dialogue | None) -> None:
    """Ask before a workspace is made within another one: commands below the folder would use another ledger from then on."""
    folder = request.settings_file.parent
    outer = next((one for one in folder.parents if is_file(one / SETTINGS_NAME)), None)
    question = (
        f"{folder} is in the workspace {outer}. Commands that are run here would have a ledger of their own from now on, which "
        f"does not know what was sent with that of {outer}. Make another workspace here?"
    )
    if outer and not agrees(dialogue, question, yes=request.yes):
        raise Declined("Nothing was changed.")


def _ask_tenant(dialogue: Dialogue) -> str:
    while answer := dialogue.ask("Your tenant id at Debbie (Enter if you import cases alone): "):
        try:
            return str(UUID(answer))
        except ValueError:
            dialogue.say("That is not a tenant id: it is a UUID, such as 5a4d0b0c-1111-4111-8111-00000000d0b1.")
    return ""


def _check_hosts(request: InitRequest, settings: Settings, dialogue: Dialogue | None) -> None:
    """Ask about each host that is not documented. Raises SettingsError without a terminal, Declined for a no."""
    for api in APIS:
        if dialogue or request.yes:
            confirm_host(host_of(url_of(api, settings)), dialogue, yes=request.yes)
        refuse_unknown_host(api, url_of(api, settings))


def _typed_credentials(settings: Settings, dialogue: Dialogue | None) -> dict[Api, str]:
    """Ask for the credentials that neither the environment nor the keyring has."""
    if dialogue is None:
        return {}
    wanted = APIS if settings.debbie.tenant_id else APIS[:1]
    asked = {
        api: dialogue.ask_secret(f"{NAMES[api]} (it is not shown; Enter for none): ")
        for api in wanted
        if not secret(settings, api)
    }
    return {api: value for api, value in asked.items() if value}


def _test(request: InitRequest, settings: Settings, dialogue: Dialogue | None, say: Callable[[str], None]) -> ExitCode:
    """Test each credential that is there. If one is not accepted, ask whether to go on. Raises Declined or UsageError."""
    failed = ExitCode.OK
    for api in APIS:
        if not secret(settings, api):
            say(f"{NAMES[api]} is missing: set {VARIABLES[api]}, or run `importer login --api {api}`.")
        elif request.is_tested:
            found = check_credential(Workspace(request.settings_file.parent), settings, api)
            say(f"{found.text}{'' if found.text.endswith('.') else '.'}")
            failed = max(failed, found.exit_code)
    if failed and not agrees(dialogue, "Make the workspace all the same?", yes=request.yes):
        raise Declined("Nothing was changed.")
    return failed


def write_new(path: Path, text: str, group: int | None) -> None:
    """Write a settings file that must not exist, for its owner alone or for a group too. Raises UsageError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        _refuse_existing(path)
        raise UsageError(f"{path.parent} is not a folder. Name one for the workspace.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}. Check your rights.") from None
    if group is not None:
        _share(path, group)


def _share(path: Path, group: int) -> None:
    """Let a group write the settings file and its folder, and agree to that. Raises UsageError; then the file is gone again."""
    try:
        for one, rights in ((path.parent, 0o2770), (path, 0o660)):
            shutil.chown(one, group=group)
            one.chmod(rights)
        TrustMemory.of_user().join(path.parent, JoinedWorkspace(os.geteuid(), group))
    except (OSError, UsageError) as error:
        path.unlink(missing_ok=True)
        cause = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path.parent} cannot be shared with the group: {cause}. You must be one of its members.") from None


def _group_number(name: str | None) -> int | None:
    """Return the number of the group that is to share the workspace. Raises UsageError if there is no such group."""
    if name is None:
        return None
    if sys.platform == "win32":
        raise UsageError(
            "Windows has no groups of this kind. Leave --group out, and give the folder's rights to the group there."
        )
    import grp

    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise UsageError(f"There is no group {name} on this machine. Check --group.") from None


def _offer_keyring(
    request: InitRequest, settings: Settings, typed: dict[Api, str], dialogue: Dialogue | None, say: Callable[[str], None]
) -> None:
    """Keep the credentials that were typed in the keyring, or those of the environment if an option says so."""
    found = _known_credentials(settings) if request.keyring else typed
    if request.keyring is False or not found:
        return
    if request.keyring is None and not agrees(dialogue, "Keep the keys in the keyring of this system?", yes=request.yes):
        say(f"The keys were not kept. Set {' and '.join(VARIABLES[api] for api in found)}, or run `importer login`.")
        return
    for api, value in found.items():
        say(_stored(api, host_of(url_of(api, settings)), value))


def _known_credentials(settings: Settings) -> dict[Api, str]:
    return {api: value for api in APIS if (value := secret(settings, api))}


def _stored(api: Api, host: str, value: str) -> str:
    """Keep a credential in the keyring, and return what to say of it: the workspace is made, with or without a keyring."""
    try:
        store(api, host, value)
    except UsageError as error:
        return str(error)
    return f"{NAMES[api]} for {host} is in the keyring."
