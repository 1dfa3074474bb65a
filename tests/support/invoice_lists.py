"""Lists of invoices as finance staff have them, and what an import makes of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.sheets import write_csv

PROFILE = """
cases_from = "{cases_from}"
{more}
[columns]
"Customer no." = "customer_number"
"Customer" = "debtor_name"
"Number" = "creditor_reference"
"Kind" = "document_type"
"Applies to" = "applies_to"
"Open" = "amount_to_recover"
"Booked" = "invoiced_amount"
{columns}
[constants]
creditor_company_name = "Nordlys Energi A/S"
creditor_country = "DK"
debtor_country = "DK"
debtor_type = "Person"
{constants}
[values.row_state]
"Invoice" = "invoice"
"Credit" = "credit note"
"Payment" = "payment"
"Fee" = "fee"
"""


def row(customer: str, number: str, amount: str, **changes: Any) -> dict[str, Any]:
    """An invoice of a list, of January and due in February unless ``changes`` say something else."""
    return {
        "Customer no.": customer,
        "Customer": f"Bodil Zebrahest {customer}",
        "Number": number,
        "Kind": "Invoice",
        "Applies to": "",
        "Date": "2026-01-15",
        "Due date": "2026-02-15",
        "Open": amount,
        "Currency": "DKK",
        **changes,
    }


def credit(customer: str, number: str, amount: str, **changes: Any) -> dict[str, Any]:
    return row(customer, number, f"-{amount}", **{"Kind": "Credit", "Due date": "", **changes})


def payment(customer: str, number: str, amount: str, **changes: Any) -> dict[str, Any]:
    return row(customer, number, f"-{amount}", **{"Kind": "Payment", "Due date": "", **changes})


def fee(customer: str, number: str, amount: str, **changes: Any) -> dict[str, Any]:
    return row(customer, number, amount, **{"Kind": "Fee", "Due date": "", **changes})


def write_profile(folder: Path, *, cases_from: str = "debtor", more: str = "", columns: str = "", constants: str = "") -> Path:
    path = folder / "list.toml"
    text = PROFILE.format(cases_from=cases_from, more=more, columns=columns, constants=constants)
    path.write_text(text, encoding="utf-8")
    return path


def import_list(workspace: Any, rows: Sequence[dict[str, Any]], *, code: int = 0, name: str = "list.csv", **keys: Any) -> Any:
    """Import a list with a profile with these keys, and return the summary."""
    headings = dict.fromkeys(heading for one in rows for heading in one)
    write_csv(workspace.folder / name, [{heading: one.get(heading, "") for heading in headings} for one in rows])
    profile = write_profile(workspace.folder, **keys)
    if "Booked" not in headings:
        profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
    ended = workspace.call("run", name, "--profile", profile.name, "--yes")
    assert ended.code == code, (ended.code, ended.out, ended.err)
    return summary(workspace)


def summary(workspace: Any) -> Any:
    return json.loads((workspace.reports()[-1] / "summary.json").read_text(encoding="utf-8"))


def counts(found: Any, kind: str = "cases") -> dict[str, int]:
    return {status: rows for status, rows in found["counts"][kind].items() if rows}


def claims(fake_apis: Any) -> dict[str, float]:
    """The cases at Debitura: reference → amount. No two of them have the same reference."""
    found = {one["creditorReference"]: one["received"]["amountToRecover"] for one in fake_apis.cases}
    assert len(found) == len(fake_apis.cases)
    return found
