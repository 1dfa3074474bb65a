"""The ledger: the record of every row across runs. The only package that contains SQL."""
