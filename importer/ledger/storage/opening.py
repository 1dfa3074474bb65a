"""Opening a ledger's database for writing: its lock, its file, its connection and its schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from importer.domain.file_access import FileAccess
from importer.errors import LedgerError
from importer.ledger.storage.engine import Session, connect, translated
from importer.ledger.storage.location import refuse_hard_link, refuse_network_path, shown_url, sqlite_path
from importer.ledger.storage.lock import held
from importer.ledger.storage.postgres import prepare_statements, refuse_unfit
from importer.ledger.storage.schema import SCHEMA_VERSION
from importer.ledger.storage.server_lock import hold_accounts, hold_ledger, refuse_pooler
from importer.ledger.storage.upgrade import check_version, prepare


def open_session(
    url: str,
    command: str,
    access: FileAccess,
    is_scratch: bool,  # noqa: FBT001  (bound to the first parameters by those who open it again)
    accounts: frozenset[str] | None = None,
) -> Session:
    """Lock the ledger, open its database for writing, and bring it to this release's schema; create it if the file is missing.

    On a server, only the entries of ``accounts`` are locked if they are given. Closing the session closes the connection first,
    and then releases the lock. Raises LedgerHeld or LedgerError.
    """
    with ExitStack() as stack:
        path = sqlite_path(url)
        if path is not None:
            refuse_network_path(path)
            refuse_hard_link(path)
            stack.enter_context(held(path, command, access))
            with _translated_os(path):
                access.create(path)
        engine = connect(url, command=command)
        stack.callback(engine.dispose)
        session = Session(engine, path or shown_url(url), stack)
        with translated(session.name):
            if path is None:
                _hold_on_server(session, url, accounts)
            prepare(session.connection, session.name, None if is_scratch else url, access)
        if path is not None:
            with _translated_os(path):
                _share_log(path, access)
        session.keep(stack.pop_all())
    return session


def _hold_on_server(session: Session, url: str, accounts: frozenset[str] | None) -> None:
    """Take the locks of a ledger on a server. Raises LedgerHeld, or LedgerError if locks or times cannot be relied on."""
    refuse_pooler(session.connection, url, str(session.name))
    prepare_statements(session.connection)
    with session.connection.begin():
        if accounts is None:
            hold_ledger(session.connection, str(session.name))
        else:
            hold_accounts(session.connection, str(session.name), accounts)
            _refuse_older(session)
        refuse_unfit(session.connection)
    session.accounts = accounts


def _refuse_older(session: Session) -> None:
    """Raise LedgerError if the tables are to be upgraded, for which the whole ledger must be held."""
    if check_version(session.connection, session.name) != SCHEMA_VERSION:
        raise LedgerError(f"The ledger {session.name} was replaced by one of an earlier release. Run `importer doctor`.")


def _share_log(path: Path, access: FileAccess) -> None:
    """Make SQLite's log of recent commits as accessible as the ledger: it takes the ledger's mode, but not its group."""
    for log in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if log.exists():
            access.extend_to(log)


@contextmanager
def _translated_os(path: Path) -> Iterator[None]:
    """Report file-system errors of the ledger's own file as LedgerError."""
    try:
        yield
    except OSError as error:
        raise LedgerError(f"The ledger {path} cannot be written ({error.strerror}). Check the folder and your rights.") from None
