"""The two kinds of records."""

from __future__ import annotations

from enum import StrEnum


class RecordKind(StrEnum):
    """The kind of a record: a case at Debitura or a voucher at Debbie."""

    CASE = "case"
    VOUCHER = "voucher"
