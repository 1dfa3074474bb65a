"""What the commands share: settings put to work, sources, sending, progress."""
