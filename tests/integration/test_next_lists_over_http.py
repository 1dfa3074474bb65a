"""The same invoices by row over HTTP, then by debtor: the server gets each of them once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import orjson
from support.ledgers import run_sql, source, transaction
from support.lists import Debtor, group, invoice

from importer.domain.accounts import Accounts
from importer.domain.next_list import ListPolicy, NewInvoices
from importer.ledger.intake.intake import take_in
from importer.ledger.ledger import Ledger
from importer.ledger.storage.schema import entry

DEBTOR = Debtor("Hansen", "2100", "K-1")
ONE, TWO, THREE = invoice("INV-1"), invoice("INV-2", 20000), invoice("INV-3", 30000, day="2026-02-28")
HEAD = (
    "case_ref,creditor_company_name,creditor_country,currency,date,amount_to_recover,debtor_type,debtor_name,debtor_zip_code,"
    "debtor_country"
)


def rows(*documents):
    lines = (f"{one.number},Nordlys,DK,DKK,{one.date},{one.open_cents / 100:.2f},Person,Hansen,2100,DK" for one in documents)
    return "\n".join((HEAD, *lines, ""))


def take(workspace, *records, on, policy=None):
    """Take a list of cases in, as the loader gives them, and send what is new of it."""
    with Ledger.open(f"sqlite:///{workspace.folder / 'ledger.db'}", "test") as ledger:
        account = run_sql(ledger, lambda c: c.scalar(entry.select().with_only_columns(entry.c.account).limit(1)))
        found = replace(source(*records), listed_on=dt.date.fromisoformat(on), lists=policy or ListPolicy(), profile="open items")
        with transaction(ledger) as connection:
            take_in(connection, found, Accounts(account, account), "run")
    return workspace.call("resume", "-q")


def test_by_row_and_then_by_debtor_and_by_row_again(configured_workspace, fake_apis):
    workspace = configured_workspace
    (workspace.folder / "rows.csv").write_text(rows(ONE, TWO), encoding="utf-8")
    assert workspace.call("run", "rows.csv", "--yes", "-q", "--new-ledger").code == 0
    assert len(fake_apis.cases) == 2
    take(workspace, group(ONE, TWO, debtor=DEBTOR), on="2026-03-01")
    assert len(fake_apis.cases) == 2
    take(workspace, group(ONE, TWO, THREE, debtor=DEBTOR), on="2026-04-01")
    assert len(fake_apis.cases) == 2  # it is asked first
    take(workspace, group(ONE, TWO, THREE, debtor=DEBTOR), on="2026-05-01", policy=ListPolicy(NewInvoices.CASE))
    assert len(fake_apis.cases) == 3
    (workspace.folder / "again.csv").write_text(rows(ONE, TWO, THREE), encoding="utf-8")
    summary = workspace.call("run", "again.csv", "--yes", "-q", "--json").json()[0]
    assert summary["counts"]["cases"]["already_imported"] == 3
    assert len(fake_apis.cases) == 3
    with Ledger.open(f"sqlite:///{workspace.folder / 'ledger.db'}", "test") as ledger:
        sent = run_sql(ledger, lambda c: c.scalars(entry.select().with_only_columns(entry.c.payload)).all())
    assert sum(orjson.loads(payload)["amountToRecover"] for payload in sent) == 600
