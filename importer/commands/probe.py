"""`importer doctor --probe`: find out with one test case how far this account's API protects from sending twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from importer.commands.finding import Finding
from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.apis.requests import RequestGate
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.domain.kinds import RecordKind
from importer.domain.models import Case, Debtor
from importer.domain.proofs import LONGEST_TRUSTED_AGE, AccountProof
from importer.domain.remote_ids import remote_key
from importer.domain.timestamps import to_timestamp
from importer.errors import ExitCode
from importer.workspace.connections import connections, keep_counts, quotas_of
from importer.workspace.console import Console
from importer.workspace.dispatch import find_accounts
from importer.workspace.environment import Environment

LIST_SECONDS = 30.0  # how long the list is watched for the test case
LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Answered:
    """The outcome of one request for the test case, and the age of its key in seconds when it was sent."""

    age: float
    outcome: Outcome


def probe(environment: Environment, wait_seconds: float, console: Console) -> list[Finding]:
    """Create a test case, several times with one key, look for it in the list, and delete it. The findings are stored.

    ``wait_seconds`` is the age of a key that is to be trusted. Raises SettingsError, LedgerError or ApiStopped.
    """
    environment.require_debitura()
    with environment.open_ledger("importer doctor --probe") as ledger:
        accounts = asyncio.run(find_accounts(ledger, environment, console))
        quotas = quotas_of(environment, ledger)
        gate = RequestGate(ledger)

        async def run() -> tuple[AccountProof | None, list[Finding]]:
            async with connections(environment, quotas, gate) as (debitura, _):
                trial = _Trial(debitura, lambda: gate.admit(quotas[RecordKind.CASE]), console.note)
                return await trial.run(wait_seconds, environment.settings.dispatch.settle_minutes)

        try:
            proof, findings = asyncio.run(run())
        finally:
            keep_counts(ledger, quotas)
        if proof is not None:
            ledger.proofs.remember(accounts.cases, proof)
    return findings


def heeded_for(answers: Sequence[Answered]) -> float | None:
    """Return the greatest age of the key at which the server returned the same case; None if it created another one."""
    accepted = [answer for answer in answers if answer.outcome.remote_id]
    ids = {remote_key(answer.outcome.remote_id or "") for answer in accepted}
    return max(answer.age for answer in accepted) if len(ids) == 1 and len(accepted) > 1 else None


class _Trial:
    """One test case with its key and its tag. Every request waits for its place in the quota (``admit``)."""

    def __init__(self, debitura: Debitura, admit: Callable[[], Awaitable[None]], note: Callable[[str], None]) -> None:
        self._debitura, self._admit, self._note = debitura, admit, note
        self._tag = f"importer-probe-{uuid4()}"
        self._key, self._payload = str(uuid4()), request_of(self._tag)
        self._answers: list[Answered] = []
        self._began = 0.0

    async def run(self, wait_seconds: float, settle_minutes: float) -> tuple[AccountProof | None, list[Finding]]:
        """Return the proof and the findings; no proof if the test case could not be created."""
        self._began = time.monotonic()
        listed_after = None
        try:
            await asyncio.gather(self._create(), self._create())
            if not self._ids():
                return None, [_not_created([answer.outcome for answer in self._answers])]
            await self._create()
            listed_after = await self._watch_list(max(LIST_SECONDS, wait_seconds))
            if (left := wait_seconds - self._age()) > 0 and heeded_for(self._answers) is not None:
                self._note(f"The key is {self._age():.0f} seconds old; it is sent once more in {left:.0f} seconds.")
                await asyncio.sleep(left)
                await self._create()
        finally:
            deleted = await self._delete()
        proof = AccountProof(to_timestamp(), heeded_for(self._answers), listed_after, deleted)
        return proof, [*findings_of(proof, settle_minutes, self._tag)]

    async def _create(self) -> None:
        await self._admit()
        age = self._age()
        self._answers.append(Answered(age, await self._debitura.create_twin(self._payload, self._key)))

    async def _watch_list(self, seconds: float) -> float | None:
        """Return how many seconds after its creation the list shows the test case; None if it does not within ``seconds``."""
        while (age := self._age()) <= seconds:
            page = await self._debitura.page(1)
            if self._ids() & {remote_key(str(case["id"])) for case in page["cases"]}:
                return age
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return None

    async def _delete(self) -> bool:
        """Delete all test cases of this trial by their tag, and return whether none of them is left."""
        if not await self._debitura.delete_test_cases(self._tag):
            return not self._answers
        return not any([await self._debitura.case(case_id) for case_id in self._ids()])

    def _ids(self) -> set[str]:
        return {remote_key(answer.outcome.remote_id) for answer in self._answers if answer.outcome.remote_id}

    def _age(self) -> float:
        return time.monotonic() - self._began


def request_of(tag: str) -> bytes:
    """Return the request of the test case: invented names, an amount above the minimum, marked as a test."""
    overdue = datetime.now().date() - timedelta(days=60)  # noqa: DTZ005  (the user's own calendar day)
    return Case(
        creditor_company_name="Importer Probe",
        creditor_country_alpha2="DK",
        currency_code="DKK",
        date=overdue - timedelta(days=30),
        due_date=overdue,
        amount_to_recover=Decimal(1000),
        creditor_reference=tag[-36:],
        is_test=True,
        tag=tag,
        debtor=Debtor(type="Person", name="Importer Probe", country_alpha2="DK"),
    ).wire()


def _not_created(outcomes: Sequence[Outcome]) -> Finding:
    reasons = [reason.text() for outcome in outcomes for reason in outcome.reasons]
    why = next(iter([*reasons, *(outcome.detail for outcome in outcomes if outcome.detail)]), "no reason was given")
    stopped = any(outcome.verdict in {OutcomeKind.STOPPED, OutcomeKind.NOTHING} for outcome in outcomes)
    return Finding(
        f"no test case could be created, so nothing was proved: {why}", ExitCode.API_STOPPED if stopped else ExitCode.ROWS_LEFT
    )


def findings_of(proof: AccountProof, settle_minutes: float, tag: str | None = None) -> list[Finding]:
    """Describe a proof, one finding for each fact. With ``tag``, that of the test cases just created."""
    return [_key_finding(proof), _list_finding(proof, settle_minutes), *_delete_findings(proof, tag)]


def _key_finding(proof: AccountProof) -> Finding:
    if proof.heeded_for is None:
        return Finding("idempotency keys are not heeded: the list of cases decides on rows in doubt")
    age = min(proof.heeded_for, LONGEST_TRUSTED_AGE.total_seconds())
    more = "" if age >= LONGEST_TRUSTED_AGE.total_seconds() else "; with --wait 60 they can be proved for an hour"
    return Finding(f"idempotency keys are heeded, as proved for keys up to {age:,.0f} seconds old{more}")


def _list_finding(proof: AccountProof, settle_minutes: float) -> Finding:
    if proof.listed_after is None:
        return Finding("the list of cases did not show the test case: it hides test cases, or shows new cases late")
    text = f"the list of cases showed the test case {proof.listed_after:,.0f} seconds after it was created"
    if proof.listed_after <= settle_minutes * 60:
        return Finding(text)
    return Finding(f"{text}, which is later than settle_minutes. Set that to more", ExitCode.USAGE)


def _delete_findings(proof: AccountProof, tag: str | None) -> list[Finding]:
    if proof.deletes_test_cases:
        return [Finding("the test case was deleted by its tag")]
    where = f" Look for the tag {tag} in Debitura's portal and delete its test cases there" if tag else ""
    return [Finding(f"the test case could not be deleted.{where}", ExitCode.ROWS_LEFT if tag else ExitCode.OK)]
