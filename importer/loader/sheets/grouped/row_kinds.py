"""What a row of a report is by its own cells: a head, a document, a total, a heading again, or something of the page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from functools import lru_cache

from importer.domain.cells import Cell
from importer.domain.row_states import StateColumn, find
from importer.loader.sheets.cell_tests import is_day_in_figures
from importer.loader.sheets.grouped.ages import is_age, is_period
from importer.loader.sheets.grouped.amounts import is_amount
from importer.loader.sheets.grouped.columns import ReportColumns
from importer.loader.sheets.header import headings_in
from importer.loader.sheets.labels import is_currency_code, is_page_mark, is_whole_total, names_total, summed_up_in
from importer.loader.values.formats import DateOrder, Formats
from importer.loader.values.parsers import ValueProblem, is_blank, read_date

_ORDERS = (*(Formats(order=order) for order in DateOrder), Formats(date_format="YYYYMMDD"))
_SHARE = re.compile(r"(?:percent|percentage|per cent|prozent|procent|prosent|andel|anteil|in %|i %|%)\b.*|%", re.IGNORECASE)
_PRINTED = re.compile(
    r"(?:printed|print date|udskrevet|utskriven|utskrevet|gedruckt|druckdatum|erstellt|created|generated|run date)\b.*|"
    r".*\b[0-9]{1,2}[:.][0-9]{2}\b.*(?:am|pm|gmt|utc|uhr|kl)\b.*",
    re.IGNORECASE,
)
_DETAIL = re.compile(
    r"(?:tel|telefon|telephone|phone|mobil|mobile|tlf|fax|e-?mail|att|attn|kontakt(?:person)?|contact|ansprechpartner|adresse|"
    r"address|terms|credit limit|kreditlimit|kreditmax|cvr(?:-nr)?|vat(?: no)?|org\.? ?nr|ust-id(?:nr)?|iban)"
    r"\b\.?\s*:.*|\S+@\S+\.\w+",
    re.IGNORECASE,
)


class RowKind(Enum):
    """What a row is by its own cells."""

    BLANK = auto()
    HEADINGS = auto()
    PAGE = auto()
    """A title again, a page number, a note of the printing, or shares in per cent."""
    HEAD = auto()
    """Texts without an amount, a date or the number of a document."""
    NAMED = auto()
    """A text where heads are, with amounts: a head with its total, a total with the name of its group, or a document."""
    TOTAL = auto()
    DOCUMENT = auto()


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A row with its kind. ``label`` is the word by which it is a total, ``texts`` are the positions of its other texts."""

    number: int
    cells: tuple[Cell, ...]
    kind: RowKind
    label: str = ""
    texts: tuple[int, ...] = ()
    label_at: int | None = None

    @property
    def text(self) -> str:
        """The first of its texts."""
        return str(self.cells[self.texts[0]]).strip() if self.texts else ""


