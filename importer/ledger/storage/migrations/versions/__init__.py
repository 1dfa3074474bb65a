"""One script for each version of the ledger's tables."""
