"""Reports on a batch, made from the ledger alone: sheets, summaries and the text for the terminal."""
