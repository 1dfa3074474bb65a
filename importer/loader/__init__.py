"""Load files into records and rejects. This package uses neither HTTP nor the database."""
