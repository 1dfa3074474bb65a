"""`importer report`: write a batch's sheets again from the ledger."""

from __future__ import annotations

from pathlib import Path

from importer.domain.batches import BatchState
from importer.errors import UsageError
from importer.reporter.report import write_report
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.environment import Environment
from importer.workspace.operator_log import log_reports
from importer.workspace.result import RunResult, combine


def rebuild_report(environment: Environment, batch_id: int, output: Path | None) -> RunResult:
    """Write a batch's sheets with its present results. Raises UsageError for an unknown batch."""
    with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        info = queries.batch(batch_id)
        if info and info.state is BatchState.STAGED:
            raise UsageError(f"Batch {batch_id} is staged: `importer review {batch_id}` writes its sheets as it would be now.")
        report = write_report(queries, batch_id, output or environment.output, access=environment.access)
    log_reports([report])
    return combine([report])
