"""The ways to log in to the page, and the limit on failed tries."""
