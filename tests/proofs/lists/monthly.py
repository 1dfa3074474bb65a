"""Import five monthly cuts of one list: no invoice twice, none lost, and no payment made up.

    python tests/proofs/lists/monthly.py --seed 1
    python tests/proofs/lists/monthly.py --data accounts-receivable.csv --orders 3 --kills 10

A cut holds the invoices that were made out by its day and settled after it; the day is the list's date. ``--data`` names a file
with the columns ``customerID``, ``invoiceNumber``, ``InvoiceDate``, ``DueDate``, ``InvoiceAmount`` and ``SettledDate`` (dates as
M/D/YYYY); without it, invoices are invented from the seed. Days are moved so that the last cut is of the day before yesterday.

In some scenarios every third invoice is paid in parts, a month apart, and the profile wants deposits of that. There, what the
vouchers of an invoice leave open is what the last list shows of it.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import random
import sqlite3
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from harness import live_and_die, load_everything
from simulation import SandboxProcess, balances, environment

CUTS = 5
LAST_CUT_BEFORE = 2
"""Days between the last cut and today."""
LONGEST_RUN = 300.0
"""Seconds after which a run that is not to be killed counts as hanging."""
PARTS = 3
"""Parts in which an invoice is paid that is paid in parts; the last one takes it off the list."""
PAID_IN_PARTS = 3
"""One of so many invoices is paid in parts."""
ENDS = {0, 3, 6}
"""Exit codes of a run that has come to its end: rows may be left over with a reason."""
PROFILE = """\
headings = ["Customer no.", "Customer", "Country", "Invoice no.", "Invoice date", "Due date", "Open amount", "Currency"]
date_format = "YYYY-MM-DD"
decimal = "."
cases_from = "{cases_from}"
new_invoices = "{new_invoices}"
complete_list = {complete_list}
payments = "{payments}"
[columns]
"Customer no." = "customer_number"
"Customer" = "debtor_name"
"Country" = "debtor_country"
"Invoice no." = "creditor_reference"
"Invoice date" = "date"
"Due date" = "due_date"
"Open amount" = "amount_to_recover"
"Currency" = "currency"
[constants]
creditor_company_name = "Nordlys Energi A/S"
creditor_country = "DK"
debtor_type = "Person"
"""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of the list, with the day on which it left the list."""

    customer: str
    number: str
    date: dt.date
    due: dt.date
    amount: Decimal
    settled: dt.date

    def moved(self, days: int) -> Invoice:
        """Return the invoice with all its days moved."""
        by = dt.timedelta(days=days)
        return replace(self, date=self.date + by, due=self.due + by, settled=self.settled + by)

    def is_open_on(self, day: dt.date) -> bool:
        return self.date <= day < self.settled

    def left_on(self, day: dt.date, *, in_parts: bool) -> Decimal:
        """Return what is open of it on a day. ``in_parts``: some invoices are paid in parts."""
        if not in_parts or zlib.crc32(self.number.encode()) % PAID_IN_PARTS:
            return self.amount
        paid = min((day - self.date).days // 30, PARTS - 1)
        return self.amount - (self.amount / PARTS).quantize(Decimal("0.01")) * paid


@dataclass(frozen=True, slots=True)
class Cut:
    """The list of one day, as a file."""

    day: dt.date
    invoices: tuple[Invoice, ...]
    path: Path
    in_parts: bool = False

    @property
    def left(self) -> dict[str, Decimal]:
        """What the list shows as open, by number."""
        return {one.number: one.left_on(self.day, in_parts=self.in_parts) for one in self.invoices}


@dataclass(frozen=True, slots=True)
class Scenario:
    """How the cuts are imported: their order, what the profile says, and how many runs are killed."""

    name: str
    order: tuple[int, ...]
    cases_from: str = "debtor"
    new_invoices: str = "case"
    complete_list: bool = False
    kills: int = 0
    in_parts: bool = False
    is_current: bool = False
    """Every list counts, although more than a fifth of the last one is gone: so that what is open is known in the end."""

    def profile(self) -> str:
        complete, payments = str(self.complete_list).lower(), "voucher" if self.in_parts else "count"
        return PROFILE.format(
            cases_from=self.cases_from, new_invoices=self.new_invoices, complete_list=complete, payments=payments
        )


@dataclass(frozen=True)
class Verdict:
    """What is wrong, if anything: each list must be empty. The counts are of the server."""

    twice: list[str]
    lost: list[str]
    foreign: list[str]
    made_up: list[str]
    unbalanced: list[str]
    wrongly_open: list[str]
    cases: int = 0
    vouchers: int = 0
    deposits: int = 0

    @property
    def faults(self) -> dict[str, list[str]]:
        lists = {"twice": self.twice, "lost": self.lost, "foreign": self.foreign, "made up": self.made_up}
        lists |= {"unbalanced": self.unbalanced, "wrongly open": self.wrongly_open}
        return {name: found for name, found in lists.items() if found}


def invented(seed: int, invoices: int, debtors: int) -> list[Invoice]:
    """Return invoices of a little over a year, a third of which stay open for months."""
    dice = random.Random(seed)
    begin = dt.date(2012, 1, 1)
    made = []
    for index in range(invoices):
        date = begin + dt.timedelta(days=dice.randrange(400))
        due = date + dt.timedelta(days=dice.choice((14, 30, 45)))
        settled = date + dt.timedelta(days=dice.choice((5, 20, 40, 60, 120, 200)))
        amount = Decimal(dice.randrange(5_000, 500_000)) / 100
        made.append(Invoice(f"K{dice.randrange(debtors):04d}", f"{70000 + index}", date, due, amount, settled))
    return made


def read_data(path: Path) -> list[Invoice]:
    """Read the invoices of a file with the columns that the module names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Invoice(
                row["customerID"],
                row["invoiceNumber"],
                _us_date(row["InvoiceDate"]),
                _us_date(row["DueDate"]),
                Decimal(row["InvoiceAmount"]),
                _us_date(row["SettledDate"]),
            )
            for row in csv.DictReader(file)
        ]


def _us_date(text: str) -> dt.date:
    month, day, year = map(int, text.split("/"))
    return dt.date(year, month, day)


def up_to_date(invoices: Sequence[Invoice], today: dt.date) -> list[Invoice]:
    """Return the invoices with their days moved, so that the newest one was made out on the day of the last cut."""
    last = today - dt.timedelta(days=LAST_CUT_BEFORE)
    days = (last - max(one.date for one in invoices)).days
    return [one.moved(days) for one in invoices]


def cuts_of(invoices: Sequence[Invoice], today: dt.date, folder: Path, *, in_parts: bool = False) -> list[Cut]:
    """Write the lists of the last five months, oldest first. ``in_parts``: some invoices are paid in parts."""
    last = today - dt.timedelta(days=LAST_CUT_BEFORE)
    days = [last - dt.timedelta(days=30 * back) for back in reversed(range(CUTS))]
    cuts = []
    for day in days:
        rows = tuple(one for one in invoices if one.is_open_on(day))
        name = f"{'part-paid' if in_parts else 'open-items'}-{day.isoformat()}.csv"
        cuts.append(Cut(day, rows, folder / name, in_parts))
        _write(cuts[-1])
    return cuts


def _write(cut: Cut) -> None:
    head = ["Customer no.", "Customer", "Country", "Invoice no.", "Invoice date", "Due date", "Open amount", "Currency"]
    with cut.path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([f"Open items as at {cut.day.isoformat()}"])
        writer.writerow([])
        writer.writerow(head)
        left = cut.left
        for one in cut.invoices:
            days = (one.date.isoformat(), one.due.isoformat())
            writer.writerow([one.customer, f"Person {one.customer}", "DK", one.number, *days, f"{left[one.number]:.2f}", "DKK"])


def play(scenario: Scenario, cuts: Sequence[Cut], folder: Path, dice: random.Random) -> Verdict:
    """Import the cuts in the scenario's order, each of them again after a kill, and compare the server with the lists."""
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "open-items.toml").write_text(scenario.profile(), encoding="utf-8")
    with SandboxProcess(folder) as sandbox:
        env = environment(sandbox.url)
        for index in scenario.order:
            arguments = ["run", str(cuts[index].path), "--yes", "--new-ledger", "-q"]
            arguments += ["--list-is-current"] if scenario.is_current else []
            for _ in range(scenario.kills):
                live_and_die(folder, env, arguments, dice.uniform(0.05, 1.5))
            _run(folder, env, arguments)
        _run(folder, env, ["resume", "-q"])
        return verdict_on(sandbox.state(), [cuts[index] for index in scenario.order], folder, is_exact=scenario.is_current)


