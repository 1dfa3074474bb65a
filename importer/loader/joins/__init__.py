"""Joins and splits: the parts of a column's value that stand in several columns, and two values that stand in one."""
