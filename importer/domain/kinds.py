"""The two kinds of records, and the kinds of questions about them."""

from __future__ import annotations

from enum import StrEnum


class RecordKind(StrEnum):
    """The kind of a record: a case at Debitura or a voucher at Debbie."""

    CASE = "case"
    VOUCHER = "voucher"


class QuestionKind(StrEnum):
    """The kind of a question. Questions of one kind can be answered together."""

    TWIN = "twin"
    LOOK_ALIKE = "look-alike"
    EARLIER_ROW = "earlier-row"
    SAME_CELLS = "same-cells"
    ROW_STATE = "row-state"
    UNCONFIRMED = "unconfirmed"
    STATE_UNCLEAR = "state-unclear"
    DISPUTED = "disputed"
    PART_PAID = "part-paid"
    SETTLED = "settled"
    CREDITS = "credits"
    UNASSIGNED = "unassigned"
    SUM = "sum"
    SUBTOTAL = "subtotal"
    CALLED_PAID = "called-paid"
    DEBTOR_TYPE = "debtor-type"
    DOCUMENT = "document"
    NEW_INVOICES = "new-invoices"
    GROWN = "grown"
    MASTER_DATA = "master-data"
