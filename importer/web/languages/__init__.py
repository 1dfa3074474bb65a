"""The texts of the page, one file for each language."""
