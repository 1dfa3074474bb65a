"""Find a heading of a delimited text that a stray delimiter tears in two, so that the columns behind it are shifted."""

from __future__ import annotations

from itertools import pairwise

from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.sheets.plan import SheetPlan
from importer.loader.sheets.shape import known_keys


def refuse_torn_headings(plan: SheetPlan) -> None:
    """Raise FileRefused if two headings beside each other mean nothing, and one that is known if they are joined.

    The second part of a word does not begin with a capital: "Post" and "Nr" may be two headings.
    """
    unused = set(plan.unknown)
    for at, (left, right) in enumerate(pairwise(plan.head.header), start=1):
        if {left, right} <= unused and not right[:1].isupper() and header_key(left + right) in known_keys():
            raise FileRefused(
                f'Sheet "{plan.head.name}", row {plan.header_row}: the headings of columns {at} and {at + 1}, "{left}" and '
                f'"{right}", are "{left}{right}" with a delimiter in it, so that the values behind it may be in the wrong '
                "columns. Take the delimiter away. If these are two columns, list both under ignore in a profile."
            )
