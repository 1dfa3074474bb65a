"""The loop that sends entries."""
