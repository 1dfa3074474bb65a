"""What became of every row, read from the ledger alone."""
