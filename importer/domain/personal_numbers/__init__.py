"""Personal numbers: finding them in cells, and masking them before anything else sees the cells."""
