"""The entries to send, and the entries in doubt."""
