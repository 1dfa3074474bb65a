"""Entries of the ledger out to both APIs; knows no spreadsheet."""
