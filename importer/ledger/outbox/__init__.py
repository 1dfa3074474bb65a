"""What is to be sent and what is in doubt."""
