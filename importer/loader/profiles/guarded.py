"""The columns that a question never offers as the answer to Enter: money, parties, identities, and states of rows."""

from __future__ import annotations

from importer.domain.columns import FLAT_PREFIX, ValueKind
from importer.domain.row_states import is_state_column
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape

OFFER_FROM = 85
"""The lowest score at which a guess may be the answer to Enter."""

_MONEY = frozenset((ValueKind.MONEY, ValueKind.CURRENCY, ValueKind.RATE))
_PARTIES = frozenset(
    (
        *("debtor_name", "debtor_type", "debtor_country", "debtor_registration_number"),
        *("debtor_address", "debtor_zip_code", "debtor_city", "debtor_state"),
    )
)
_IDENTITIES = frozenset(("case_ref", "case_id", "creditor_reference", "unique_id", "reference_id", "parent_unique_id"))
_KINDS_OF_VOUCHERS = frozenset(("voucher_type", "source"))


def is_guarded(name: str, shape: Shape) -> bool:
    """Return whether a column is about money, a party, an identity or a state, so that it needs an explicit answer."""
    if is_state_column(name):
        return True
    plain = name.removeprefix(FLAT_PREFIX)
    if name.startswith("creditor_") or {name, plain} & (_PARTIES | _IDENTITIES | _KINDS_OF_VOUCHERS):
        return True
    return column_in(shape, name).value_kind in _MONEY


def may_be_offered(name: str, score: int, shape: Shape) -> bool:
    """Return whether Enter may stand for a column with this score."""
    return score >= OFFER_FROM and not is_guarded(name, shape)
