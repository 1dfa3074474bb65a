"""Reports of open invoices that are grouped by debtor or by age, read as a flat list."""
