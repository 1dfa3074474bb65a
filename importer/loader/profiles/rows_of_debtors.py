"""How many debtors the sampled rows of a list are of: if one has several, it is asked what makes a case."""

from __future__ import annotations

from importer.domain.code_lists import VOUCHER_CURRENCIES
from importer.loader.profile import Profile
from importer.loader.profiles.trials import SheetTrials
from importer.loader.rows.credits import DebtorColumns
from importer.loader.sheets.plan import Shape, SheetPlan
from importer.loader.values.parsers import display_text, is_blank

BY_ROW, BY_DEBTOR, BY_REFERENCE = "row", "debtor", "reference"
"""What makes a case: the values of ``cases_from`` in a profile."""


def ways_to_cases(sheet: SheetTrials, profile: Profile) -> tuple[str, ...]:
    """Return what may make a case of a list, the likeliest first; empty if each debtor has one row only."""
    plan = sheet.plan(profile)
    if plan is None or plan.shape is not Shape.CASES or not _has_several(sheet, plan):
        return ()
    has_reference = any(one.column.name == "case_ref" and one.position is not None for one in plan.case)
    return (BY_DEBTOR, BY_ROW, BY_REFERENCE) if has_reference else (BY_DEBTOR, BY_ROW)


def _has_several(sheet: SheetTrials, plan: SheetPlan) -> bool:
    columns = DebtorColumns.of(plan)
    found = [columns.number(cells) or columns.name(cells) for cells in sheet.sample.rows]
    named = [one for one in found if one]
    return len(set(named)) < len(named)


def currencies_in(sheet: SheetTrials, profile: Profile) -> set[str]:
    """Return the currencies of the sampled rows, as they are written."""
    plan = sheet.plan(profile)
    bound = next((one for one in plan.case if one.column.name == "currency"), None) if plan else None
    if bound is None:
        return set()
    if bound.position is None:
        return {bound.constant.upper()} if bound.constant else set()
    cells = [cells[bound.position] for cells in sheet.sample.rows if bound.position < len(cells)]
    return {display_text(cell).strip().upper() for cell in cells if not is_blank(cell)}


def without_vouchers(sheet: SheetTrials, profile: Profile, *, has_debbie: bool) -> tuple[Profile, str]:
    """Return the profile of a list whose documents can be no vouchers with ``vouchers = "none"``, and what is lost by that.

    Any other profile is returned as it is, with an empty text.
    """
    if profile.cases_from == BY_ROW or "vouchers" in profile.model_fields_set:
        return profile, ""
    others = sorted(currencies_in(sheet, profile) - {*VOUCHER_CURRENCIES})
    if has_debbie and not others:
        return profile, ""
    why = f"Debbie does not take {', '.join(others)}" if has_debbie else "Debbie is not set up"
    lost = (
        f'{why}, so that the profile says vouchers = "none": the documents of a debtor are listed in the comments of the case '
        "only, and nothing is booked for each of them."
    )
    return profile.model_copy(update={"vouchers": "none"}), lost
