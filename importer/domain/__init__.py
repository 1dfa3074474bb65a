"""What passes between the rooms: columns, models, records, reasons, states. Imports nothing of ours but errors."""
