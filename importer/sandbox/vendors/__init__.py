"""The rules of both vendors."""