def _run(folder: Path, env: dict[str, str], arguments: list[str]) -> None:
    code = live_and_die(folder, env, arguments, LONGEST_RUN)
    if code not in ENDS:
        raise SystemExit(f"importer {' '.join(arguments)} ended with {code}; see {folder}/runs.log")


def verdict_on(state: dict[str, Any], cuts: Sequence[Cut], folder: Path, *, is_exact: bool = False) -> Verdict:
    """Compare what the server has with what the lists hold. ``is_exact``: it has what the last list shows of each invoice."""
    listed = {one.number: one for cut in cuts for one in cut.invoices}
    ours = [case for case in state["cases"] if not case["foreign"]]
    vouchers = [voucher["received"] for voucher in state["vouchers"]]
    debts, deposits = ([one for one in vouchers if _lowers_the_debt(one) is lowers] for lowers in (False, True))
    claimed = Counter(_numbers_of(ours, debts))
    explained = _explained(folder / "ledger.db")
    return Verdict(
        twice=[number for number, count in claimed.items() if count > 1],
        lost=sorted(set(listed) - set(claimed) - explained),
        foreign=sorted(set(claimed) - set(listed)),
        made_up=[json.dumps(one)[:200] for one in deposits if not any(cut.in_parts for cut in cuts)],
        unbalanced=[str(path) for path in folder.glob("output/*/summary.json") if not balances(path)],
        wrongly_open=_wrongly_open(vouchers, cuts, is_exact=is_exact),
        cases=len(ours),
        vouchers=len(debts),
        deposits=len(deposits),
    )


