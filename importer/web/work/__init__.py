"""The work behind the pages: each piece opens what it needs, calls the commands, and ends. It knows nothing of requests."""
