"""Scheduled imports: when they run, and what the schedulers of the systems need to be given. Pure, but for ``places``."""
