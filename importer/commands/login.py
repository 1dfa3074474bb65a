"""`importer login` and `importer logout`: keep the credentials for a host in the keyring, and confirm further hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from importer.commands.credential_test import check_credential, with_credentials
from importer.domain.hosts import host_of, is_loopback, normal_host
from importer.domain.secrets import header_problem
from importer.errors import ApiStopped, Declined, UsageError
from importer.settings import DOCUMENTED_HOSTS, Api, Settings
from importer.workspace.credentials import NAMES, refuse_unknown_host, remove, store
from importer.workspace.dialogue import Dialogue, agrees
from importer.workspace.trust_memory import TrustMemory
from importer.workspace.workspace import Workspace


@dataclass(frozen=True)
class LoginRequest:
    """What is stored: the credential of one ``api`` or of both, for the ``host`` that is given or those of the settings."""

    api: Api | None = None
    host: str | None = None
    is_tested: bool = True
    yes: bool = False


def login(
    request: LoginRequest, workspace: Workspace, settings: Settings, dialogue: Dialogue | None, read: Callable[[], str]
) -> Iterator[str]:
    """Store credentials in the keyring, and yield what was done. ``read`` returns the standard input, for scripts.

    Raises UsageError, ApiStopped if the API does not accept the credential, or Declined.
    """
    host = _given_host(request.host)
    if host is not None:
        confirm_host(host, dialogue, yes=request.yes)
    targets = _targets(request.api, host, settings)
    if not targets:
        yield f"Keys may go to {host} from now on. The settings in force do not name it yet: set base_url, then log in again."
    for api in targets:
        refuse_unknown_host(api, url_of(api, settings))
    for api in targets:
        value = _ask(api, targets[api], dialogue) if dialogue else _read(api, targets, read)
        if not value:
            yield f"{NAMES[api]} stays as it is."
            continue
        yield from _tested(api, value, workspace, settings, is_tested=request.is_tested)
        store(api, targets[api], value)
        yield f"{NAMES[api]} for {targets[api]} is in the keyring."


def logout(api: Api | None, host: str | None, settings: Settings) -> list[str]:
    """Delete credentials from the keyring; with a ``host``, also that keys may go there. Raises UsageError."""
    given = _given_host(host)
    apis: tuple[Api, ...] = (api,) if api else ("debitura", "debbie")
    lines = []
    for one in apis:
        of_host = given or host_of(url_of(one, settings))
        found = remove(one, of_host)
        lines.append(f"{NAMES[one]} for {of_host} {'was deleted from' if found else 'is not in'} the keyring.")
    if given and api is None and TrustMemory.of_user().forget_host(given):
        lines.append(f"No key goes to {given} any more, until `importer login --host {given}` confirms it again.")
    return lines


def confirm_host(host: str, dialogue: Dialogue | None, *, yes: bool) -> None:
    """Ask whether keys may go to a host that is not documented, and remember it. Raises UsageError, or Declined for a no."""
    memory = TrustMemory.of_user()
    if host in DOCUMENTED_HOSTS.values() or is_loopback(f"https://{host}") or host in memory.hosts():
        return
    documented = " and ".join(DOCUMENTED_HOSTS.values())
    question = f"{host} is none of the documented hosts ({documented}). May your keys and your debtors' data go there?"
    if not agrees(dialogue, question, yes=yes):
        raise Declined("Nothing was changed.")
    memory.confirm_host(host)


def _given_host(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return normal_host(text)
    except ValueError:
        raise UsageError(f"--host {text} is not a host. Write it like api.example.com.") from None


def url_of(api: Api, settings: Settings) -> str:
    """Return the address of the API in the settings."""
    return settings.debitura.base_url if api == "debitura" else settings.debbie.base_url


def _targets(api: Api | None, host: str | None, settings: Settings) -> dict[Api, str]:
    """Return the credentials to store, each with its host."""
    apis: tuple[Api, ...] = (api,) if api else ("debitura", "debbie")
    found = {one: host_of(url_of(one, settings)) for one in apis}
    return {one: of_settings for one, of_settings in found.items() if host in {None, of_settings}}


def _ask(api: Api, host: str, dialogue: Dialogue) -> str:
    return dialogue.ask_secret(f"{NAMES[api]} for {host} (it is not shown; Enter leaves it as it is): ")


def _read(api: Api, targets: dict[Api, str], read: Callable[[], str]) -> str:
    """Read the credential from the standard input, which holds one."""
    if len(targets) > 1:
        raise UsageError("There is no terminal to ask on. Add --api debitura or --api debbie, whose key is then read from stdin.")
    if not (value := read().strip()):
        raise UsageError(
            f"{NAMES[api]} is read from stdin, which is empty. Pass it there, as in: importer login --api {api} < FILE"
        )
    return value


def _tested(api: Api, value: str, workspace: Workspace, settings: Settings, *, is_tested: bool) -> list[str]:
    if problem := header_problem(value):
        raise UsageError(f"{NAMES[api]} {problem}, so that no request can carry it. It was not stored. Copy it again.")
    if not is_tested:
        return []
    found = check_credential(workspace, with_credentials(settings, {api: value}), api)
    if not found.good:
        raise ApiStopped(f"{found.text} {NAMES[api]} was not stored; --no-test stores it without asking the API.")
    return [f"{found.text}."]
