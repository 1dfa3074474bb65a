"""The outcomes of attempts, decided by pure functions."""
