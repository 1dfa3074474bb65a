"""Files in, records and rejects out; knows no HTTP and no database."""