def _wrongly_open(vouchers: Sequence[dict[str, Any]], cuts: Sequence[Cut], *, is_exact: bool) -> list[str]:
    """Return the invoices of which the vouchers leave open what no list shows, or less than the last one that shows them.

    A deposit for an invoice that is merely gone would leave less. ``is_exact``: more is wrong as well.
    """
    left: dict[str, Decimal] = {}
    for one in vouchers:
        left[one["referenceId"]] = left.get(one["referenceId"], Decimal(0)) - Decimal(one["amount"]) / 100
    wrong = []
    for number, amount in left.items():
        shown = [cut.left[number] for cut in sorted(cuts, key=lambda cut: cut.day) if number in cut.left]
        if amount not in shown or amount < shown[-1] or (is_exact and amount != shown[-1]):
            wrong.append(f"{number}: {amount} of {[str(one) for one in shown]}")
    return wrong


def _numbers_of(cases: Sequence[dict[str, Any]], vouchers: Sequence[dict[str, Any]]) -> list[str]:
    """Return the invoice numbers that were claimed: those of vouchers, or of cases that have no vouchers."""
    return [one["referenceId"] for one in vouchers if one.get("referenceId")] or [one["creditorReference"] for one in cases]


def _lowers_the_debt(voucher: dict[str, Any]) -> bool:
    return bool(voucher["amount"] > 0)


