"""Taking a source into the ledger."""
