"""The stored objects of the sandbox and their data file."""
