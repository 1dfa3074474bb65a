"""What `importer doctor` reports about personal numbers: requests of earlier releases that hold one."""

from __future__ import annotations

from importer.commands.finding import Finding
from importer.errors import ImporterError
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.environment import Environment


def masking_findings(environment: Environment) -> list[Finding]:
    """Report how many requests were sent with a personal number before personal numbers were masked."""
    try:
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            count = queries.sent_personal_numbers()
    except ImporterError:  # there is no ledger, or another check has reported what is wrong with it
        return []
    if not count:
        return []
    requests = "request" if count == 1 else "requests"
    text = (
        f"{count:,} {requests} of earlier releases hold a personal number. They were sent so, and are kept as evidence of what "
        "was sent; rows, reports and new requests hold none"
    )
    return [Finding(text, is_warning=True)]
