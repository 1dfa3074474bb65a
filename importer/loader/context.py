"""The context of reading a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from importer.domain.code_lists import VoucherTypes
from importer.domain.confirmed_values import Confirmed
from importer.domain.document_files import DocumentFolder
from importer.domain.master_data import NO_MASTER_DATA, MasterData
from importer.domain.parties.kinds import PartyKind


@dataclass(frozen=True)
class LoadContext:
    """The values on which reading a row depends besides its sheet: today, the time zone of voucher dates, the settings.

    ``today`` is the earlier of the day in the time zone and the UTC day, so that nothing is sent before its day.
    """

    today: date
    timezone: ZoneInfo
    voucher_types: VoucherTypes = field(default_factory=VoucherTypes)
    defaults: Mapping[str, str] = field(default_factory=dict)
    test_cases: bool = False
    min_days_overdue: int = 0
    max_days_ahead: int = 365
    confirmed: Confirmed = field(default_factory=dict)
    """Kind of list → heading → the confirmed values, with their meaning; see :mod:`importer.domain.confirmed_values`."""
    leaves_out_wrong: bool = True
    """Whether a wrong e-mail, phone or state outside the United States is left out, and does not reject the row."""
    parties: Mapping[str, PartyKind] = field(default_factory=dict)
    """Kinds of debtors that a person has given for this import, by folded customer number, or by name and postal code."""
    list_is_current: bool = False
    """Whether the user has said that this list counts, although it looks older or shorter than the last one."""
    master_data: MasterData = NO_MASTER_DATA
    """Master data of debtors that were given with the list."""
    first_master_data: MasterData | None = None
    """Of a source of corrected rows: the master data that completed the list, which count in place of all others."""
    documents: DocumentFolder | None = None
    """The documents that go out with vouchers, by the numbers of their invoices."""
    takes_vouchers: bool = True
    """Whether Debbie is set up, so that the documents of a list can become vouchers."""
    folder: Path = Path()
    """The folder of the sheet; paths in ``appendix_file`` are relative to it."""

    @cached_property
    def rules(self) -> dict[str, Any]:
        """Return the validation context of the models."""
        return {"today": self.today, "voucher_types": self.voucher_types, "max_days_ahead": self.max_days_ahead}
