"""From bytes to exact raw cells, read safely."""
