"""Credentials: the hosts that they may go to, and the keyring, which keeps them for each host.

:func:`importer.credentials.find_credential` reads them.
"""

from __future__ import annotations

from importer.credentials import keyring_names
from importer.domain.hosts import host_of, is_loopback
from importer.errors import SettingsError, UsageError
from importer.settings import DOCUMENTED_HOSTS, KEYRING_SERVICE, Api
from importer.workspace.trust_memory import TrustMemory

NAMES: dict[Api, str] = {"debitura": "Debitura's API key", "debbie": "Debbie's token"}
"""What the credentials are called."""
VARIABLES: dict[Api, str] = {"debitura": "IMPORTER_DEBITURA__API_KEY", "debbie": "IMPORTER_DEBBIE__TOKEN"}


def refuse_unknown_host(api: Api, url: str) -> None:
    """Raise SettingsError if the API's credential may not go to this address.

    It may go to the hosts that the vendors document, to this machine, and to a host that the user has confirmed.
    """
    host = host_of(url)
    if host in DOCUMENTED_HOSTS.values() or is_loopback(url) or host in TrustMemory.of_user().hosts():
        return
    raise SettingsError(
        f"The settings send {NAMES[api]} to {host}, which is not the documented host {DOCUMENTED_HOSTS[api]}. "
        f"If that is right, run `importer login --host {host}` once; else correct base_url under [{api}]."
    )


def store(api: Api, host: str, value: str) -> None:
    """Keep a credential in the keyring. Raises UsageError if there is no keyring that keeps it."""
    keep_secret(keyring_names(api, host)[0], value, NAMES[api], VARIABLES[api])


def keep_secret(name: str, value: str, called: str, variable: str) -> None:
    """Keep a secret in the keyring; ``called`` and ``variable`` are for messages. Raises UsageError if no keyring keeps it."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(KEYRING_SERVICE, name, value)
        kept = keyring.get_password(KEYRING_SERVICE, name)
    except (KeyringError, ImportError, AttributeError, ValueError, OSError):  # locked, or a backend that cannot be loaded
        kept = None
    if kept != value:
        raise UsageError(f"This system has no keyring that keeps {called}, or it is locked. Set the variable {variable} instead.")


def remove(api: Api, host: str) -> bool:
    """Delete a credential from the keyring, also one that an earlier release stored. Returns False if there was none.

    Raises UsageError if the keyring does not delete it.
    """
    found = [remove_secret(name, NAMES[api]) for name in keyring_names(api, host)]
    return any(found)


def remove_secret(name: str, called: str) -> bool:
    """Delete a secret from the keyring. Returns False if there was none. Raises UsageError if the keyring does not delete it."""
    import keyring
    from keyring.errors import KeyringError

    try:
        if keyring.get_password(KEYRING_SERVICE, name) is None:
            return False
        keyring.delete_password(KEYRING_SERVICE, name)
    except (KeyringError, ImportError, AttributeError, ValueError, OSError) as error:
        raise UsageError(f"The keyring does not open, or does not delete {called}: {type(error).__name__}.") from None
    return True
