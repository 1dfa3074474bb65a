"""A batch's sheets, written again from the ledger."""

from __future__ import annotations

from pathlib import Path

from importer.commands.run import RunResult
from importer.commands.status import _reading
from importer.reporter.report import write_report
from importer.workspace.environment import Environment


def rebuild_report(environment: Environment, batch_id: int, output: Path | None) -> RunResult:
    """A batch's sheets as things stand now. Raises UsageError for an unknown batch."""
    with _reading(environment) as ledger, ledger.queries() as queries:
        report = write_report(queries, batch_id, output or environment.output)
    return RunResult(report.summary.exit_code, (report,))
