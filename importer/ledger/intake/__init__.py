"""Staging a source in the ledger."""
