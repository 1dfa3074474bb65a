"""What the head of a group says: the number and the name of a debtor, and a currency, a country or a state beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from importer.domain.cells import Cell
from importer.domain.code_lists import case_currencies, find_country
from importer.domain.text_keys import fold
from importer.loader.sheets.grouped.row_kinds import ReportLine
from importer.loader.values.parsers import display_text, is_blank

_WORD = re.compile(
    r"(?:(?:debitoren?|kunden?|kund|customer|client|debtor|account|konto|debitorenkonto|personenkonto|contact|kontakt)"
    r"(?:[ -]?(?:no|nr|nummer|number|name|navn|konto))?\.?\s*(?::|\s(?=[0-9])))\s*(?=\S)",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\s*[(\[]?\s*(?:continued|cont\.?|cont'd|fortsat|forts\.?|fortsættelse|fortsättning|fortsetzung|fortsatt)\s*[)\]]?\s*$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?P<number>(?=\S*[0-9])[A-Za-z]{0,4}[-.]?[0-9][0-9A-Za-z./-]*(?<=[0-9A-Za-z]))(?:\s*[-–:,/|]\s+|\s*[:|]\s*|\s+)(?P<name>\S.*)",
    re.DOTALL,
)
_NUMBER_BEHIND = re.compile(
    r"(?P<name>.*\S)\s*[(\[](?:no\.?|nr\.?|konto|account)?\s*(?P<number>[A-Za-z]{0,4}[-.]?[0-9][0-9./-]*)[)\]]", re.DOTALL
)
_NUMBER_ALONE = re.compile(r"(?=\S*[0-9])[A-Za-z]{0,4}[-.]?[0-9][0-9./-]*[A-Za-z]?")
_LONG_NUMBER = 3
_SHARE = 0.8


@dataclass(frozen=True)
class Head:
    """The head of a group. ``number`` and ``name`` are cells as they are in the report, None if it has none."""

    row: int
    name: Cell = None
    number: Cell = None
    currency: str | None = None
    country: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the head names no debtor."""
        return is_blank(self.name) and is_blank(self.number)

    @property
    def key(self) -> str:
        """The folded text by which the head is compared."""
        return fold(f"{self.number or ''} {self.name or ''}")


def without_again(text: str) -> str:
    """Return a text without the remark that a group continues from the page before."""
    return _AGAIN.sub("", text).strip()


def head_in(row: ReportLine) -> Head:
    """Return the head in a row. A lone text is its name, whether it begins with a number is decided for all heads together."""
    currency = next((code for cell in row.cells if (code := _currency_in(cell))), None)
    texts = (row.cells[at] for at in row.texts)
    cells = [cleaned for cell in texts if _currency_in(cell) is None and (cleaned := _cleaned(cell)) not in _NOTHING]
    number = next((cell for cell in cells[:2] if len(cells) > 1 and _is_number(cell)), None)
    names = [cell for cell in cells if cell is not number]
    return Head(row.number, next(iter(names), None), number, currency, _country_in(names[1:]))


_NOTHING = ("", "-", "–")


def _cleaned(cell: Cell) -> Cell:
    """Return a cell of a head without a word such as ``Customer:`` and without the remark that its group continues."""
    return _WORD.sub("", without_again(cell), count=1).strip() if isinstance(cell, str) else cell


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, str):
        return bool(_NUMBER_ALONE.fullmatch(cell.strip()))
    return isinstance(cell, int) and not isinstance(cell, bool)


def _currency_in(cell: Cell) -> str | None:
    word = (
        str(cell).strip().removeprefix("Currency:").removeprefix("Valuta:").removeprefix("Währung:").strip()
        if isinstance(cell, str)
        else ""
    )
    return word if word in case_currencies() else None


def _country_in(cells: Iterable[Cell]) -> str | None:
    return next((found for cell in cells if isinstance(cell, str) and (found := find_country(display_text(cell)))), None)


def with_numbers(heads: Sequence[Head]) -> list[Head]:
    """Split the numbers off the names of heads, if nearly all of them have one, so that it is no part of a name.

    A lone head must begin with a long number.
    """
    lone = list(filter(_is_lone_text, heads))
    for pattern in (_NUMBERED, _NUMBER_BEHIND):
        found = _matches(pattern, lone)
        if _are_numbers(found, {head.key for head in lone}):
            return [_split(head, found.get(head.row)) for head in heads]
    are_numbers = bool(lone) and all(_is_number(head.name) for head in lone)
    return list(map(_as_number, heads)) if are_numbers else list(heads)


def _as_number(head: Head) -> Head:
    """Return a head whose only text is a number."""
    return head if head.number is not None else replace(head, name=None, number=head.name)


def _matches(pattern: re.Pattern[str], heads: Iterable[Head]) -> dict[int, re.Match[str]]:
    """Return the heads whose names match, by their rows."""
    return {head.row: match for head in heads if (match := pattern.fullmatch(str(head.name).strip()))}


def _is_lone_text(head: Head) -> bool:
    return head.number is None and isinstance(head.name, str)


def _are_numbers(found: Mapping[int, re.Match[str]], texts: Collection[str]) -> bool:
    different = {fold(match["number"]) for match in found.values()}
    if not different or len(different) < _SHARE * len(texts):
        return False
    return len(different) > 1 or sum(map(str.isdigit, next(iter(different)))) > _LONG_NUMBER


def _split(head: Head, found: re.Match[str] | None) -> Head:
    return replace(head, name=found["name"].strip(), number=found["number"]) if found else head
