"""Reading functions for reports."""
