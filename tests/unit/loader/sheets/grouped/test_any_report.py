"""Any generated report, in any of the layouts, read flat gives the documents from which it was made."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.loader.files.reader import open_source
from importer.loader.profile import Profile
from importer.loader.sheets.grouped.amounts import read_both
from importer.loader.sheets.grouped.flat_list import RECOGNISED_ROWS, as_flat_list
from importer.loader.sheets.grouped.flat_sheet import FlatSheet
from importer.loader.sheets.sheet import first_rows

NAMES = (
    *("Barnes & Holloway Ltd", "Quill, Oona", "Total Energies", "Current A/S", "30 Days Fitness ApS", "Saldo Byg ApS"),
    "Sum & Co",
    *("1. maj Foreningen", "Havnens Fisk ApS", "Müller & Söhne KG", "Haben GmbH", "Credit Union Ltd", "Faktura Service AB"),
    *("Kontant Kød ApS", "Page 3 Media Ltd", "Older & Sons", "Konto Revision A/S", "Payment Partners Ltd", "December ApS"),
)
AGES = ("Current", "1-30 days", "31-60 days", "Over 60 days")


@dataclass(frozen=True)
class Made:
    """A document of a generated report. The amount is in hundredths."""

    debtor: str
    customer: str
    number: str
    day: date
    cents: int


@dataclass(frozen=True)
class Style:
    """How a report is written."""

    head: str
    total: str
    ages: str
    comma: bool
    blank: bool
    pages: bool
    grand: bool
    number_first: bool


STYLES = st.builds(
    Style,
    head=st.sampled_from(["name", "numbered", "two cells", "first row", "above"]),
    total=st.sampled_from(["before", "behind", "plain", "unlabelled", "none"]),
    ages=st.sampled_from(["none", "with total", "alone"]),
    comma=st.booleans(),
    blank=st.booleans(),
    pages=st.booleans(),
    grand=st.booleans(),
    number_first=st.booleans(),
)
AMOUNTS = st.integers(1, 9_999_999) | st.integers(-500_000, -1)


@st.composite
def lists(draw: st.DrawFn) -> list[list[Made]]:
    """Draw the documents of some debtors, each with one or more."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=6, unique=True))
    found, number = [], 1000
    for at, name in enumerate(names):
        documents = []
        for cents in draw(st.lists(AMOUNTS, min_size=1, max_size=4)):
            number += 1
            day = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 200)))
            documents.append(Made(name, str(20001 + at), f"INV-{number}", day, cents))
        found.append(documents)
    return found


class Writer:
    """Writes a report in a style, row by row."""

    def __init__(self, style: Style) -> None:
        self._style = style
        first = ["Invoice number", "Invoice date"] if style.number_first else ["Invoice date", "Invoice number"]
        ages = [] if style.ages == "none" else list(AGES)
        total = [] if style.ages == "alone" else ["Total" if ages else "Open amount"]
        self.header = [*(["Customer name"] if style.head == "first row" else []), *first, "Due date", *ages, *total]
        self._money = len(self.header) - len(ages) - len(total)
        self.rows: list[list[str]] = [["Open invoices"], ["As at 31 October 2026"], [], self.header]

    def amounts(self, cents_of_age: list[int]) -> list[str]:
        ages = [] if self._style.ages == "none" else [self.text(cents) for cents in cents_of_age]
        return [*ages, *([] if self._style.ages == "alone" else [self.text(sum(cents_of_age))])]

    def text(self, cents: int) -> str:
        plain = f"{cents / 100:,.2f}"
        return plain.translate(str.maketrans(",.", ".,")) if self._style.comma else plain

    def write(self, groups: list[list[Made]]) -> list[list[str]]:
        everything = [0] * len(AGES)
        for at, documents in enumerate(groups):
            sums = [sum(one.cents for one in documents if age(one) == index) for index in range(len(AGES))]
            everything = [one + other for one, other in zip(everything, sums, strict=True)]
            self._group(documents, sums)
            if self._style.blank:
                self.rows.append([])
            if self._style.pages and at % 2:
                self.rows += [["Page 2 of 9"], ["Open invoices"], self.header]
        if self._style.grand:
            self.rows.append(self._row("Grand total", self.amounts(everything)))
        return self.rows

    def _group(self, documents: list[Made], sums: list[int]) -> None:
        name, customer = documents[0].debtor, documents[0].customer
        head = self._style.head
        if head == "above":
            self.rows.append(self._row(name, self.amounts(sums)))
        elif head != "first row":
            self.rows.append({"name": [name], "numbered": [f"{customer} {name}"], "two cells": [customer, name]}[head])
        for at, one in enumerate(documents):
            first = [one.number, one.day.isoformat()] if self._style.number_first else [one.day.isoformat(), one.number]
            debtor = [name if at == 0 else ""] if head == "first row" else []
            parts = [one.cents if age(one) == index else 0 for index in range(len(AGES))]
            self.rows.append([*debtor, *first, (one.day + timedelta(days=30)).isoformat(), *self.amounts(parts)])
        if self._style.total != "none" and head != "above":
            label = {"before": f"Total {name}", "behind": f"{name} total", "plain": "Total", "unlabelled": ""}[self._style.total]
            self.rows.append(self._row(label, self.amounts(sums)))

    def _row(self, label: str, amounts: list[str]) -> list[str]:
        return [label, *[""] * (self._money - 1), *amounts]


