"""What a record becomes: a case or a voucher."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a record becomes."""

    CASE = "case"
    VOUCHER = "voucher"
