"""The ledger's database: schema, connections, locks and backups."""
