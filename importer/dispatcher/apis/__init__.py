"""Both remote APIs over HTTP."""
