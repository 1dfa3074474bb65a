"""What `importer doctor` finds out about the server of a ledger on Postgres."""

from __future__ import annotations

from importer.commands.finding import Finding
from importer.errors import ExitCode, LedgerError
from importer.ledger.storage.location import sqlite_path
from importer.ledger.storage.server_facts import server_facts
from importer.workspace.environment import Environment


def server_findings(environment: Environment) -> list[Finding]:
    """Report the server's release, its clock, and whether what is committed survives a crash; nothing for a file."""
    try:
        if sqlite_path(environment.ledger_url) is not None:
            return []
        facts = server_facts(environment.ledger_url)
    except LedgerError:  # the check of the ledger has reported it
        return []
    why = "is off on the ledger's server: a crash can lose what was sent, which is then sent again. Turn it on"
    lossy = [Finding(f"{name} {why}", ExitCode.USAGE) for name in facts.lossy_settings]
    tls = "with TLS" if facts.is_encrypted else "without TLS"
    about = f"the ledger's server is Postgres {facts.release}, {tls}; its clock differs by {abs(facts.skew):.1f} seconds"
    return [Finding(about), *lossy]
