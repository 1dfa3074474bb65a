"""The files that browsers load beside the pages."""
