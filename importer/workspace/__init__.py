"""The parts that commands share: workspace, environment, sources, sending, progress."""
