"""Thirty nights with a real ledger, the real sandbox and a real mailbox, and only the clock set: what people get to read.

``tests/golden/nights/diary.txt`` is the diary of these nights. To write it again, remove it and run this test twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import stamina
from support.mailbox import Mailbox
from support.paths import GOLDEN_FILES
from support.quiet_console import QuietConsole
from support.sheets import case, correct, voucher, write_csv, write_workbook

from importer.commands.approve import approve
from importer.commands.resume import resume
from importer.commands.run import run
from importer.commands.summary import summarize_morning
from importer.domain.timestamps import to_timestamp
from importer.errors import ImporterError
from importer.notify.night import night
from importer.sandbox import FaultPlan, Sandbox
from importer.workspace.approval import Gates
from importer.workspace.environment import open_environment
from importer.workspace.request import ImportRequest
from importer.workspace.workspace import Workspace

DIARY = GOLDEN_FILES / "nights" / "diary.txt"
ZONE = ZoneInfo("Europe/Copenhagen")
FIRST = datetime(2026, 3, 16, 3, 30, tzinfo=ZONE)  # a Monday; Easter Sunday is 5 April
DOWN = [{"on": "me", "times": 1000, "kind": "503_html"}, {"on": "list", "times": 1000, "kind": "503_html"}]
LOST = [{"on": "cases", "nth": 1, "times": 1, "kind": "500_before"}]


class Office:
    """A workspace whose runs are started at half past three, with files that other people put there."""

    def __init__(self, folder: Path, sandbox: Sandbox, mailbox: Mailbox, settings: Callable[..., Any]) -> None:
        self.folder, self.sandbox, self.mailbox, self._settings = folder, sandbox, mailbox, settings
        self.incoming = folder / "incoming"
        self.incoming.mkdir()
        self.console = QuietConsole()
        self.diary: list[str] = []
        self.now = FIRST
        self.numbers = iter(range(1, 1000))
        self.dispatch: dict[str, Any] = {}
        self.approval: dict[str, Any] = {}

    def file(self, name: str, rows: list[dict[str, Any]], vouchers: list[dict[str, Any]] | None = None) -> None:
        path = self.incoming / name
        if path.suffix == ".xlsx":
            write_workbook(path, rows, vouchers)
        else:
            write_csv(path, rows)

    def new_cases(self, count: int, amount: str = "100.00", **changes: Any) -> list[dict[str, Any]]:
        return [case(f"C{number}", amount, **changes) for number, _ in zip(self.numbers, range(count), strict=False)]

    def environment(self) -> Any:
        settings = self._settings(**self.dispatch)
        return open_environment(Workspace.at(self.folder), settings, sandbox=False)

    def night(self, note: str, bug: Callable[[], object] | None = None) -> None:
        """One night: what an earlier one left, then the files, then everything put away."""
        self.diary.append(f"\n{self.now:%a %d %B, %H:%M}  {note}")
        paths = sorted(self.incoming.iterdir())
        try:
            with self.environment() as environment, night(environment, self.console, lambda: self.now) as report:
                last = self.last_batch()
                if (self.folder / "ledger.db").exists():
                    report.result(resume(environment, self.console, stop_at_quota=True))
                if bug:
                    bug()
                if paths:
                    report.result(run(self.request(paths), environment, self.console))
                self.date_batches(last)
        except (ImporterError, ZeroDivisionError) as error:
            self.diary.append(f"    (the run ended with {type(error).__name__})")
        for path in paths:
            path.unlink()
        self.write_down()
        self.now += timedelta(days=1)

    def request(self, paths: list[Path]) -> ImportRequest:
        workspace = Workspace.at(self.folder)
        return ImportRequest(workspace, tuple(paths), confirmed=True, new_ledger=True, stop_at_quota=True)

    def last_batch(self) -> int:
        with closing(sqlite3.connect(self.folder / "ledger.db")) as ledger:
            found = ledger.execute("SELECT count(*) FROM sqlite_master WHERE name = 'batch'").fetchone()
            return ledger.execute("SELECT coalesce(max(id), 0) FROM batch").fetchone()[0] if found[0] else 0

    def date_batches(self, last: int) -> None:
        """Date the batches of this run by the clock of the test: the ledger knows the real one only."""
        with closing(sqlite3.connect(self.folder / "ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE batch SET taken_at = ? WHERE id > ?", (to_timestamp(self.now), last))

    def approve(self, batch: int) -> None:
        with self.environment() as environment:
            approve(Workspace.at(self.folder), environment, batch, self.console, Gates())
        self.diary.append(f"    (in the morning batch {batch} is approved)")

    def summary(self) -> None:
        """The morning summary, at seven."""
        morning = self.now - timedelta(days=1) + timedelta(hours=3, minutes=30)
        with self.environment() as environment:
            summarize_morning(environment, self.console, send=True, now=morning.astimezone(UTC))
        self.diary.append(f"\n{morning:%a %d %B, %H:%M}  The morning summary is sent.")
        self.write_down()

    def write_down(self) -> None:
        """Write what people got to read, and what was only said on the terminal, into the diary."""
        for one in self.mailbox.take():
            self.diary.append(f"    {one['type'].upper()}: {one['title']}")
            self.diary += [f"        {line}".rstrip() for line in one["message"].splitlines() if " quota per " not in line]
        self.diary += [f"    terminal: {text}" for text in self.console.take_warnings()]
        signals, self.mailbox.pings = self.mailbox.signals, []
        self.diary += [f"    pings: {', '.join(signals)}"] if signals else []


@pytest.fixture
def office(configured_workspace, fake_apis):
    with Mailbox() as mailbox, stamina.set_testing(testing=True, attempts=1):

        def settings(**dispatch: Any) -> Any:
            found = configured_workspace.settings(**dispatch)
            notify = {"urls": mailbox.address, "ping_url": mailbox.ping_url, "metrics_file": "importer.prom"}
            expect = {"files": "Mon..Fri by 03:00", "country": "DK"}
            more = {"notify": notify, "expect": expect, "approval": office.approval}
            return type(found)(**(found.model_dump(exclude_unset=True) | more))

        office = Office(configured_workspace.folder, fake_apis, mailbox, settings)
        yield office
        print("\n".join(office.diary))  # noqa: T201  (pytest shows it if the test fails)


@pytest.mark.slow
def test_thirty_nights_read_like_a_diary(office):  # noqa: PLR0915  (a diary)
    wrong = case("C900", "70.00", debtor_country="Atlantis")
    office.file("a.csv", office.new_cases(3))
    office.night("The first three cases.")
    office.file("b.csv", office.new_cases(2))
    office.night("Two more.")
    office.night("The export has failed: there is no file.")
    office.file("c.csv", office.new_cases(2))
    office.night("The export is mended.")
    listed = [*office.new_cases(2), wrong]
    office.file("list.xlsx", listed)
    office.night("One row has a country that does not exist.")
    office.night("A Saturday: no file is expected.")
    office.night("A Sunday.")
    office.file("list.xlsx", [*listed, *office.new_cases(1)])
    office.night("The same list with one more case; the wrong row is in it as before.")
    sheets = sorted((office.folder / "output").glob("*list*/errors.xlsx"))
    correct(sheets[-1], "Cases", {"debtor_country": "DK"}, where=("case_ref", "C900"))
    (office.incoming / "errors.xlsx").write_bytes(sheets[-1].read_bytes())
    office.file("d.csv", office.new_cases(1))
    office.night("The corrected error sheet comes with the file of the day.")
    office.sandbox.set_faults(FaultPlan.parse(DOWN))
    office.file("e.xlsx", office.new_cases(2), [voucher("C12", "100.00")])
    office.night("Debitura is down.")
    office.file("f.csv", office.new_cases(1))
    office.night("Debitura is still down.")
    office.sandbox.set_faults(FaultPlan())
    office.file("g.csv", office.new_cases(1))
    office.night("Debitura is up again.")
    office.night("A Saturday.")
    office.night("A Sunday.")
    office.dispatch = {"per_day": 1}
    office.file("h.csv", office.new_cases(3))
    office.night("The quota of the key is used up by another program.")
    office.dispatch = {}
    office.file("i.csv", office.new_cases(1))
    office.night("There is a new quota.")
    (office.incoming / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    office.night("The file is damaged.")
    office.night("Maundy Thursday: no file is expected.")
    for day in ("Good Friday", "A Saturday", "Easter Sunday", "Easter Monday: no file is expected"):
        office.night(f"{day}.")
    office.approval = {"above": {"DKK": "50000"}}
    office.file("large.csv", office.new_cases(2, "40000.00"))
    office.night("Two large cases, above the sum that is sent without an approval.")
    office.approve(int(office.last_batch()))
    office.approval = {}
    office.file("j.csv", office.new_cases(1))
    office.night("An approved batch is sent by the way.")
    office.sandbox.set_faults(FaultPlan.parse(LOST))
    office.mailbox.status = 500
    office.file("k.csv", office.new_cases(1))
    office.night("An answer of Debitura is lost, and the mailbox is out of order.")
    office.mailbox.status = 200
    office.sandbox.set_faults(FaultPlan())
    office.dispatch = {"settle_minutes": 0}
    office.file("l.csv", office.new_cases(1))
    office.night("The mailbox works again, and the doubt is settled.")
    office.dispatch = {}
    office.night("A bug ends the run.", bug=lambda: 1 / 0)
    office.night("A Sunday without a bug.")
    office.file("m.csv", [case("C1", "60.00"), *office.new_cases(1)])
    office.night("The first case was paid in part after it was sent.")
    office.file("n.csv", office.new_cases(1))
    office.night("The thirtieth night.")
    office.summary()
    diary = "\n".join(office.diary).lstrip() + "\n"
    if not DIARY.exists():
        DIARY.write_text(diary, encoding="utf-8")
        pytest.fail(f"{DIARY} was written")
    assert diary == DIARY.read_text(encoding="utf-8")
    assert "zebrahest" not in diary.casefold()
    assert len(office.sandbox.cases) == len({one["creditorReference"] for one in office.sandbox.cases})
