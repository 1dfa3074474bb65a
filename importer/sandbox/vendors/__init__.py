"""The endpoints and rules of both vendors."""