class RowTests:
    """Tells the kinds of the rows of one report. ``titles`` are the texts above its headings, ``lines`` those of its headings."""

    def __init__(self, columns: ReportColumns, titles: Collection[str] = (), lines: Iterable[Sequence[Cell]] = ()) -> None:
        self._columns = columns
        self._titles = frozenset(titles)
        self._headings = {columns.header, *(headings_in(line) for line in lines)}
        self._header_keys = {heading.casefold() for heading in columns.header if heading}
        self._amounts = frozenset(columns.amounts)
        self._labelled = frozenset((*columns.names, *columns.numbers, 0))

    def row(self, number: int, cells: tuple[Cell, ...]) -> ReportLine:
        """Return a row with its kind."""
        filled = [at for at, cell in enumerate(cells) if not is_blank(cell)]
        if not filled:
            return ReportLine(number, cells, RowKind.BLANK)
        if self._is_headings(cells, filled):
            return ReportLine(number, cells, RowKind.HEADINGS)
        if self.has_day(cells):
            return ReportLine(number, cells, RowKind.DOCUMENT)
        label_at = self._label_at(cells, filled)
        label = "" if label_at is None else str(cells[label_at]).strip()
        texts = tuple(at for at in filled if at != label_at and self._is_text(at, cells[at]))
        kind = self._kind(cells, filled, label_at, texts)
        if kind is RowKind.HEAD:  # a name may begin with a word for a total
            texts = tuple(at for at in filled if self._is_text(at, cells[at]))
        return ReportLine(number, cells, kind, label, texts, label_at)

    def has_day(self, cells: Sequence[Cell]) -> bool:
        """Return whether a row has a day where documents have theirs, and more than that day."""
        at_day = [at for at in self._columns.dates if at < len(cells) and is_day(cells[at])]
        return bool(at_day) and any(at not in at_day and not is_blank(cell) for at, cell in enumerate(cells))

    def number_of(self, cells: Sequence[Cell]) -> str:
        """Return the number of the document in a row, or an empty text."""
        found = (str(cells[at]).strip() for at in self._columns.documents if at < len(cells) and not is_blank(cells[at]))
        return next((text for text in found if any(map(str.isdigit, text)) and not names_total(text)), "")

    def has_amount(self, cells: Sequence[Cell]) -> bool:
        """Return whether a row has an amount."""
        return any(at < len(cells) and is_amount(cells[at]) for at in self._columns.amounts)

    def _kind(self, cells: Sequence[Cell], filled: Sequence[int], label_at: int | None, texts: tuple[int, ...]) -> RowKind:
        if self._is_of_page(cells, filled):
            return RowKind.PAGE
        label = None if label_at is None else cells[label_at]
        if not self.has_amount(cells):
            return RowKind.TOTAL if label is not None and _is_total_of_nothing(label) else RowKind.HEAD
        number = self.number_of(cells)
        if label_at is not None and (label_at in self._labelled or not number):
            return RowKind.TOTAL
        return self._of_amount(cells, number, texts)

    def _of_amount(self, cells: Sequence[Cell], number: str, texts: tuple[int, ...]) -> RowKind:
        """Return the kind of a row with an amount and without a day or a word for a total."""
        if number and not self._is_lone_first(cells, texts):
            return RowKind.DOCUMENT
        if not texts:
            return RowKind.TOTAL
        return RowKind.NAMED if self._is_named(cells, texts) else RowKind.DOCUMENT

    def _is_lone_first(self, cells: Sequence[Cell], texts: tuple[int, ...]) -> bool:
        """Return whether the only text of a row is the first cell, and a name more likely than a number: it has a blank."""
        return texts == (0,) and isinstance(cells[0], str) and " " in cells[0].strip()

    def _is_named(self, cells: Sequence[Cell], texts: tuple[int, ...]) -> bool:
        """Return whether the texts of a row stand where the names of debtors do, and none of them is a kind of document."""
        named = {*self._labelled, 1} if 0 in texts else self._labelled
        words = (str(cells[at]) for at in texts)
        return all(at in named for at in texts) and not any(find(StateColumn.DOCUMENT_TYPE, word, None) for word in words)

    def _label_at(self, cells: Sequence[Cell], filled: Sequence[int]) -> int | None:
        """Return the position of the word by which a row is a total; None if it has none."""
        texts = [at for at in filled if isinstance(cells[at], str) and at not in self._amounts]
        found = next((at for at in texts if names_total(cells[at])), None)
        if found is None:
            found = next((at for at in texts[:2] if len(list(summed_up_in(cells[at]))) > 0), None)
        return found

    def _is_text(self, at: int, cell: Cell) -> bool:
        if at in self._amounts and is_amount(cell):
            return False
        return not is_currency_code(cell) and at not in self._columns.currencies and at != self._columns.side

    def _is_headings(self, cells: Sequence[Cell], filled: Sequence[int]) -> bool:
        if headings_in(cells) in self._headings:
            return True
        again = sum(str(cells[at]).strip().casefold() in self._header_keys for at in filled if isinstance(cells[at], str))
        return len(filled) > 2 and again * 4 >= len(filled) * 3  # noqa: PLR2004

    def _is_of_page(self, cells: Sequence[Cell], filled: Sequence[int]) -> bool:
        texts = [" ".join(str(cells[at]).split()) for at in filled]
        if all(text in self._titles or is_page_mark(text) or bool(_PRINTED.fullmatch(text)) for text in texts):
            return True
        return bool(_SHARE.fullmatch(texts[0])) and not self.number_of(cells)


def _is_total_of_nothing(label: Cell) -> bool:
    """Return whether a row without amounts is a total all the same: its label is a word for it and no more, or stars."""
    return is_whole_total(label) or not str(label).strip("* ")


def is_detail(row: ReportLine) -> bool:
    """Return whether a row without amounts only adds to the head above it: a phone number, an address with its word."""
    return bool(row.texts) and all(_DETAIL.fullmatch(str(row.cells[at]).strip()) for at in row.texts)


def is_age_head(row: ReportLine) -> bool:
    """Return whether the only text of a row is an age."""
    return len(row.texts) == 1 and is_age(row.cells[row.texts[0]])


def is_period_head(row: ReportLine) -> bool:
    """Return whether the only text of a row is a period or a day, which name no debtor."""
    return len(row.texts) == 1 and (is_period(row.text) or is_day(row.cells[row.texts[0]]))


def is_day(cell: Cell) -> bool:
    """Return whether a cell is a day in any way of writing it, or figures that look like one and are none."""
    if isinstance(cell, date):
        return True
    return isinstance(cell, str) and any(map(str.isdigit, cell)) and _is_day_text(cell.strip())


@lru_cache(maxsize=8192)
def _is_day_text(text: str) -> bool:
    return is_day_in_figures(text) or any(_reads(text, formats) for formats in _ORDERS)


def _reads(text: str, formats: Formats) -> bool:
    try:
        read_date(text, formats)
    except ValueProblem:
        return False
    return True
