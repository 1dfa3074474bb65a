"""The values of one record kind in one row: read, then validated together, with every reason against them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError

from importer.domain.cells import Cell
from importer.domain.columns import PROPERTY_PREFIX, columns_of, name_of_path
from importer.domain.kinds import RecordKind
from importer.domain.models import STATE_MISSING, WireModel
from importer.domain.money import UNREAD_CURRENCY, Money, cents_of
from importer.domain.notes import NoteKind
from importer.domain.reasons import Reason
from importer.domain.suggestions import suggestions_for
from importer.loader.context import LoadContext
from importer.loader.records.column_readers import ColumnReader, RowDecoder
from importer.loader.values.amounts import currencies_of
from importer.loader.values.identifiers import CleanedText
from importer.loader.values.parsers import WRONG_VOUCHER_CURRENCY, ValueProblem, display_text, is_blank

Model = TypeVar("Model", bound=WireModel)
SHOWN_CHARACTERS = 120  # of a wrong value that its reason shows: enough to find it

_CODE = re.compile("[A-Z]{3}")
_TOO_LONG = "is longer than {max_length} characters. Shorten it"
_PYDANTIC_WORDS = {
    "missing": ("required", "is missing. Fill in the cell"),
    "string_too_short": ("required", "is missing. Fill in the cell"),
    "literal_error": ("currency", WRONG_VOUCHER_CURRENCY),
    "enum": ("choice", "is neither CREDITOR nor COLLECTOR. Write one of them"),
    "less_than_equal": ("rate", "is above 100 %. Write 8.05 % or 0.0805"),
    "greater_than_equal": ("rate", "is below zero. Write 8.05 % or 0.0805"),
}
_COLUMN_OF_RULE = {STATE_MISSING: "debtor_state"}
"""The columns of rules that are found at another column, because a rule between two is checked at the later one."""


@dataclass(slots=True)
class RowValues:
    """The values of a row by canonical name, and the reasons against the row so far.

    ``defaults_currency``: the settings give the currency of a row that names none. ``cleaned`` are the identifiers from which
    something was taken out that is no part of them, and what.
    """

    kind: RecordKind
    values: dict[str, Any] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    readers: Sequence[ColumnReader] = ()
    cells: tuple[Cell, ...] = ()
    defaults_currency: bool = False
    cleaned: list[tuple[str, NoteKind]] = field(default_factory=list)

    def read(self, columns: RowDecoder, cells: tuple[Cell, ...]) -> None:
        """Read the cell of each column. A blank cell has no value."""
        self.readers, self.cells, self.defaults_currency = columns.readers, cells, columns.defaults_currency
        values = self.values
        for (name, known, read), cell in columns.with_cells(cells):
            if cell is None:
                continue
            value = known(cell) if type(cell) is str else None
            if value is None:
                try:
                    value = read(cell)
                except ValueProblem as error:
                    self.reject(error.code, str(error), name)
                    self.reasons[-1] = replace(self.reasons[-1], gist=error.gist)
                    continue
                if value is None:
                    continue
            if type(value) is CleanedText:
                self.cleaned.append((name, value.what))
                value = str(value)
            values[name] = value

    def texts_of(self, amounts: Iterable[ColumnReader]) -> list[str]:
        """Return the cells of these columns that are texts."""
        return [text for amount in amounts if (text := amount.text(self.cells)) is not None]

    def check_signs(self, amounts: Iterable[ColumnReader]) -> None:
        """Reject an amount whose currency sign or code, such as ``€``, contradicts the row's currency."""
        currency = self.values.get("currency")
        for amount in amounts if currency else ():
            cell = amount.text(self.cells) if amount.name in self.values else None
            if cell is not None and (meant := currencies_of(cell)) and currency not in meant:
                message = f"is not in {currency}, which the row has as its currency. Correct one"
                self.reject("currency_differs", message, amount.name)

    def reject(self, code: str, message: str, name: str | None, offers: tuple[str, ...] = ()) -> None:
        """Add a reason against the column ``name``, or the whole row if None. ``offers`` are values that may be meant."""
        self.reasons.append(self.reason(code, message, name, offers))

    def reject_masked(self, code: str, message: str, name: str, cells: tuple[Cell, ...]) -> None:
        """Add a reason against the column ``name`` that shows its cell in ``cells``, where a personal number is masked."""
        read, self.cells = self.cells, cells
        self.reject(code, message, name)
        self.cells = read

    def reason(self, code: str, message: str, name: str | None, offers: tuple[str, ...] = ()) -> Reason:
        """Return a reason about the column ``name``, with its heading and the cell's value."""
        reader = self._reader(name)
        text = self._text(reader)
        offers = offers or (suggestions_for(code, text, for_vouchers=self.kind is RecordKind.VOUCHER) if text else ())
        if text and len(text) > SHOWN_CHARACTERS:
            text = text[:SHOWN_CHARACTERS].rstrip() + "…"
        return Reason(code, message, name, reader and reader.bound.heading, text, offers)

    def text_in(self, name: str) -> str | None:
        """Return the cell of a column as displayed, or None if it is blank or there is no such column."""
        return self._text(self._reader(name))

    def _reader(self, name: str | None) -> ColumnReader | None:
        return next((known for known in self.readers if known.name == name), None)

    def _text(self, found: ColumnReader | None) -> str | None:
        """Return the column's cell as displayed, or None if it is blank."""
        cell = found.cell(self.cells) if found else None
        return None if is_blank(cell) else display_text(cell)

    def failed(self, name: str | None) -> bool:
        """Return whether there is a reason against the column."""
        return any(reason.field == name for reason in self.reasons)

    def money(self, name: str) -> Money:
        """Return the row's amount with the sheet's sign, for the totals.

        A text that is not a currency code counts as an unread currency: in a row with shifted cells it may be a name.
        """
        amount: Decimal | None = self.values.get(name)
        currency = self.values.get("currency") or ""
        is_code = _CODE.fullmatch(currency) is not None
        return Money(currency if is_code else UNREAD_CURRENCY, cents_of(amount) if amount is not None else 0)

    def validated(self, model: type[Model], context: LoadContext, *, formerly: bool = False) -> Model | None:
        """Return the values as a ``model``, or None after every broken rule was added to the reasons.

        A column whose cell could not be read gets no second reason. ``formerly``: rules do not apply that earlier releases
        did not have.
        """
        result = None
        try:
            # Only by alias: looking for the field names too would cost time in every row.
            rules = context.rules | {"formerly": True} if formerly else context.rules
            result = model.model_validate(_nest(self.kind, self.values), context=rules, by_alias=True, by_name=False)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                path = ".".join(str(part) for part in item["loc"])
                name = _COLUMN_OF_RULE.get(item["type"]) or name_of_path(self.kind, path) or path
                if not self.failed(name):
                    self.reject(*_in_words(item), name)
        return None if self.reasons else result


