"""From one row to a case, a voucher or a reject."""