def age(one: Made) -> int:
    return one.day.toordinal() % len(AGES)


def flat(rows: list[list[str]], delimiter: str):
    """Write the rows to a file, and return its rows, marks and headings as a flat list."""
    text = io.StringIO()
    width = max(map(len, rows))
    csv.writer(text, delimiter=delimiter).writerows([*row, *[""] * (width - len(row))] for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        with open_source(path) as source:
            (sheet,) = source.sheets
            found = as_flat_list(sheet, first_rows(sheet, RECOGNISED_ROWS), Profile())
            assert isinstance(found, FlatSheet), "no report"
            kept = list(found.rows()), found.marks, found.header
    return kept


def documents_in(kept, style: Style) -> list[tuple[str, str, int]]:
    rows, marks, header = kept
    name_at, number_at = header.index("Customer name"), header.index("Invoice number")
    amount_at = header.index("Open amount")
    found = []
    header_at = next(number for number, cells in rows if cells and "Invoice number" in cells)
    for number, cells in rows:
        if number > header_at and number not in marks.left_out and any(cells):
            point, comma = read_both(cells[amount_at])
            found.append((cells[name_at], cells[number_at], int((comma if style.comma else point) * 100)))
    return found


@settings(deadline=None, max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])
@given(groups=lists(), style=STYLES)
def test_a_report_gives_its_documents(groups, style):
    expected = [(one.debtor, one.number, one.cents) for documents in groups for one in documents]
    below = sum(len(documents) - 1 for documents in groups)
    if style.head == "first row" and (not below or style.total == "none"):
        return  # nothing shows that the names of empty cells are those above
    kept = flat(Writer(style).write(groups), ";" if style.comma else ",")
    assert documents_in(kept, style) == expected
    assert not kept[1].asked
    assert not kept[1].notes


LARGE = 777_777_777


@settings(deadline=None, max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(groups=lists(), style=STYLES, data=st.data())
def test_a_missing_row_makes_its_group_a_question(groups, style, data):
    assume(style.head in ("above", "first row") or style.total != "none")
    assume(style.head != "first row" or style.total not in ("none", "unlabelled"))
    several = [at for at, documents in enumerate(groups) if len(documents) > 1]
    assume(several)
    at = data.draw(st.sampled_from(several))
    gone = groups[at][-1]
    groups = [*groups[:at], [*groups[at][:-1], replace(gone, cents=LARGE)], *groups[at + 1 :]]
    rows = [row for row in Writer(style).write(groups) if gone.number not in row]
    kept = flat(rows, ";" if style.comma else ",")
    found, marks, header = kept
    number_at = header.index("Invoice number")
    asked = {cells[number_at] for number, cells in found if len(cells) > number_at and marks.question(number)}
    assert asked == {one.number for one in groups[at][:-1]}
