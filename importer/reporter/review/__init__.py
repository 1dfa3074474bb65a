"""The review of a run: what can be sent and what cannot, how the files were read, and what is unusual about them."""
