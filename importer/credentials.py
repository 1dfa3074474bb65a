"""The credentials of the APIs: from the environment, else from the credentials directory of systemd, else from the keyring."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from importer.domain.hosts import host_of
from importer.domain.paths import is_file
from importer.errors import SettingsError
from importer.settings import DOCUMENTED_HOSTS, KEYRING_SERVICE, Api, Settings
from importer.web_settings import WebSettings, proxy_secret_problem

CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"
"""The variable with which systemd names the folder of what a unit loads by ``LoadCredential=``."""
FILES: dict[Api, str] = {"debitura": "debitura_api_key", "debbie": "debbie_token"}
"""The names of the files in that folder."""
PROXY_SECRET = "web_proxy_secret"  # noqa: S105  (a name)
"""The name of the secret of the page's proxy: of its file in that folder, and in the keyring."""


@dataclass(frozen=True)
class FoundCredential:
    """A credential, and where it comes from, for people. Its ``repr`` omits the value."""

    value: str = field(repr=False)
    origin: str


def find_credential(settings: Settings, api: Api) -> FoundCredential | None:
    """Return the credential of an API; None if there is none. Raises SettingsError for a file that cannot be read."""
    section = settings.debitura if api == "debitura" else settings.debbie
    given = settings.debitura.api_key if api == "debitura" else settings.debbie.token
    if given is not None:
        return FoundCredential(given.get_secret_value(), "the environment")
    if (value := _from_directory(FILES[api])) is not None:
        return FoundCredential(value, f"the file {FILES[api]} of {CREDENTIALS_DIRECTORY}")
    value = _from_keyring(keyring_names(api, host_of(section.base_url)))
    return None if value is None else FoundCredential(value, "the keyring")


def secret(settings: Settings, api: Api) -> str | None:
    """Return the value of :func:`find_credential`; None if there is none."""
    found = find_credential(settings, api)
    return None if found is None else found.value


def proxy_secret(settings: WebSettings) -> str | None:
    """Return the secret that the proxy of the page sends; None if there is none.

    Raises SettingsError for one that is too short, or a file that cannot be read.
    """
    if settings.proxy_secret is not None:
        return settings.proxy_secret.get_secret_value()
    found = _from_directory(PROXY_SECRET)
    value = _from_keyring((PROXY_SECRET,)) if found is None else found
    if value is not None and (problem := proxy_secret_problem(value)):
        raise SettingsError(f"The credential {PROXY_SECRET} cannot be used: {problem}. Replace it.")
    return value


def _from_directory(name: str) -> str | None:
    folder = os.environ.get(CREDENTIALS_DIRECTORY, "").strip()
    if not folder or not is_file(path := Path(folder) / name):
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n") or None  # an editor ends the line
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The credential {path} cannot be read ({type(error).__name__}). Let this user read it, and write it as UTF-8."
        ) from None


def _from_keyring(names: tuple[str, ...]) -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        found = (keyring.get_password(KEYRING_SERVICE, name) for name in names)
        return next((value for value in found if value is not None), None)
    except (KeyringError, ImportError, AttributeError, ValueError, OSError):  # locked, or a backend that cannot be loaded
        return None


def keyring_names(api: Api, host: str) -> tuple[str, ...]:
    """Return the names under which the keyring may hold a credential for this host, the present one first.

    Earlier releases stored it without a host. Such an entry is for the documented host alone.
    """
    return (f"{api}@{host}", api) if host == DOCUMENTED_HOSTS[api] else (f"{api}@{host}",)
