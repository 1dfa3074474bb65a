"""The database: schema, connections, locks and backups."""
