"""Companies, sole traders and persons: which of them a debtor is, and by which rule."""
