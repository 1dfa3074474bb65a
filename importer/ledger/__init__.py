"""What is remembered of every row; the only place that knows the database."""
