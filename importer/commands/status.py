"""Looking without changing: status, reports rebuilt, doctor, settings."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from importer.commands.run import RunResult
from importer.errors import ApiStopped, ExitCode, ImporterError, LedgerHeld, SettingsError
from importer.ledger.ledger import Ledger
from importer.ledger.queries.report_rows import batches
from importer.ledger.storage.engine import refuse_network_path, require_ledger, sqlite_path
from importer.reporter.report import write_report
from importer.reporter.summary import Summary, summarize
from importer.settings import Settings, secret
from importer.workspace.environment import Environment, connections, quotas_of
from importer.workspace.progress import QuotaState, quota_states


@contextmanager
def _reading(environment: Environment) -> Iterator[Ledger]:
    require_ledger(environment.ledger_url)
    ledger = Ledger.read(environment.ledger_url)
    assert ledger is not None
    with ledger:
        yield ledger


def batch_states(environment: Environment, limit: int = 50) -> list[Summary]:
    """The newest batches, the newest first. Raises UsageError if there is no ledger."""
    with _reading(environment) as ledger, ledger.transaction() as connection:
        return [summarize(connection, batch) for batch in batches(connection, limit)]


def limits(environment: Environment) -> list[QuotaState]:
    """Each limit of the credentials in force, from what the ledger has counted; no API is asked."""
    if environment.api_key is None:
        return []
    with _reading(environment) as ledger:
        return quota_states(quotas_of(environment, ledger))


def rebuild_report(environment: Environment, batch_id: int, output: Path | None) -> RunResult:
    """A batch's sheets as things stand now. Raises UsageError for an unknown batch."""
    with _reading(environment) as ledger, ledger.transaction() as connection:
        report = write_report(connection, batch_id, output or environment.settings.output.directory)
    return RunResult(report.summary.exit_code, (report,))


@dataclass(frozen=True)
class Finding:
    """One thing that was checked; a bad one says what to do."""

    text: str
    exit_code: ExitCode = ExitCode.OK

    @property
    def good(self) -> bool:
        return self.exit_code is ExitCode.OK


def diagnose(environment: Environment) -> list[Finding]:
    """Settings, ledger, both APIs; every check is made, whatever the others found."""
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
    """Whether the first import could make the ledger; looking must not make it."""
    refuse_network_path(path)
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding(f"the ledger {path} cannot be made: {folder} is no folder that you may write to", ExitCode.USAGE)
    return Finding(f"there is no ledger yet: the first import makes {path.resolve()}")


async def _api_findings(environment: Environment) -> list[Finding]:
    findings = []
    if environment.api_key:
        async with connections(environment) as (debitura, debbie):
            findings.append(await _asked("Debitura", environment.debitura_url, debitura.me()))
            if debbie is not None:
                findings.append(await _asked("Debbie", environment.debbie_url, debbie.check()))
    return findings


async def _asked(api: str, url: str, question: object) -> Finding:
    try:
        await question  # type: ignore[misc]  # one of two coroutines; what they return does not matter here
    except (ApiStopped, SettingsError) as error:
        return Finding(str(error), ExitCode.API_STOPPED)
    return Finding(f"{api} answers at {url} and accepts the credentials")


def settings_lines(settings: Settings) -> list[str]:
    """Every setting in force as TOML-like lines; of a secret only whether it is set."""
    lines = []
    shown = settings.model_dump(mode="json", exclude={"debitura": {"api_key"}, "debbie": {"token"}})
    shown["ledger"]["url"] = re.sub(r"//[^/@]*@", "//***@", shown["ledger"]["url"])  # a database's url may hold a password
    for section, values in shown.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]
    for api, name in (("debitura", "api_key"), ("debbie", "token")):
        state = "set" if secret(settings, api) else "missing"  # type: ignore[arg-type]  # both names are literals
        lines.append(f"# {api}.{name}: {state}")
    return lines


def _toml(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
