"""The notifications on their way: queued in the state of the night until every address has taken them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.notify.delivery import deliver
from importer.notify.state import Message, NightState, Trouble, Undelivered
from importer.notify.state_file import StateFile
from importer.workspace.console import Console
from importer.workspace.environment import Environment

MOST_TITLES = 3
MOST_UNDELIVERED = 20
_FAILURES = frozenset(
    {Trouble.BUG, Trouble.STOPPED, Trouble.USAGE, Trouble.KEPT_OUT, Trouble.FILE_MISSING, Trouble.FILE_UNREADABLE}
)


class Post:
    """Queues and delivers notifications to some ``addresses``, by digest."""

    def __init__(self, file: StateFile, addresses: Mapping[str, str], console: Console) -> None:
        self.addresses = addresses
        self._file, self._console = file, console

    def queued(self, state: NightState, one: Undelivered) -> NightState:
        """Return the state with one more notification, to all addresses."""
        added = replace(one, to=tuple(self.addresses))
        return replace(state, undelivered=(*state.undelivered, added)[-MOST_UNDELIVERED:])

    def deliver(self, now: datetime, after: timedelta = timedelta(0)) -> bool:
        """Send what is queued, unless it was tried within the time ``after``. Returns whether all was taken."""
        sent = self._file.change(lambda state: self._claimed(state, now, after))
        failed = {one: deliver(one, self.addresses) for one in sent}
        if sent:
            self._file.change(lambda state: (_settled(state, failed), None))
        has_failed = any(failed.values())
        if has_failed:
            self._console.warn("A notification could not be delivered. It is sent again in the next run.")
        return not has_failed

    def _claimed(self, state: NightState, now: datetime, after: timedelta) -> tuple[NightState, tuple[Undelivered, ...]]:
        """Return the notifications to send now; those to addresses that are no longer in the settings are dropped."""
        if state.tried_at and timedelta(0) <= now - from_timestamp(state.tried_at) < after:
            return state, ()
        known = tuple(one for one in state.undelivered if set(one.to) & set(self.addresses))
        return replace(state, undelivered=known, tried_at=to_timestamp(now) if known else ""), known


def _settled(state: NightState, failed: Mapping[Undelivered, tuple[str, ...]]) -> NightState:
    """Return the state without what was delivered. ``failed``: the addresses that have not taken a notification."""
    left = [replace(one, to=failed[one]) if one in failed else one for one in state.undelivered]
    undelivered = tuple(one for one in left if one.to)
    return replace(state, undelivered=undelivered, tried_at=state.tried_at if undelivered else "")


def notification(
    messages: Sequence[Message], environment: Environment, *, is_fine: bool, files: tuple[str, ...] = ()
) -> Undelivered:
    """Put the messages of a run into one notification. ``is_fine``: no trouble is left. ``files`` are attached to troubles."""
    are_recoveries = all(message.is_recovery for message in messages)
    titles = "; ".join(message.title for message in messages[:MOST_TITLES])
    more = f"; and {len(messages) - MOST_TITLES} more" if len(messages) > MOST_TITLES else ""
    texts = [message.text for message in messages] + (["Nothing is wrong any more."] if are_recoveries and is_fine else [])
    attached = () if are_recoveries else files
    return Undelivered(titled(titles + more, environment), "\n\n".join(texts), _severity(messages), (), attached)


def _severity(messages: Sequence[Message]) -> str:
    """Return the severity, in the words of Apprise."""
    troubles = [message.trouble for message in messages if not message.is_recovery]
    if not troubles:
        return "success"
    return "failure" if _FAILURES.intersection(troubles) else "warning"


def titled(text: str, environment: Environment) -> str:
    """Return a title with the name of the workspace's folder."""
    sandbox = " (sandbox)" if environment.is_sandbox else ""
    return f"Importer, {environment.workspace.root.absolute().name}{sandbox}: {text}"
