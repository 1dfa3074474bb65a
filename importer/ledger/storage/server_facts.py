"""What a Postgres server says about itself, for `importer doctor`."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from importer.ledger.storage.engine import connect, translated
from importer.ledger.storage.location import shown_url
from importer.ledger.storage.postgres import clock_skew, lossy_settings


class ServerFacts(NamedTuple):
    """The release of a server, by how many seconds its clock is ahead, and how safe it and the way to it are."""

    release: str
    skew: float
    is_encrypted: bool
    lossy_settings: tuple[str, ...]


def server_facts(url: str) -> ServerFacts:
    """Ask the server of a ledger about itself. Raises LedgerError."""
    engine = connect(url, read_only=True)
    try:
        with translated(shown_url(url)), engine.connect() as connection:
            release = str(connection.scalar(text("SHOW server_version"))).split()[0]
            ssl = connection.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
            return ServerFacts(release, clock_skew(connection), bool(ssl), tuple(lossy_settings(connection)))
    finally:
        engine.dispose()