def _in_words(item: Any) -> tuple[str, str]:
    """Return the code and message of one pydantic error. The project's own rules already have their message."""
    if item["type"] == "string_too_long":
        return "too_long", _TOO_LONG.format(**item["ctx"])
    return _PYDANTIC_WORDS.get(item["type"], (item["type"], item["msg"]))


@cache
def _places(kind: RecordKind) -> dict[str, list[tuple[str, str]]]:
    """Map each parent member of the request ("" for the top level) to its columns, as (canonical name, member)."""
    paths = {c.name: c.path for c in columns_of(kind) if c.path} | (
        {"debtor_state_alpha2": "debtor.stateAlpha2"} if kind is RecordKind.CASE else {}
    )
    places: dict[str, list[tuple[str, str]]] = {}
    for name, path in paths.items():
        around, _, member = path.rpartition(".")
        places.setdefault(around, []).append((name, member))
    return places


def _nest(kind: RecordKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Nest values by canonical name as the members of the request. Empty values are left out."""
    places, value_of = _places(kind), values.get
    data: dict[str, Any] = {member: value for name, member in places[""] if (value := value_of(name)) is not None}
    if kind is RecordKind.CASE:
        data["debtor"] = {member: value for name, member in places["debtor"] if (value := value_of(name)) is not None}
    elif properties := {
        name.removeprefix(PROPERTY_PREFIX): value
        for name, value in values.items()
        if value is not None and name.startswith(PROPERTY_PREFIX)
    }:
        data["properties"] = properties
    return data
