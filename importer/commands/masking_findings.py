"""What `importer doctor` reports about personal numbers: requests of earlier releases and copies of the ledger that hold one."""

from __future__ import annotations

from pathlib import Path

from importer.commands.finding import Finding
from importer.errors import ImporterError
from importer.ledger.storage.unmasked_copies import unmasked_copies
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.daily_backup import backups_of
from importer.workspace.environment import Environment

_MOST_NAMED = 5


def masking_findings(environment: Environment) -> list[Finding]:
    """Report the requests with a personal number that were sent before such numbers were masked, and the unmasked copies."""
    try:
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            count = queries.sent_personal_numbers()
            path, backups = ledger.identity.path, backups_of(ledger, environment)
            folder = backups.folder if backups else None
            copies = unmasked_copies(path, folder) if path is not None and queries.has_masked_rows() else []
    except ImporterError:  # there is no ledger, or another check has reported what is wrong with it
        return []
    return [*_request_finding(count), *_copies_finding(copies)]


def _request_finding(count: int) -> list[Finding]:
    if not count:
        return []
    requests = "request" if count == 1 else "requests"
    text = (
        f"{count:,} {requests} of earlier releases hold a personal number. They were sent so, and are kept as evidence of what "
        "was sent; rows, reports and new requests hold none"
    )
    return [Finding(text, is_warning=True)]


def _copies_finding(copies: list[Path]) -> list[Finding]:
    if not copies:
        return []
    named = ", ".join(map(str, copies[:_MOST_NAMED]))
    more = f" and {len(copies) - _MOST_NAMED:,} more beside them" if len(copies) > _MOST_NAMED else ""
    what = "1 copy of the ledger is" if len(copies) == 1 else f"{len(copies):,} copies of the ledger are"
    advice = "Delete them as any file" if len(copies) > 1 else "Delete it as any file"
    text = (
        f"{what} from before personal numbers were masked, and may hold them: {named}{more}. {advice} when you do not need to go "
        "back to the former release any more; the ledger does not use them"
    )
    return [Finding(text, is_warning=True)]
