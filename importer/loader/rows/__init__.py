"""What a row is: a claim, none, a credit, or a question."""
