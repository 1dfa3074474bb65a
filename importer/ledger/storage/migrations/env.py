"""Alembic's environment: it runs the scripts on the caller's connection, within its transaction."""

from alembic import context

from importer.ledger.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
