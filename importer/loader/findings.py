"""The cells of one kind in one row: read, then checked as a whole, with every reason against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from importer.columns import PROPERTY_PREFIX, Holds, Kind, column, name_of_path
from importer.loader.celltext import CellError, shows_error
from importer.loader.context import LoadContext
from importer.loader.mapping import Bound
from importer.loader.money import currencies_of
from importer.loader.values import READERS, WRONG_VOUCHER_CURRENCY, Formats, ValueProblem, is_blank, shown
from importer.models import WireModel
from importer.offers import offers_for
from importer.rows import Cell, Money, Reason, cents_of

Model = TypeVar("Model", bound=WireModel)
SHOWN_CHARACTERS = 120  # of a wrong value, in its reason: enough to find it by

_TOO_LONG = "is longer than {max_length} characters. Shorten it"
_PYDANTIC_WORDS = {
    "missing": ("required", "is missing. Fill in the cell"),
    "string_too_short": ("required", "is missing. Fill in the cell"),
    "literal_error": ("currency", WRONG_VOUCHER_CURRENCY),
    "enum": ("choice", "is neither CREDITOR nor COLLECTOR. Write one of them"),
    "less_than_equal": ("rate", "is above 100 %. Write 8.05 % or 0.0805"),
    "greater_than_equal": ("rate", "is below zero. Write 8.05 % or 0.0805"),
}


@dataclass
class Findings:
    """Values by canonical name, and what is wrong with the row so far."""

    kind: Kind
    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)

    def read(self, bounds: Iterable[tuple[Bound, Formats]], cells: tuple[Cell, ...]) -> None:
        """Read each column's cell in the column's formats; an empty one has no value."""
        signs: dict[str, frozenset[str]] = {}
        for bound, formats in bounds:
            name = bound.column.name
            self.headings[name] = bound.heading
            cell = _cell(bound, cells)
            if is_blank(cell):
                continue
            text = self.texts[name] = shown(cell)
            cell = bound.values.get(text, cell)
            if is_blank(cell):
                continue
            if type(cell) is str and cell[0] in "#E" and shows_error(cell.strip()):
                cell = CellError(cell.strip())
            try:
                self.values[name] = READERS[bound.column.holds](cell, formats)
            except ValueProblem as error:
                self.reject(error.code, str(error), name)
                continue
            if bound.column.holds is Holds.MONEY and type(cell) is str and (meant := currencies_of(cell)):
                signs[name] = meant
        self._check_signs(signs)

    def _check_signs(self, signs: Mapping[str, frozenset[str]]) -> None:
        """Refuse an amount whose sign or code, like ``€``, is not that of the row's currency."""
        currency = self.values.get("currency")
        for name, meant in signs.items():
            if currency and currency not in meant:
                self.reject("currency_differs", f"is not in {currency}, which the row has as its currency. Correct one", name)

    def reject(self, code: str, message: str, name: str | None, offers: tuple[str, ...] = ()) -> None:
        """One more reason, against the column ``name`` or (None) the whole row; ``offers`` are values that may be meant."""
        text = self.texts.get(name or "")
        offers = offers or (offers_for(code, text, for_vouchers=self.kind is Kind.VOUCHER) if text else ())
        if text and len(text) > SHOWN_CHARACTERS:
            text = text[:SHOWN_CHARACTERS].rstrip() + "…"
        self.reasons.append(Reason(code, message, name, self.headings.get(name or ""), text, offers))

    def failed(self, name: str | None) -> bool:
        return any(reason.field == name for reason in self.reasons)

    def money(self, name: str) -> Money:
        """The row's amount as the sheet has it, for the totals."""
        amount: Decimal | None = self.values.get(name)
        return Money(self.values.get("currency") or "unknown", cents_of(amount) if amount is not None else 0)

    def validated(self, model: type[Model], context: LoadContext) -> Model | None:
        """The values as a ``model``, or None with every broken rule among the reasons.

        A column whose cell could not be read is not blamed a second time.
        """
        result = None
        try:
            rules = {"today": context.today, "voucher_types": context.voucher_types}
            result = model.model_validate(_nest(self.kind, self.values), context=rules)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                path = ".".join(str(part) for part in item["loc"])
                name = name_of_path(self.kind, path) or path
                if not self.failed(name):
                    self.reject(*_in_words(item), name)
        return None if self.reasons else result


def _cell(bound: Bound, cells: tuple[Cell, ...]) -> Cell:
    if bound.position is None:
        return bound.constant
    return cells[bound.position] if bound.position < len(cells) else None


def _in_words(item: Any) -> tuple[str, str]:
    """The code and the sentence of one pydantic error; our own rules carry their sentence already."""
    if item["type"] == "string_too_long":
        return "too_long", _TOO_LONG.format(**item["ctx"])
    return _PYDANTIC_WORDS.get(item["type"], (item["type"], item["msg"]))


def _nest(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by canonical name as the nested members of the wire; empty values are left out."""
    data: dict[str, Any] = {"debtor": {}} if kind is Kind.CASE else {}
    for name, value in values.items():
        path = "debtor.stateAlpha2" if name == "debtor_state_alpha2" else column(kind, name).path
        if value is None or not path:
            continue
        if name.startswith(PROPERTY_PREFIX):
            data.setdefault("properties", {})[name.removeprefix(PROPERTY_PREFIX)] = value
            continue
        target, _, member = path.rpartition(".")
        (data[target] if target else data)[member] = value
    return data
