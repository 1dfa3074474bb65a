"""Joins and splits: the parts of a column's value that are in several columns, and two values that are in one."""
