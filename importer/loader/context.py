"""What reading a row depends on besides its sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from importer.domain.code_lists import VoucherTypes


@dataclass(frozen=True)
class LoadContext:
    """What reading a row depends on besides the sheet: the calendar day, the zone of voucher dates, the settings."""

    today: date
    timezone: ZoneInfo
    voucher_types: VoucherTypes = field(default_factory=VoucherTypes)
    defaults: Mapping[str, str] = field(default_factory=dict)
    test_cases: bool = False
    folder: Path = Path()
    """Where the names in ``appendix_file`` start: the sheet's own folder."""

    @cached_property
    def rules(self) -> dict[str, Any]:
        """What the models have to know besides the row."""
        return {"today": self.today, "voucher_types": self.voucher_types}
