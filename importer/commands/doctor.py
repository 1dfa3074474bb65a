"""`importer doctor`: check the settings, the ledger and both APIs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from importer.commands.backup_findings import backup_findings
from importer.commands.finding import Finding
from importer.commands.masking_findings import masking_findings
from importer.commands.probe import findings_of
from importer.commands.server_findings import server_findings
from importer.credentials import find_credential
from importer.domain.paths import is_folder
from importer.errors import ApiStopped, ExitCode, ImporterError, LedgerError, LedgerHeld, SettingsError
from importer.ledger.storage.location import has_ledger, refuse_network_path, shown_url, sqlite_path
from importer.settings import DOCUMENTED_HOSTS, Api
from importer.workspace.connections import connections, known_accounts, open_ledger_read_only
from importer.workspace.environment import KEY_VARIABLE, TOKEN_VARIABLE, Environment, credential_problem
from importer.workspace.ledger_guard import difference_from_notes
from importer.workspace.unconfirmed_profiles import unconfirmed_profiles
from importer.workspace.user_data import VARIABLE, obstacle_to_writing


def diagnose(environment: Environment) -> list[Finding]:
    """Check the settings, the ledger and both APIs. All checks are made, also after one has failed."""
    findings = [_workspace_finding(environment), *_missing_settings(environment), _ledger_finding(environment)]
    findings += [*server_findings(environment), *_notes_findings(environment)]
    findings += [*backup_findings(environment), *masking_findings(environment), *_sharing_findings(environment)]
    findings += _unconfirmed_findings(environment)
    return [*findings, *asyncio.run(_api_findings(environment)), *_proof_findings(environment)]


def _proof_findings(environment: Environment) -> list[Finding]:
    """Describe what an earlier probe has found out about this account."""
    try:
        with open_ledger_read_only(environment) as ledger:
            proof = ledger.proofs.of(known_accounts(ledger, environment).cases)
    except ImporterError:  # there is no ledger, or the check above has reported what is wrong with it
        return []
    if proof is None:
        return []
    found = findings_of(proof, environment.settings.dispatch.settle_minutes)
    return [replace(finding, text=f"by the probe of {proof.probed_at[:10]}, {finding.text}") for finding in found]


def _unconfirmed_findings(environment: Environment) -> list[Finding]:
    """Report the profiles that wait for a confirmation of values, before a run at night asks about their rows."""
    try:
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            waiting = unconfirmed_profiles(queries, environment.workspace)
    except ImporterError:  # there is no ledger, or the check above has reported what is wrong with it
        return []
    return [Finding(one.text(), is_warning=True) for one in waiting]


def _workspace_finding(environment: Environment) -> Finding:
    workspace = environment.workspace
    return Finding(f"the workspace is {workspace.root.absolute()}: {workspace.origin.value}")


def _missing_settings(environment: Environment) -> list[Finding]:
    wanted = (
        (environment.api_key, KEY_VARIABLE, "without it no case can be sent", _origin(environment, "debitura")),
        (environment.token, TOKEN_VARIABLE, "without it no voucher can be sent", _origin(environment, "debbie")),
        (environment.tenant_id, "IMPORTER_DEBBIE__TENANT_ID", "without it no voucher can be sent", ""),
    )
    return [_setting_finding(*one) for one in wanted]


def _origin(environment: Environment, api: Api) -> str:
    """Return where a credential comes from, to be added to a sentence."""
    found = None if environment.is_sandbox else find_credential(environment.settings, api)
    return f", from {found.origin}" if found else ""


def _setting_finding(value: str | None, name: str, why: str, origin: str) -> Finding:
    if not value:
        return Finding(f"{name} is missing: {why}. Set it", ExitCode.USAGE)
    problem = credential_problem(name, value)
    return Finding(problem, ExitCode.USAGE) if problem else Finding(f"{name} is set{origin}")


def _ledger_finding(environment: Environment) -> Finding:
    try:
        if (path := sqlite_path(environment.ledger_url)) is not None and not path.exists():
            return _future_ledger_finding(path)
        if path is None and not has_ledger(environment.ledger_url):
            return Finding(f"the ledger does not exist yet: the first import creates it in {shown_url(environment.ledger_url)}")
        with environment.open_ledger("importer doctor") as ledger:
            if not environment.is_sandbox and (difference := difference_from_notes(ledger, environment)):
                return Finding(difference, ExitCode.USAGE)
            return Finding(f"the ledger can be written: {shown_url(environment.ledger_url)}")
    except LedgerHeld as error:
        return Finding(str(error), ExitCode.LEDGER_HELD)
    except ImporterError as error:
        return Finding(str(error), ExitCode.USAGE)


def _notes_findings(environment: Environment) -> list[Finding]:
    """Report whether the user's data folder can hold the notes that tell a ledger from its copies."""
    if environment.is_sandbox:
        return []
    if environment.notes is None:
        why: str | None = "you have none"
    else:
        why = obstacle_to_writing(environment.notes.parent)
    if why is None:
        return [Finding(f"the user's data folder {environment.notes and environment.notes.parent} can be written")]
    only = "only the note beside the ledger tells it from a copy of it, so that a copy in another folder is not noticed"
    return [Finding(f"the user's data folder cannot be used ({why}): {only}. Set {VARIABLE} to a folder that stays")]


def _sharing_findings(environment: Environment) -> list[Finding]:
    """Report the folders that the members of the workspace's group cannot use."""
    if environment.access.gid is None:
        return []
    folders = [environment.output]
    with suppress(LedgerError):  # which the check of the ledger has reported
        folders += [path.resolve().parent for path in [sqlite_path(environment.ledger_url)] if path]
    obstacles = [environment.access.obstacle(folder) for folder in folders if is_folder(folder)]
    return [Finding(obstacle, is_warning=True) for obstacle in obstacles if obstacle]


def _future_ledger_finding(path: Path) -> Finding:
    """Check whether the first import can create the ledger, without creating it."""
    refuse_network_path(path)
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    if not is_folder(folder) or not os.access(folder, os.W_OK | os.X_OK):
        problem = f"the ledger {path} cannot be created: {folder} is not a folder that you may write to"
        return Finding(f"{problem}. Change its rights, or set url under [ledger]", ExitCode.USAGE)
    return Finding(f"the ledger does not exist yet: the first import creates {path.resolve()}")


async def _api_findings(environment: Environment) -> list[Finding]:
    findings = _host_findings(environment)
    if not findings and environment.api_key and not credential_problem(KEY_VARIABLE, environment.api_key):
        async with connections(environment) as (debitura, debbie):
            findings.append(await _api_finding("Debitura", environment.debitura_url, debitura.me()))
            if debbie is not None:
                findings.append(await _api_finding("Debbie", environment.debbie_url, debbie.check()))
    return findings


def _host_findings(environment: Environment) -> list[Finding]:
    """Report each host that the settings name and that no credential may go to; none is asked then."""
    findings = []
    for api in DOCUMENTED_HOSTS:
        try:
            environment.require_known_host(api)
        except SettingsError as error:
            findings.append(Finding(str(error), ExitCode.USAGE))
    return findings


async def _api_finding(api: str, url: str, request: Awaitable[object]) -> Finding:
    try:
        await request
    except (ApiStopped, SettingsError) as error:
        return Finding(str(error), ExitCode.API_STOPPED)
    return Finding(f"{api} answers at {url} and accepts the credentials")
