"""Any record, in every writing and every kind of file, is read back as the bytes that its values make directly."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import xlwt
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.domain.code_lists import DebtorType
from importer.domain.models import Case, Debtor
from importer.domain.personal_numbers.texts import numbers_in
from importer.domain.records import CaseRecord
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.source import open_file

TODAY = date(2026, 6, 15)
CONTEXT = LoadContext(today=TODAY, timezone=ZoneInfo("Europe/Copenhagen"))
HEADER = (
    *("creditor_reference", "creditor_company_name", "creditor_country", "currency", "date", "due_date", "amount_to_recover"),
    *("debtor_type", "debtor_name", "debtor_zip_code", "debtor_country", "debtor_phone", "comments"),
)
Cells = list[Any]


@dataclass(frozen=True)
class WrittenClaim:
    """A case as a person thinks of it."""

    reference: str
    currency: str
    day: date
    due: date
    amount: Decimal
    name: str
    code: str
    phone: str
    comments: str

    def payload(self) -> bytes:
        """The bytes that must be sent, made without the loader."""
        debtor = Debtor(type=DebtorType.PERSON, name=self.name, zip_code=self.code, country_alpha2="DE", phone=self.phone)
        case = Case.model_validate(
            {
                "creditor_company_name": "Nordlys Energi A/S",
                "creditor_country_alpha2": "DK",
                "currency_code": self.currency,
                "date": self.day,
                "due_date": self.due,
                "amount_to_recover": self.amount,
                "creditor_reference": self.reference,
                "comments": self.comments,
                "debtor": debtor,
            },
            context={"today": TODAY},
        )
        return case.wire()

    def cells(self, day: Callable[[date], Any], amount: Callable[[WrittenClaim], Any]) -> Cells:
        first = [self.reference, "Nordlys Energi A/S", "DK", self.currency, day(self.day), day(self.due), amount(self)]
        return [*first, "Person", self.name, self.code, "DE", self.phone, self.comments]


PROOF = WrittenClaim(
    "proof", "EUR", date(2026, 1, 31), date(2025, 12, 31), Decimal("1234567.89"), "Bodil", "01067", "0045 1", "proof"
)
DIGITS = st.text("0123456789", min_size=1, max_size=14)
WORDS = st.text("abcÆØÅæøåß \"'.-/()&0123456789", min_size=1, max_size=20).map(str.strip).filter(lambda t: t.strip("\"'"))


def _is_sent(digits: str) -> bool:
    """One digit again and again stands for a value that nobody knows, and a personal number is masked: neither is sent."""
    return len(set(digits)) > 1 and not numbers_in(digits)


DAYS_BEGIN = date(1990, 1, 1)
DAYS = st.dates(DAYS_BEGIN, TODAY)
CLAIMS = st.lists(
    DAYS.flatmap(
        lambda day: st.builds(
            WrittenClaim,
            reference=DIGITS.filter(lambda text: not numbers_in(text)),
            currency=st.sampled_from(["EUR", "DKK", "SEK", "NOK", "USD"]),
            day=st.just(day),
            due=st.dates(DAYS_BEGIN, min(day + timedelta(365), TODAY - timedelta(1))),  # later ones are rejected, or not due yet
            amount=st.decimals(Decimal("0.01"), Decimal("99999999.99"), places=2),
            name=WORDS.map(lambda text: f"x{text}"),
            code=st.text("0123456789", min_size=5, max_size=5).filter(_is_sent),
            phone=st.text("0123456789", min_size=8, max_size=14).filter(_is_sent),
            comments=WORDS.map(lambda text: f"{text}!"),
        )
    ),
    min_size=1,
    max_size=4,
)


@dataclass(frozen=True)
class Writing:
    """How texts of dates and amounts are written: a day, an amount, and the profile that says so, if none proves it."""

    day: Callable[[date], str]
    amount: Callable[[WrittenClaim], str]
    profile: Profile = NO_PROFILE


def _babel(locale: str, dates: str, *, money: bool) -> Writing:
    def amount(claim: WrittenClaim) -> str:
        if money:
            return format_currency(claim.amount, claim.currency, locale=locale)
        return format_decimal(claim.amount, "#,##0.00", locale=locale)

    return Writing(lambda day: format_date(day, dates, locale=locale), amount)


WRITINGS = {
    f"{locale} {dates} {'with currency' if money else 'plain'}": _babel(locale, dates, money=money)
    for locale in ("da", "sv", "nb", "de", "en", "en_GB", "de_CH")
    for dates, money in (("short", False), ("medium", True), ("long", True))
} | {
    "ISO": Writing(date.isoformat, lambda claim: str(claim.amount)),
    "by profile, comma": Writing(
        lambda day: f"{day:%d-%m-%Y}",
        lambda claim: f"{claim.amount:.2f}".replace(".", ","),
        Profile(decimal=",", date_format="DD-MM-YYYY"),
    ),
    "by profile, digits": Writing(
        lambda day: f"{day:%d%m%Y}", lambda claim: f"{claim.amount:,.2f}", Profile(decimal=".", date_format="DDMMYYYY")
    ),
}


def read_back(path: Path, profile: Profile = NO_PROFILE) -> list[bytes]:
    payloads = []
    with open_file(path, profile, CONTEXT) as source:
        for row in source.rows:
            assert isinstance(row.case, CaseRecord), [reason.text() for reason in row.case.reasons]
            payloads.append(row.case.payload)
    return payloads


def write_xlsxwriter(path: Path, rows: Sequence[Cells]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        sheet, day = book.add_worksheet("Cases"), book.add_format({"num_format": "dd-mm-yyyy"})
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                sheet.write_datetime(r, c, cell, day) if isinstance(cell, date) else sheet.write(r, c, cell)


def write_openpyxl(path: Path, rows: Sequence[Cells]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def write_xlwt(path: Path, rows: Sequence[Cells]) -> None:
    book = xlwt.Workbook()
    sheet, day = book.add_sheet("Cases"), xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell, day) if isinstance(cell, date) else sheet.write(r, c, cell)
    book.save(str(path))


def write_odf(path: Path, rows: Sequence[Cells]) -> None:
    with pd.ExcelWriter(path, engine="odf") as writer:
        pd.DataFrame(rows).astype(object).to_excel(writer, sheet_name="Cases", index=False, header=False)


WORKBOOKS = {
    "XlsxWriter.xlsx": write_xlsxwriter,
    "openpyxl.xlsx": write_openpyxl,
    "xlwt.xls": write_xlwt,
    "odf.ods": write_odf,
}


def _typed(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  (cells of a sheet have no time zone)


@pytest.mark.parametrize("kind", WORKBOOKS)
@given(claims=CLAIMS)
@settings(max_examples=examples(4), deadline=None)
def test_typed_cells_are_read_as_their_values(kind, claims) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / kind
        rows = [claim.cells(_typed, lambda c: float(c.amount)) for claim in claims]
        WORKBOOKS[kind](path, [list(HEADER), *rows])
        assert read_back(path) == [claim.payload() for claim in claims]


@given(claims=CLAIMS, writing=st.sampled_from(sorted(WRITINGS)), kind=st.sampled_from(sorted(WORKBOOKS)))
@settings(max_examples=examples(12), deadline=None)
def test_texts_in_a_workbook_are_read_as_their_values(claims, writing, kind) -> None:
    how = WRITINGS[writing]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / kind
        rows = [claim.cells(how.day, how.amount) for claim in (*claims, PROOF)]
        WORKBOOKS[kind](path, [list(HEADER), *rows])
        assert read_back(path, how.profile) == [claim.payload() for claim in (*claims, PROOF)]


@given(
    claims=CLAIMS,
    writing=st.sampled_from(sorted(WRITINGS)),
    delimiter=st.sampled_from(";\t|,"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    ends=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=examples(20), deadline=None)
def test_texts_in_a_delimited_file_are_read_as_their_values(claims, writing, delimiter, encoding, quoting, ends) -> None:
    how, text = WRITINGS[writing], io.StringIO()
    rows = [claim.cells(how.day, how.amount) for claim in (*claims, PROOF)]
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=ends).writerows([HEADER, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("cases.tsv" if delimiter == "\t" else "cases.csv")
        content = text.getvalue()
        if encoding == "cp1252":
            content = content.replace("\u202f", "\u00a0").replace("\u2212", "-")  # which this encoding lacks
        path.write_bytes(content.encode(encoding))
        named = how.profile.model_copy(update={"encoding": encoding})
        try:
            payloads = read_back(path, named if encoding == "utf-16-le" else how.profile)
        except FileRefused as refused:
            if f'encoding = "{encoding}"' not in str(refused):
                raise
            payloads = read_back(path, named)  # random words looked like those of another encoding, so that it was asked
        assert payloads == [claim.payload() for claim in (*claims, PROOF)]
