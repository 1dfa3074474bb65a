"""Saved mappings: recognising and proposing them."""
