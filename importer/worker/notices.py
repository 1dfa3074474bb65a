"""What a worker reports to people: by the addresses of [notify], and in any case in its own output."""

from __future__ import annotations

from datetime import UTC, datetime

from importer.notify.delivery import addresses_of
from importer.notify.post import Post, titled
from importer.notify.state import Undelivered
from importer.notify.state_file import StateFile
from importer.workspace.console import Console
from importer.workspace.environment import Environment


def deliver_notice(environment: Environment, console: Console, title: str, text: str) -> None:
    """Send a notice to the addresses of the settings; what cannot be delivered is kept for the next time."""
    console.warn(f"{title}: {text}")
    file = StateFile.of(environment)
    post = Post(file, addresses_of(environment.settings.notify), console)
    if not post.addresses:
        return
    one = Undelivered(titled(title, environment), text, "warning", ())
    file.change(lambda state: (post.queued(state, one), None))
    post.deliver(datetime.now(UTC))
