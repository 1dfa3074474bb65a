"""Pacing: when the next request to an API may begin, and when a run will be finished."""
