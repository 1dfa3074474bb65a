"""From one cell to one value."""
