"""Upgrading a ledger: a copy is made first, and a migration that fails leaves the ledger unchanged."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.resources import files
from itertools import count
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, create_mock_engine, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import ExecutableDDLElement

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import LedgerError, LedgerUpgraded
from importer.ledger.storage.backup import write_backup
from importer.ledger.storage.engine import advice_for
from importer.ledger.storage.identity import give_identity
from importer.ledger.storage.postgres import BACKEND, by_code_point, collate_by_code_point
from importer.ledger.storage.schema import MASKED_NUMBERS, SCHEMA_VERSION, attempt, entry, id_sequence, meta, metadata, row

# Alembic's own table: a new ledger gets it without loading Alembic.
_alembic_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def create(connection: Connection) -> None:
    """Create the tables of a new ledger, at the newest version."""
    for statement in _tables(connection.dialect.name):
        connection.exec_driver_sql(statement)
    connection.execute(insert(meta).values(name="schema", value=str(SCHEMA_VERSION)))
    connection.execute(insert(id_sequence), [{"name": table.name, "next_id": 1} for table in (row, entry, attempt)])
    give_identity(connection)
    _note_version(connection, SCHEMA_VERSION)


@cache
def _tables(backend: str) -> tuple[str, ...]:
    """Return the statements that create the tables and indexes: each `check` creates a ledger, and the page is one process."""
    found: list[ExecutableDDLElement] = []
    engine = create_mock_engine(f"{backend}://", lambda made, *_: found.append(made))
    (by_code_point(metadata) if backend == BACKEND else metadata).create_all(engine, checkfirst=False)
    return tuple(str(made.compile(dialect=engine.dialect)) for made in found)


def upgrade(connection: Connection, name: Path | str, url: str | None, access: FileAccess = OWNER_ALONE) -> None:
    """Upgrade an older ledger to the newest version, in one transaction.

    ``url`` names the ledger to copy beforehand; with None (a scratch ledger) no copy is made. Warns with LedgerUpgraded,
    which names the copy. Raises LedgerError; the ledger is then unchanged.
    """
    from alembic.util import CommandError

    copy = _copy_of(Path(name)) if url is not None and isinstance(name, Path) else None  # a server has backups of its own
    if url is not None and copy is not None:
        write_backup(url, copy, access)
    try:
        _overwrite_what_is_deleted(connection)
        with connection.begin():
            _migrate(connection)
            if connection.dialect.name == BACKEND:
                collate_by_code_point(connection)
        kept = _take_out_remains(connection)
    except (DBAPIError, CommandError) as error:
        if copy is not None:
            copy.unlink()  # the ledger itself is unchanged
        cause = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        raise LedgerError(
            f"The ledger {name} could not be upgraded to version {SCHEMA_VERSION} ({cause}); it is unchanged. "
            f"{advice_for(cause)} Until then, continue with the previous release."
        ) from None
    _announce(name, copy, has_unmasked_copy=kept)


def _announce(name: Path | str, copy: Path | None, *, has_unmasked_copy: bool) -> None:
    """Warn that the ledger was upgraded, unless it is a scratch ledger."""
    message = f"The ledger {name} was upgraded to version {SCHEMA_VERSION}."
    if copy is not None:
        message += f" The ledger from before is kept as {copy}."
        if has_unmasked_copy:
            message += (
                " Personal numbers are masked now, but that copy still holds them: delete it when it is not needed any more."
            )
    elif isinstance(name, Path):
        return
    warnings.warn(LedgerUpgraded(message), stacklevel=3)


def _overwrite_what_is_deleted(connection: Connection) -> None:
    """Let SQLite overwrite what the migration replaces, so that no old text is left in the file."""
    if connection.dialect.name == "sqlite":
        with connection.begin():
            connection.execute(text("PRAGMA secure_delete = ON"))


def _take_out_remains(connection: Connection) -> bool:
    """Write the file again without what was masked in it. Returns whether anything was masked."""
    with connection.begin():
        masked = connection.scalar(select(meta.c.value).where(meta.c.name == MASKED_NUMBERS)) or "0"
    if masked != "0" and connection.dialect.name == "sqlite":
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return masked != "0"


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("importer.ledger.storage") / "migrations"))
    config.attributes["connection"] = connection
    if not inspect(connection).has_table(_alembic_version.name):  # releases before version 4 stored the version only in ``meta``
        _note_version(connection, connection.scalar(select(meta.c.value).where(meta.c.name == "schema")))
    command.upgrade(config, str(SCHEMA_VERSION))
    # Stored here too for releases before version 4, which refuse a ledger with a greater number.
    connection.execute(update(meta).where(meta.c.name == "schema").values(value=str(SCHEMA_VERSION)))


def _note_version(connection: Connection, version: object) -> None:
    _alembic_version.create(connection)
    connection.execute(insert(_alembic_version).values(version_num=str(version)))


def _copy_of(path: Path) -> Path:
    """Return an unused name beside the ledger: ``ledger.before-version-4.db``."""
    stem = f"{path.stem}.before-version-{SCHEMA_VERSION}"
    names = (f"{stem}{(number and f'-{number}') or ''}{path.suffix}" for number in count())
    return next(copy for name in names if not (copy := path.with_name(name)).exists())


def prepare(connection: Connection, name: Path | str, copied_from: str | None = None, access: FileAccess = OWNER_ALONE) -> None:
    """Create the tables of a new ledger; check and upgrade an existing one.

    ``copied_from`` is the URL of the ledger to copy before an upgrade; None makes no copy. Raises LedgerError for a
    ledger that is damaged or of a newer version.
    """
    with connection.begin():
        if not inspect(connection).has_table("meta"):
            if inspect(connection).get_table_names():
                raise LedgerError(f"{name} is another program's database, not a ledger. Name another file under [ledger].")
            create(connection)
        version = check_version(connection, name)
    if connection.dialect.name == "sqlite":
        with connection.begin():
            found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
        if found != "ok":
            raise LedgerError(f"The ledger {name} is damaged ({str(found).splitlines()[0]}). Restore a backup.")
    if version < SCHEMA_VERSION:
        upgrade(connection, name, copied_from, access)


def check_version(connection: Connection, name: Path | str) -> int:
    """Return the version of the ledger's tables. Raises LedgerError if it is newer than ours, or if this is not a ledger."""
    found = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    if found is None or not found.isdecimal() or int(found) < 1:
        raise LedgerError(f"{name} is not a ledger. Name another file under [ledger], or restore a backup.")
    if int(found) > SCHEMA_VERSION:
        raise LedgerError(f"The ledger {name} was written by a newer version. Install that version of the importer.")
    return int(found)
