"""Alembic's environment: runs the scripts on the connection, and in the transaction, that it was given."""

from alembic import context

from importer.ledger.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
