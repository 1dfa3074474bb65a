"""`importer doctor`: check the settings, the ledger and both APIs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

from importer.errors import ApiStopped, ExitCode, ImporterError, LedgerHeld, SettingsError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import refuse_network_path, sqlite_path
from importer.workspace.connections import connections
from importer.workspace.environment import Environment


@dataclass(frozen=True)
class Finding:
    """The result of one check. The text of a failed one includes what the user can do."""

    text: str
    exit_code: ExitCode = ExitCode.OK

    @property
    def good(self) -> bool:
        """Whether the check passed."""
        return self.exit_code is ExitCode.OK


def diagnose(environment: Environment) -> list[Finding]:
    """Check the settings, the ledger and both APIs. All checks are made, also after one has failed."""
    findings = [*_missing_settings(environment), _ledger_finding(environment)]
    return findings + asyncio.run(_api_findings(environment))


def _missing_settings(environment: Environment) -> list[Finding]:
    wanted = (
        (environment.api_key, "IMPORTER_DEBITURA__API_KEY", "without it no case can be sent"),
        (environment.token, "IMPORTER_DEBBIE__TOKEN", "without it no voucher can be sent"),
        (environment.tenant_id, "IMPORTER_DEBBIE__TENANT_ID", "without it no voucher can be sent"),
    )
    return [
        Finding(f"{name} is set") if value else Finding(f"{name} is missing: {why}. Set it", ExitCode.USAGE)
        for value, name, why in wanted
    ]


def _ledger_finding(environment: Environment) -> Finding:
    try:
        if (path := sqlite_path(environment.ledger_url)) is not None and not path.exists():
            return _future_ledger_finding(path)
        with Ledger.open(environment.ledger_url, "importer doctor"):
            return Finding(f"the ledger can be written: {environment.ledger_url}")
    except LedgerHeld as error:
        return Finding(str(error), ExitCode.LEDGER_HELD)
    except ImporterError as error:
        return Finding(str(error), ExitCode.USAGE)


def _future_ledger_finding(path: Path) -> Finding:
    """Check whether the first import can create the ledger, without creating it."""
    refuse_network_path(path)
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding(f"the ledger {path} cannot be created: {folder} is not a folder that you may write to", ExitCode.USAGE)
    return Finding(f"the ledger does not exist yet: the first import creates {path.resolve()}")


async def _api_findings(environment: Environment) -> list[Finding]:
    findings = []
    if environment.api_key:
        async with connections(environment) as (debitura, debbie):
            findings.append(await _api_finding("Debitura", environment.debitura_url, debitura.me()))
            if debbie is not None:
                findings.append(await _api_finding("Debbie", environment.debbie_url, debbie.check()))
    return findings


async def _api_finding(api: str, url: str, request: Awaitable[object]) -> Finding:
    try:
        await request
    except (ApiStopped, SettingsError) as error:
        return Finding(str(error), ExitCode.API_STOPPED)
    return Finding(f"{api} answers at {url} and accepts the credentials")
