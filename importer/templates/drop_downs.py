"""The drop-downs: closed lists on a hidden sheet, and the columns that use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from importer.domain.code_lists import (
    VOUCHER_CURRENCIES,
    VOUCHER_TYPES,
    DebtorType,
    VoucherSource,
    case_currencies,
    country_codes,
)
from importer.domain.columns import Column, ValueKind
from importer.domain.kinds import RecordKind
from importer.domain.records import LIST_SHEET

if TYPE_CHECKING:
    from openpyxl import Workbook


@dataclass(frozen=True, slots=True)
class Choices:
    """One drop-down. ``also`` describes other accepted values: Excel then warns about a value, but does not refuse it."""

    name: str
    members: tuple[str, ...]
    also: str | None = None

    @property
    def range_name(self) -> str:
        """The name of the list in the workbook."""
        return f"list_{self.name}"


def all_choices() -> tuple[Choices, ...]:
    """Return every list, in the order of their columns on the list sheet."""
    types = tuple(t.name for t in VOUCHER_TYPES)
    others = tuple(sorted(case_currencies() - set(VOUCHER_CURRENCIES)))
    return (
        Choices("voucher_types", types, "Danish names, ids and the types that your installation adds are right as well."),
        Choices("voucher_currencies", VOUCHER_CURRENCIES),
        Choices("case_currencies", (*VOUCHER_CURRENCIES, *others)),
        Choices("sources", tuple(VoucherSource)),
        Choices("debtor_types", tuple(DebtorType)),
        Choices("yes_no", ("yes", "no")),
        Choices("countries", country_names(), "A two-letter code such as DK is right as well."),
    )


def country_names() -> tuple[str, ...]:
    """Return the English names of all countries, the common ones where they exist (Bolivia, South Korea)."""
    import pycountry

    found = [pycountry.countries.get(alpha_2=code) for code in country_codes()]
    return tuple(sorted(getattr(country, "common_name", country.name) for country in found if country))


def choices_of(column: Column) -> str | None:
    """Return the name of the list for a column's cells, or None."""
    by_content = {ValueKind.COUNTRY: "countries", ValueKind.FLAG: "yes_no"}
    by_name = {"voucher_type": "voucher_types", "source": "sources", "debtor_type": "debtor_types"}
    if column.value_kind is ValueKind.CURRENCY:
        return "case_currencies" if column.kind is RecordKind.CASE else "voucher_currencies"
    return by_content.get(column.value_kind) or by_name.get(column.name)


def add_list_sheet(workbook: Workbook) -> None:
    """Add the sheet of lists, which Excel cannot unhide. Its headings begin with ``#``, so that the importer ignores it."""
    sheet = workbook.create_sheet(LIST_SHEET)
    sheet.sheet_state = "veryHidden"
    for number, choices in enumerate(all_choices(), 1):
        sheet.cell(1, number, f"#{choices.name}")
        for row, member in enumerate(choices.members, 2):
            sheet.cell(row, number, str(member))
        letter = get_column_letter(number)
        cells = f"{quote_sheetname(LIST_SHEET)}!${letter}$2:${letter}${len(choices.members) + 1}"
        workbook.defined_names[choices.range_name] = DefinedName(choices.range_name, attr_text=cells)


def drop_downs() -> dict[str, DataValidation]:
    """Return a validation for each list, by its name, without cells yet."""
    return {choices.name: _drop_down(choices) for choices in all_choices()}


def _drop_down(choices: Choices) -> DataValidation:
    return DataValidation(
        type="list",
        formula1=choices.range_name,
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning" if choices.also else "stop",
        errorTitle="Not in the list",
        error=f"This is not in the list. {choices.also or 'Choose one of its members.'}",
    )
