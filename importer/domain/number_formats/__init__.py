"""Number formats of cells: what a format code makes of a number, and which currency it shows."""
