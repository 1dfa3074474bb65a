"""Reconciling: resolving doubts with the lists of both APIs."""
