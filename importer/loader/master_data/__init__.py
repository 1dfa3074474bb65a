"""Master data of debtors: which sheets hold them, and how they complete the rows of a list."""
