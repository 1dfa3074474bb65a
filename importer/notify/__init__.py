"""What a night reports: notifications to people, pings to a watchdog, figures for Prometheus, and the morning summary."""
