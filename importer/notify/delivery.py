"""Sending notifications by Apprise. Their addresses are secret, and appear in no message and no log."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from importer.errors import SettingsError
from importer.night_settings import NotifySettings, split_addresses
from importer.notify.state import Undelivered
from importer.settings import KEYRING_SERVICE

KEYRING_NAME = "notify"
URLS_VARIABLE = "IMPORTER_NOTIFY__URLS"
MOST_ATTACHED_BYTES = 10_000_000
EXTRA = "Install it with: pip install 'collection-importer[notify]'"


def addresses_of(settings: NotifySettings) -> dict[str, str]:
    """Return the addresses of the environment, else of the keyring, each by its digest."""
    found = settings.addresses or split_addresses(_of_keyring() or "")
    return {digest_of(address): address for address in found}


def _of_keyring() -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, KEYRING_NAME)
    except (KeyringError, ImportError, AttributeError, ValueError, OSError):  # locked, or a backend that cannot be loaded
        return None


def digest_of(address: str) -> str:
    """Return the digest by which an address is remembered; the address cannot be derived from it."""
    return hashlib.blake2b(address.encode("utf-8", "surrogatepass"), digest_size=12, person=b"importer-notify").hexdigest()


def check_addresses(addresses: Mapping[Any, str]) -> None:
    """Raise SettingsError if notifications cannot be sent: Apprise is missing, or does not know an address."""
    if not addresses:
        return
    apprise = _apprise()
    with _quietly():
        for number, address in enumerate(addresses.values(), 1):
            if apprise.Apprise.instantiate(address, asset=_asset(apprise)) is None:
                raise SettingsError(
                    f"Address {number} of {URLS_VARIABLE}, or of `importer login --notify`, is none that Apprise knows. Correct "
                    f"it; the documentation of Apprise has one page for each service."
                )


def deliver(one: Undelivered, addresses: Mapping[str, str]) -> tuple[str, ...]:
    """Send a notification to those of its addresses that have not taken it yet. Returns the digests of those that failed."""
    apprise = _apprise()
    return tuple(digest for digest in one.to if digest in addresses and not _deliver(apprise, one, addresses[digest]))


def _deliver(apprise: Any, one: Undelivered, address: str) -> bool:
    with _quietly():
        sender = apprise.Apprise(asset=_asset(apprise))
        try:
            return bool(
                sender.add(address)
                and sender.notify(body=one.text, title=one.title, notify_type=one.severity, attach=_attached(one.files))
            )
        except Exception:  # noqa: BLE001  (a plugin of Apprise may raise anything, and must not end an import)
            return False


def _attached(files: Sequence[str]) -> list[str] | None:
    """Return the files that are still there and are not too large."""
    return [file for file in files if Path(file).is_file() and Path(file).stat().st_size <= MOST_ATTACHED_BYTES] or None


def _asset(apprise: Any) -> Any:
    return apprise.AppriseAsset(app_id="importer", app_desc="collection importer", app_url="", secure_logging=True)


def _apprise() -> Any:
    try:
        with _quietly():
            import apprise
    except ImportError:
        raise SettingsError(f"Notifications need Apprise, which is not installed. {EXTRA}") from None
    return apprise


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep what Apprise and the HTTP library below it log from the terminal: it can hold parts of addresses.

    Warnings about what Apprise imports, which happens when it first looks for its services, are of no use there either.
    """
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
