"""The column that a person means by a name: its own, a heading of other systems, or words with blanks: ``debtor name``."""

from __future__ import annotations

from importer.domain.columns import FLAT_PREFIX, PROPERTY_PREFIX, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.row_states import columns_for, is_state_column
from importer.domain.text_keys import header_key
from importer.loader.sheets.shape import Shape, index_in


def column_named(text: str, shape: Shape) -> str | None:
    """Return the column that a user means in a sheet of this shape, or None.

    Understood are the column's name with blanks or in any case, and the headings of other systems in five languages.
    """
    if text.startswith((PROPERTY_PREFIX, FLAT_PREFIX + PROPERTY_PREFIX)):
        return None if shape is Shape.CASES else text
    name = "_".join(text.casefold().replace("-", " ").replace("_", " ").split())
    if name in index_in(shape).values() or (is_state_column(name) and shape is not Shape.VOUCHERS):
        return name
    return _meant_by_heading(header_key(text), shape)


def _meant_by_heading(key: str, shape: Shape) -> str | None:
    weak = weak_index(RecordKind.VOUCHER if shape is Shape.VOUCHERS else RecordKind.CASE)
    states = () if shape is Shape.VOUCHERS else columns_for(key)
    return index_in(shape).get(key) or weak.get(key) or next((column.value for column in states), None)


def is_column_name(text: str, shape: Shape) -> bool:
    """Return whether a text is the very name of a column that all rows may have one value for."""
    is_property = text.startswith((PROPERTY_PREFIX, FLAT_PREFIX + PROPERTY_PREFIX)) and shape is not Shape.CASES
    return is_property or text in index_in(shape).values()
