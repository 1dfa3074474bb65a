"""Writing workbooks row by row."""
