"""Send the entries of a sender: rounds of reconciling and sending, the waits between them, and the interrupts that end them."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from importer.dispatcher.apis.debbie import Debbie
from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.apis.requests import RequestGate
from importer.dispatcher.pacing.throttle import ApiThrottle
from importer.dispatcher.reconcile.adopted_vouchers import adopt_vouchers
from importer.dispatcher.reconcile.cases import Policy, reconcile
from importer.dispatcher.reconcile.vouchers import reconcile_vouchers
from importer.dispatcher.sending.keys import UNPROTECTED, KeyPolicy
from importer.dispatcher.sending.pipeline import Pipeline, Progress
from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts, normal_id
from importer.domain.kinds import RecordKind
from importer.errors import ApiStopped, ExitCode, LedgerError, QuotaReached
from importer.ledger.ledger import Ledger
from importer.workspace.connections import (
    UNKNOWN_PARTNER,
    connections,
    credential_fingerprint,
    keep_counts,
    known_accounts,
    quotas_of,
    short_wait,
)
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.events import EntriesAdded
from importer.workspace.interrupts import interrupts
from importer.workspace.ledger_guard import (
    admit_ledger,
    note_account,
    refuse_copy,
    refuse_other_partner,
    refuse_second_ledger,
)
from importer.workspace.list_look import Unread
from importer.workspace.operator_log import attempt_log, log_event
from importer.workspace.progress import ProgressTracker
from importer.workspace.quota_wait import wait_for_quota
from importer.workspace.request import NewLedger
from importer.workspace.sender import Ended, Sender

LOOK_SECONDS = 0.5
"""While a run sends, it looks this often whether another process wants the ledger."""
GIVEN_WAY_SECONDS = 1.0
"""How long it then lets go of the ledger, at least: longer than the other process waits between two tries."""


async def check_debbie(environment: Environment) -> None:
    """Raise ApiStopped if Debbie refuses the token or does not answer, before anything is recorded. Requires its settings."""
    async with connections(environment) as (_, debbie):
        assert debbie is not None
        try:
            await debbie.check()
        except ApiStopped as error:
            raise ApiStopped(f"{error} Nothing was recorded: run the same command again when that is put right.") from None


async def find_accounts(
    ledger: Ledger, environment: Environment, console: Console, new: NewLedger = NewLedger.IGNORED
) -> Accounts:
    """Ask Debitura for the owner of the key. If it does not answer, the owner may be known from before: rows then wait.

    ``new`` is what becomes of a ledger that has not served the account yet.

    Raises UsageError (also for a copy of the ledger, or a key that names another partner) or ApiStopped: nothing was read
    or recorded yet.
    """
    environment.require_debitura()
    refuse_copy(ledger, environment)
    quotas = quotas_of(environment, ledger)
    try:
        async with connections(environment, quotas, RequestGate(ledger, short_wait(environment))) as (debitura, _):
            partner = await debitura.me()
    except ApiStopped as error:
        accounts = known_accounts(ledger, environment)
        if accounts == environment.accounts(UNKNOWN_PARTNER):
            again = "then" if isinstance(error, QuotaReached) else "when that is put right"
            raise type(error)(f"{error} Nothing was recorded: run the same command again {again}.") from None
        refuse_second_ledger(environment, accounts.cases)
        if admit_ledger(ledger, environment, accounts.cases, console, new):
            note_account(ledger, environment, accounts)
        return accounts
    finally:
        keep_counts(ledger, quotas)
    refuse_second_ledger(environment, environment.accounts(partner).cases)
    fingerprint = credential_fingerprint(ledger, environment, "debitura")
    refuse_other_partner(ledger, environment, fingerprint, partner, console)
    accounts = environment.accounts(partner)
    serves = admit_ledger(ledger, environment, accounts.cases, console, new)
    if not environment.is_sandbox:
        ledger.remember_account(fingerprint, normal_id(partner))
    if serves:
        note_account(ledger, environment, accounts)
    # Before anything is sent: what is sent is dated by our clock.
    ledger.doubts.note_clock(accounts, debitura.skew, debitura.earliest_skew)
    return accounts


class Dispatch:
    """Sends the entries of one run. The first interrupt finishes what is in flight, the second stops at once.

    ``unread``: Debitura's list could not be read, so that nothing is sent.

    A long wait for a quota ends a round: with ``stop_at_quota`` the run ends there; else the ledger is let go meanwhile, and
    the sender begins again afterwards. A ledger that cannot be let go is held instead. A round ends too when another process
    wants the ledger on a server: what is in flight is finished, and the ledger is let go for a moment.
    """

    def __init__(
        self,
        ledger: Ledger,
        environment: Environment,
        sender: Sender,
        console: Console,
        *,
        unread: Unread | None = None,
        stop_at_quota: bool = False,
    ) -> None:
        self._unread, self._stops = unread, stop_at_quota
        self._ledger, self._environment, self._sender, self._console = ledger, environment, sender, console
        dispatch = environment.settings.dispatch
        self._quotas = quotas_of(environment, ledger)
        self._longest_wait = short_wait(environment) if stop_at_quota or ledger.may_let_go else math.inf
        self._throttles = {
            kind: ApiThrottle(quota, dispatch.concurrency, dispatch.backoff_seconds, self._longest_wait)
            for kind, quota in self._quotas.items()
        }
        self._policy = Policy(timedelta(minutes=dispatch.settle_minutes), dispatch.on_absent)
        self._reached: str | None = None
        self._gives_way = False  # to a process that wants the ledger
        self._failed = False  # a list could not be read

    @property
    def _scope(self) -> Scope:
        return self._sender.scope

    def run(self) -> Ended:
        """Send what is open. Returns the exit code of what ended it early, if anything did, and messages for the user."""
        self._ledger.outbox.forget_waits(self._scope.accounts, self._scope.batches)
        left = self._left()
        if not any(left.values()) and not self._ledger.doubts.to_look_for(self._scope.accounts, self._scope.batches):
            return ExitCode.OK, []
        if self._unread:
            return self._unread.exit_code, [self._unread.message]
        tracker = self._announced(left)
        try:
            with self._console.progress(sum(left.values())):
                while True:
                    if ended := asyncio.run(self._send(tracker)) or self._wait(tracker):
                        return ended
        except KeyboardInterrupt:
            return self._cut_off()
        except LedgerError as error:
            return self._without_ledger(error)

    def _announced(self, left: dict[RecordKind, int]) -> ProgressTracker:
        """Show what is known before the first request, and return what follows the progress."""
        if warning := self._ledger.doubts.clock(self._scope.accounts).warning():
            self._console.warn(warning)
        log_event("sending", to=self._environment.debitura_url, rows={kind.value: count for kind, count in left.items()})
        return ProgressTracker(self._quotas, left, self._environment.settings.dispatch.concurrency, self._console.show)

    def _cut_off(self) -> Ended:
        """Return how the sending ends at a second interrupt. What was cut off may have happened."""
        if not self._ledger.is_open:
            return ExitCode.INTERRUPTED, ["Stopped at once; nothing was under way. `importer resume` goes on."]
        self._ledger.hold.be_short(short=False)
        self._ledger.outbox.recover()
        keep_counts(self._ledger, self._quotas)
        return ExitCode.INTERRUPTED, ["Stopped at once; what was under way is in doubt. `importer resume` goes on."]

    def _without_ledger(self, error: LedgerError) -> Ended:
        """Return how the sending ends when the ledger fails.

        What was under way is in the state `sending` in the ledger; the next run puts it in doubt. A file that was removed has
        no next run, but can still be written by this one, whose report is what remains.
        """
        if not self._ledger.is_open:
            return ExitCode.USAGE, [str(error)]  # nothing was under way
        if self._ledger.identity.loss():
            with suppress(LedgerError):
                self._ledger.outbox.recover()
        return ExitCode.IN_DOUBT, [f"{error} What was under way is in doubt; nothing more was sent."]

    def _left(self) -> dict[RecordKind, int]:
        scope = self._scope
        return {kind: self._ledger.outbox.count_open(scope.accounts, kind, scope.batches) for kind in RecordKind}

    def _wait(self, tracker: ProgressTracker) -> Ended | None:
        """Wait for the quota with the ledger let go, and begin again. Returns how the sending has ended; None: it goes on."""
        while True:
            gave_way, self._gives_way, self._reached = self._gives_way, False, None
            seconds = GIVEN_WAY_SECONDS if gave_way else self._wait_seconds()
            if wait_for_quota(self._ledger, seconds, self._quotas[RecordKind.CASE].clock, tracker, self._console):
                return ExitCode.INTERRUPTED, ["Interrupted; nothing was under way. `importer resume` goes on."]
            ended = self._sender.begin_again(looks=not gave_way)
            self._count_again()
            if ended is None or ended[0] is not ExitCode.QUOTA:
                break
        if ended is None and (more := tracker.now_left(self._left())):
            self._console.show(EntriesAdded(more))
        return ended

    def _count_again(self) -> None:
        """Go on from the counts in the ledger, in which the requests of others and of the look at the list are counted too."""
        for quota in self._quotas.values():
            if kept := self._ledger.counts.kept(quota.credential):
                quota.load(kept)

    def _wait_seconds(self) -> float:
        """Return the seconds until the first API whose entries wait takes requests again."""
        waits = {kind: throttle.wait().seconds for kind, throttle in self._throttles.items()}
        waiting = [kind for kind, left in self._left().items() if left and not self._throttles[kind].stopped]
        return min((waits[kind] for kind in waiting if waits[kind] > self._longest_wait), default=max(waits.values()))

    async def _send(self, tracker: ProgressTracker) -> Ended | None:
        """Send one round. Returns how the sending has ended; None if it waits for a quota and goes on afterwards."""
        interrupted, stopping = asyncio.Event(), asyncio.Event()
        gate = RequestGate(self._ledger, self._longest_wait, stopping.is_set)
        with interrupts(interrupted, self._console):
            following = asyncio.create_task(tracker.follow())
            watching = asyncio.create_task(self._stop_in_time(interrupted, stopping))
            self._ledger.hold.be_short(short=True)
            try:
                async with connections(self._environment, self._quotas, gate) as (debitura, debbie):
                    messages = await self._rounds(debitura, debbie, stopping, tracker.advance)
            finally:
                following.cancel()
                watching.cancel()
        self._ledger.hold.be_short(short=False)
        keep_counts(self._ledger, self._quotas)
        if interrupted.is_set():
            return ExitCode.INTERRUPTED, [*messages, "Interrupted; what was in flight was finished. `importer resume` goes on."]
        if self._gives_way and not self._failed:
            return None
        waits = [self._reached] if self._reached else self._long_waits()
        if waits and not self._stops and not self._failed:
            return None  # what an API that was given up leaves behind is reported when the other one is done
        if messages:
            return ExitCode.API_STOPPED, messages
        return (ExitCode.QUOTA if waits else ExitCode.OK), waits

    async def _stop_in_time(self, interrupted: asyncio.Event, stopping: asyncio.Event) -> None:
        """Set ``stopping`` at an interrupt, or when another process wants the ledger, or when it cannot be used any more."""
        while not (interrupted.is_set() or self._gives_way):
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await interrupted.wait()
            try:
                self._gives_way = self._ledger.hold.is_wanted()
            except LedgerError:
                break  # the next commit reports it
        stopping.set()

    async def _rounds(self, debitura: Debitura, debbie: Debbie | None, stopping: asyncio.Event, progress: Progress) -> list[str]:
        """Settle old doubts, send, settle new doubts, and send the entries that this released. Returns messages for the user."""
        keys = self._key_policy()
        if restored := self._ledger.restored.backup_taken_at():
            self._ledger.restored.distrust(self._scope.accounts, self._scope.batches, restored)
            keys = UNPROTECTED  # what was sent after the backup had keys that are lost with it
        if keys.resends and not keys.trusted:
            self._ledger.outbox.postpone_doubts(self._scope.accounts, self._scope.batches, keys.first_repeat)
        pipeline = Pipeline(
            self._ledger,
            debitura,
            debbie,
            self._scope,
            self._throttles,
            stopping=stopping,
            progress=progress,
            keys=keys,
            send_within=self._environment.send_within_seconds,
            settle=self._policy.settle,
            ended=attempt_log(self._ledger),
        )
        policy = replace(self._policy, is_restored=restored is not None)
        try:
            await reconcile(self._ledger, debitura, self._scope, policy)
            await reconcile_vouchers(self._ledger, debbie, self._scope, self._policy.settle)
            self._question_look_alikes()
            waiting = await self._adopt_vouchers(debbie)
            await pipeline.run()
            if not self._stopped() and not stopping.is_set():
                moved = await reconcile(self._ledger, debitura, self._scope, policy)
                if moved:
                    self._question_look_alikes()
                    await pipeline.run()
                await reconcile_vouchers(self._ledger, debbie, self._scope, self._policy.settle)
        except QuotaReached as error:
            self._reached = f"{error} `importer resume` goes on then."
        except ApiStopped as error:
            self._failed = True
            return [*self._stopped(), f"{error} What is unfinished waits in the ledger: `importer resume` goes on."]
        return [*self._stopped(), *waiting]

    async def _adopt_vouchers(self, debbie: Debbie | None) -> list[str]:
        """Ask Debbie for the vouchers of adopted cases. Returns why they wait, if a list could not be read."""
        try:
            await adopt_vouchers(self._ledger, debbie, self._scope)
        except QuotaReached as error:
            self._reached = f"{error} `importer resume` goes on then."
        except ApiStopped as error:
            waits = "Vouchers of adopted cases wait, because Debbie must first list those that exist"
            return [f"{error} {waits}: `importer resume` goes on."]
        return []

    def _question_look_alikes(self) -> None:
        """Question the cases to be sent that look like one that this ledger did not send, now that doubts are settled."""
        self._ledger.remote_cases.question(self._scope.accounts, self._scope.batches)

    def _key_policy(self) -> KeyPolicy:
        """Return how far idempotency keys protect cases, by the settings and by the proof for this account."""
        dispatch = self._environment.settings.dispatch
        if dispatch.idempotency_keys != "proved":
            return KeyPolicy(trusted=dispatch.idempotency_keys == "trusted")
        proof = self._ledger.proofs.of(self._scope.accounts.cases)
        age = proof.trusted_age(datetime.now(UTC)) if proof else timedelta(0)
        return KeyPolicy(least_age=timedelta(seconds=2 * dispatch.timeout_seconds), most_age=age)

    def _stopped(self) -> list[str]:
        return [
            f"{throttle.limits.api}: {throttle.stopped}. The rest waits; put it right, then run `importer resume`."
            for throttle in self._throttles.values()
            if throttle.stopped
        ]

    def _long_waits(self) -> list[str]:
        """Return a message for each API whose entries have to wait for longer than this run waits.

        What counts is the last answer of the throttle, not its wait now: lists may have been read since, while the wait passed.
        """
        return [
            f"{throttle.limits.reached(throttle.wait())} `importer resume` goes on then."
            for kind, throttle in self._throttles.items()
            if not throttle.stopped
            and throttle.waits_too_long
            and self._ledger.outbox.count_open(self._scope.accounts, kind, self._scope.batches)
        ]
