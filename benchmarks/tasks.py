"""What the children do for reading and validating: ``python -m benchmarks.tasks TASK PATH``.

A task first prepares, which is not measured (imports, rows into memory), and gives the work, which is. The child prints
``{"seconds": ..., "cpu": ..., "rows": ...}``.
"""

from __future__ import annotations

import csv
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from importer.domain.records import LoadedRow
    from importer.loader.context import LoadContext

Work = Callable[[], int]
"""Gives the number of rows."""
ZONE = ZoneInfo("Europe/Copenhagen")


def frames(path: Path) -> Work:
    """Our reader: every row into DataFrame chunks, nothing interpreted."""
    from importer.loader.files.reader import open_source

    def work() -> int:
        with open_source(path) as source:
            return sum(len(chunk) for sheet in source.sheets for chunk in sheet.chunks()) - len(source.sheets)

    return work


def records(path: Path) -> Work:
    """Our reader and loader: every row read, validated and made into the bytes that are sent."""
    from importer.loader.profile import NO_PROFILE
    from importer.loader.source import open_file

    _collect_as_the_command()

    def work() -> int:
        with open_file(path, NO_PROFILE, _context()) as source:
            return sum(1 for _ in _good(source.rows))

    return work


def invoices(path: Path, cases_from: str = "row") -> Work:
    """Our loader on a list of invoices: a case a row or, with ``cases_from``, a case a debtor."""
    from importer.loader.profile import Profile
    from importer.loader.source import open_file

    columns = {"Customer no.": "customer_number", "Customer": "debtor_name", "Number": "creditor_reference"}
    constants = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_country": "DK"}
    keys = {
        "cases_from": cases_from,
        "columns": columns | {"Open amount": "amount_to_recover"},
        "constants": constants | {"debtor_type": "Person"},
    }
    profile = Profile.model_validate(keys)
    _collect_as_the_command()

    def work() -> int:
        with open_file(path, profile, _context()) as source:
            return sum(1 for _ in _good(source.rows))

    return work


def grouped(path: Path) -> Work:
    return invoices(path, "debtor")


def pandas_openpyxl(path: Path) -> Work:
    import openpyxl  # noqa: F401
    import pandas as pd

    return lambda: len(pd.read_excel(path, engine="openpyxl"))


def pandas_calamine(path: Path) -> Work:
    import pandas as pd
    import python_calamine  # noqa: F401

    return lambda: len(pd.read_excel(path, engine="calamine"))


def pandas_csv(path: Path) -> Work:
    import pandas as pd

    return lambda: len(pd.read_csv(path))


def bare_csv(path: Path) -> Work:
    def work() -> int:
        with path.open(newline="", encoding="utf-8") as file:
            return sum(1 for _ in csv.reader(file)) - 1

    return work


def validate(path: Path) -> Work:
    """Measure the loader alone: rows in memory into records."""
    from importer.loader.files.reader import open_source
    from importer.loader.profile import NO_PROFILE
    from importer.loader.records.row_reader import RowReader
    from importer.loader.sheets.plan import plan_sheet

    with open_source(path) as source:
        sheet = source.sheets[0]
        header, *cells = [tuple(row) for chunk in sheet.chunks() for row in chunk.to_numpy().tolist()]
    plan = plan_sheet(sheet.name, 1, tuple(map(str, header)), NO_PROFILE, {})
    assert plan is not None
    reader = RowReader(plan, NO_PROFILE, _context())
    _collect_as_the_command()
    return lambda: sum(1 for _ in _good(reader.read(number, row) for number, row in enumerate(cells, start=2)))


def pydantic_alone(path: Path) -> Work:
    """Measure the same models with values that are typed and named already: no cells, no columns, no bytes to send."""
    from benchmarks.data import SHAPES, rows
    from importer.domain.models import Case, Voucher

    shape, count = path.stem.split("-")[:2]
    found = [dict(zip(SHAPES[shape], row, strict=True)) for row in rows(shape, int(count))]
    members = [(_case_members(row), _voucher_members(row) if shape == "flat" else None) for row in found]

    def work() -> int:
        for case, voucher in members:
            Case.model_validate(case)
            if voucher is not None:
                Voucher.model_validate(voucher)
        return len(members)

    return work


TASKS: dict[str, Callable[[Path], Work]] = {
    "frames": frames,
    "records": records,
    "invoices": invoices,
    "grouped": grouped,
    "pandas-openpyxl": pandas_openpyxl,
    "pandas-calamine": pandas_calamine,
    "pandas-csv": pandas_csv,
    "bare-csv": bare_csv,
    "validate": validate,
    "pydantic": pydantic_alone,
}


def _collect_as_the_command() -> None:
    """Python looks for circles of objects as seldom as in ``importer check``."""
    from importer.cli.main import RARELY

    gc.set_threshold(*RARELY)


def _context() -> LoadContext:
    from importer.loader.context import LoadContext

    return LoadContext(today=datetime.now(ZONE).date(), timezone=ZONE)


def _good(rows: Iterator[LoadedRow]) -> Iterator[LoadedRow]:
    """Return the rows, if nothing is wrong with them. Rejects would be another benchmark."""
    from importer.domain.records import Reject

    for row in rows:
        if isinstance(row.case, Reject) or isinstance(row.voucher, Reject):
            raise SystemExit(f"row {row.row.number} was rejected: {row.case} {row.voucher}")
        yield row


def _case_members(row: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a case, as its model takes them."""
    from importer.domain.columns import CASE_COLUMNS

    nested: dict[str, Any] = {"debtor": {}}
    for column in CASE_COLUMNS:
        if column.path and row.get(column.name) is not None:
            outer, _, member = column.path.rpartition(".")
            (nested[outer] if outer else nested)[member] = row[column.name]
    return nested


def _voucher_members(row: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a flat row's voucher: minor units, the id of the type, moments in the zone of the vouchers."""
    from importer.domain.code_lists import VoucherTypes

    kind = VoucherTypes().find(row["voucher_type"])
    assert kind is not None
    return {
        "voucherTypeId": kind.id,
        "amount": -int(Decimal(row["voucher_amount"]) * 100),
        "currency": row["currency"],
        "date": _moment(row["date"]),
        "source": row["voucher_source"],
        "dueDate": _moment(row["voucher_due_date"]),
        "referenceId": row["voucher_reference_id"],
        "text": row["voucher_text"],
        "interest": row["voucher_interest_rate"],
    }


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def main() -> None:
    work = TASKS[sys.argv[1]](Path(sys.argv[2]))
    began, used = time.perf_counter(), time.process_time()
    count = work()
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - used, "rows": count}))


if __name__ == "__main__":
    main()
