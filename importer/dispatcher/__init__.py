"""Sends the entries of the ledger to both APIs. It has no access to spreadsheets."""
