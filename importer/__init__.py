"""Spreadsheets in, collection cases and case vouchers out, and a sheet that says what became of every row.

The Python API does what the commands do: :func:`run` and :func:`check` take paths or DataFrames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from importer.api import check, read_table, run
    from importer.domain.models import Case, Debtor, Voucher

__all__ = ["Case", "Debtor", "Voucher", "__version__", "check", "read_table", "run"]

_HOMES = {
    "run": "api",
    "check": "api",
    "read_table": "api",
    "Case": "domain.models",
    "Debtor": "domain.models",
    "Voucher": "domain.models",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for, when it is: importing pandas and SQLAlchemy takes longer than ``importer --help`` may."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
