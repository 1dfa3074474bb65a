"""`importer resume --stand-by`: wait until the account has no sender any more, and then go on in its place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import sleep

from importer.commands.resume import resume
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.storage.location import require_ledger
from importer.ledger.storage.lock import OtherSender
from importer.workspace.connections import known_accounts, open_ledger_read_only
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.result import RunResult

LOOK_SECONDS = 1.0
"""How often it looks whether the sender is there still."""
TRIES_WITHOUT_LEDGER = 300
"""How often in a row the ledger may be out of reach, such as while its server starts again."""


def stand_by(
    environment: Environment,
    console: Console,
    output: Path | None = None,
    *,
    stop_at_quota: bool = False,
    pause: Callable[[float], None] = sleep,
) -> RunResult:
    """Resume as soon as the account has no sender. Raises LedgerError if the ledger does not exist, or stays out of reach.

    Of several processes that stand by, one goes on, and the others wait for its end.
    """
    require_ledger(environment.ledger_url)
    while True:
        _wait_for_end_of_sender(environment, console, pause)
        with suppress(LedgerHeld):  # by a process that writes something else, or that is suspended
            result = resume(environment, console, output, stop_at_quota=stop_at_quota)
            if _sender(environment) is None:
                return result


def _wait_for_end_of_sender(environment: Environment, console: Console, pause: Callable[[float], None]) -> None:
    shown: OtherSender | None = None
    failed = 0
    while True:
        try:
            found, failed = _sender(environment), 0
        except LedgerError:
            failed += 1
            if failed == TRIES_WITHOUT_LEDGER:
                raise
        else:
            if found is None:
                return
            if shown is None or (found.silence() and not shown.silence()):
                console.note(f"{found.text()} goes on. This run stands by, and goes on when it has ended.{found.silence()}")
                shown = found
        pause(LOOK_SECONDS)


def _sender(environment: Environment) -> OtherSender | None:
    with open_ledger_read_only(environment) as ledger:
        return ledger.sender(known_accounts(ledger, environment).cases)
