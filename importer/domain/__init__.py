"""The types shared by all packages: columns, models, records, reasons, states. It imports only ``importer.errors``."""
