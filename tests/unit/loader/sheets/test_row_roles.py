"""Tests of the role of a row below the headings, decided by its cells alone."""

from __future__ import annotations

import pytest

from importer.loader.profile import Profile
from importer.loader.sheets.header import SheetHeader
from importer.loader.sheets.plan import plan_sheet
from importer.loader.sheets.row_roles import RowRole, RowRoles

HEADER = ("Fakturanr.", "Kundenavn", "Fakturadato", "Restbeløb", "Valuta", "Sælger")
CONSTANTS = {"creditor_company_name": "N", "creditor_country": "DK", "debtor_country": "DK", "debtor_type": "Person"}
PLAN = plan_sheet("Sager", 2, HEADER, Profile(constants=CONSTANTS), {})
assert PLAN is not None
ROLES = RowRoles(SheetHeader(2, HEADER, ((1, ("Åbne poster",)),)), PLAN)
DATA = ("4711", "Bodil", "2026-01-31", "10,00", "DKK", None)


@pytest.mark.parametrize(
    ("cells", "role"),
    [
        ((*DATA[:3], "abc", "DKK", None), RowRole.DATA),
        ((None, "I alt", None, "10,00", "DKK", None), RowRole.TOTAL),
        ((None, "I alt", "2026-01-31", "10,00", None, None), RowRole.DATA),  # a total has no date
        ((None, "Sum Havblik ApS", None, "10,00", None, None), RowRole.DATA),  # a debtor may be called so
        (("Sum Havblik ApS", None, None, "10,00", None, None), RowRole.TOTAL),
        ((None, None, None, "10,00", None, None), RowRole.DATA),
        (HEADER, RowRole.HEADINGS),
        (("Kunde", "Adresse", "By", "Postnr.", None, None), RowRole.OTHER_HEADINGS),
        (("Åbne poster", *[None] * 5), RowRole.TITLE),
        (("Side 2 af 7", *[None] * 5), RowRole.TITLE),
        (("Udskrevet af ABC", *[None] * 5), RowRole.LONE_TEXT),
        (("4711", *[None] * 5), RowRole.DATA),
        ((*[None] * 7, "B"), RowRole.BESIDE),
    ],
)
def test_the_role_of_a_row_that_could_not_be_sent(cells, role) -> None:
    assert ROLES.of_reject(cells, adds_up=False) is role


def test_an_amount_alone_is_a_total_only_if_it_is_the_sum() -> None:
    assert ROLES.amount == 3
    assert ROLES.of_reject((None, None, None, "10,00", None, None), adds_up=True) is RowRole.TOTAL
    assert ROLES.of_reject(("4711", None, None, "10,00", None, None), adds_up=True) is RowRole.DATA


def test_a_row_that_could_be_sent_is_data_unless_it_names_a_total_alone() -> None:
    assert ROLES.of_record(DATA) is RowRole.DATA
    assert ROLES.of_record(("Total", "Total", None, "10,00", "DKK", None)) is RowRole.TOTAL
    assert ROLES.of_record(("4711", "Total", "2026-01-31", "10,00", "DKK", None)) is RowRole.DOUBTED


@pytest.mark.parametrize(
    ("position", "text", "apart", "is_note"),
    [
        (1, "Havblik Handel", False, False),
        (1, "Havblik Handel", True, True),
        (0, "Udskrevet af ABC", False, True),
        (0, "Udskrevet her", False, False),
        (5, "Udskrevet", False, True),  # not in a column of the table
    ],
)
def test_a_lone_text_at_the_end_is_a_note_only_if_it_can_be_no_row(position, text, apart, is_note) -> None:
    cells = tuple(text if at == position else None for at in range(6))
    assert ROLES.is_note(cells, apart=apart) is is_note
