"""Settling doubts with the lists of both APIs."""
