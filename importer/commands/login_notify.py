"""`importer login --notify` and `importer logout --notify`: the addresses for notifications in the keyring."""

from __future__ import annotations

from collections.abc import Callable

from importer.errors import UsageError
from importer.night_settings import split_addresses
from importer.notify.delivery import KEYRING_NAME, URLS_VARIABLE, check_addresses
from importer.workspace.credentials import keep_secret, remove_secret
from importer.workspace.dialogue import Dialogue

NAME = "the addresses for notifications"


def login_notify(dialogue: Dialogue | None, read: Callable[[], str]) -> str:
    """Store the addresses in the keyring, and return a line for the user. ``read`` returns the standard input, for scripts.

    Raises UsageError if there is no keyring that keeps them, or SettingsError for an address that Apprise does not know.
    """
    question = "The addresses of Apprise, with blanks between them (they are not shown; Enter leaves them as they are): "
    given = dialogue.ask_secret(question) if dialogue else read()
    addresses = split_addresses(given)
    if not addresses and dialogue:
        return f"{NAME.capitalize()} stay as they are."
    if not addresses:
        raise UsageError(
            f"{NAME.capitalize()} are read from stdin, which is empty. Pass them there: importer login --notify < FILE"
        )
    check_addresses(dict(enumerate(addresses)))
    keep_secret(KEYRING_NAME, " ".join(addresses), NAME, URLS_VARIABLE)
    count = "1 address is" if len(addresses) == 1 else f"{len(addresses)} addresses are"
    return f"{count} in the keyring, and get the notifications."


def logout_notify() -> str:
    """Delete the addresses from the keyring, and return a line for the user. Raises UsageError if it does not delete them."""
    found = remove_secret(KEYRING_NAME, NAME)
    return f"{NAME.capitalize()} {'were deleted from' if found else 'are not in'} the keyring."
