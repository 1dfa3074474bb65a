"""Profiles: recognise saved ones and propose new ones."""