def _explained(ledger: Path) -> set[str]:
    """Return the cells of the rows that are not accepted, for which the ledger holds a reason."""
    query = (
        "SELECT r.cells FROM row r LEFT JOIN entry e ON e.row_id = r.id WHERE e.id IS NULL OR e.state <> 'accepted' "
        "UNION ALL SELECT r.cells FROM reject j JOIN row r ON r.id = j.row_id"
    )
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        rows = [json.loads(cells) for (cells,) in db.execute(query)]
    return {str(cell) for cells in rows for cell in cells if cell is not None}


def scenarios(orders: int, kills: int, dice: random.Random) -> list[Scenario]:
    """Return in order and shuffled, with and without ``complete_list``, by debtor and by row, and with kills."""
    in_order = tuple(range(CUTS))
    made = [Scenario("in order", in_order), Scenario("in order, complete list", in_order, complete_list=True)]
    made.append(Scenario("backwards", in_order[::-1], complete_list=True))
    made.append(Scenario("each twice", tuple(index for index in in_order for _ in range(2))))
    made.append(Scenario("by row", in_order, cases_from="row"))
    made.append(Scenario("added to the open case", in_order, new_invoices="add"))
    made.append(Scenario("added to the open case, each twice", tuple(sorted(in_order * 2)), new_invoices="add"))
    for number in range(orders):
        order = tuple(dice.sample(in_order, CUTS))
        made.append(Scenario(f"shuffled {number + 1}", order, complete_list=number % 2 == 0))
    made.append(Scenario("paid in parts", in_order, in_parts=True, is_current=True))
    twice = tuple(sorted(in_order * 2))
    made.append(Scenario("paid in parts, each twice, complete list", twice, complete_list=True, in_parts=True, is_current=True))
    made.append(Scenario("paid in parts, shuffled twice", tuple(dice.sample(in_order * 2, CUTS * 2)), in_parts=True))
    if kills:
        made.append(Scenario("paid in parts, with kills", in_order, in_parts=True, is_current=True, kills=kills))
        made.append(Scenario("in order, with kills", in_order, kills=kills))
        made.append(Scenario("shuffled, with kills", tuple(dice.sample(in_order, CUTS)), complete_list=True, kills=kills))
    return made


def trial(invoices: Sequence[Invoice], orders: int, kills: int, seed: int, say: Callable[[str], None] = print) -> int:
    """Play all scenarios, and return how many went wrong."""
    load_everything()
    dice, wrong = random.Random(seed), 0
    today = dt.datetime.now(dt.UTC).date()
    with tempfile.TemporaryDirectory() as name:
        moved = up_to_date(invoices, today)
        cuts = {in_parts: cuts_of(moved, today, Path(name), in_parts=in_parts) for in_parts in (False, True)}
        for number, scenario in enumerate(scenarios(orders, kills, dice)):
            verdict = play(scenario, cuts[scenario.in_parts], Path(name) / f"workspace-{number}", dice)
            wrong += bool(verdict.faults)
            counts = f"{verdict.cases} cases, {verdict.vouchers} vouchers, {verdict.deposits} deposits"
            say(f"{scenario.name} {scenario.order}: {counts}, {verdict.faults or 'all well'}")
    return wrong


def main() -> int:
    """Try the scenarios; the exit code is 1 if one went wrong."""
    parser = argparse.ArgumentParser(description="Import five monthly cuts of one list of open invoices.")
    parser.add_argument("--data", type=Path, help="a file of invoices; by default they are invented")
    parser.add_argument("--invoices", type=int, default=600, help="how many invoices to invent")
    parser.add_argument("--debtors", type=int, default=40, help="of how many debtors")
    parser.add_argument("--orders", type=int, default=2, help="how many shuffled orders")
    parser.add_argument("--kills", type=int, default=2, help="killed runs before each run that ends, in two scenarios")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    invoices = read_data(chosen.data) if chosen.data else invented(chosen.seed, chosen.invoices, chosen.debtors)
    return 1 if trial(invoices, chosen.orders, chosen.kills, chosen.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
