"""Workers: processes that take in files and send for accounts, by jobs beside a ledger on a server."""
