"""One trial: the importer works against a hostile server, and then the truth is compared with the ledger.

A few cases with vouchers are imported while the server is honest: the controls. Then a sheet is imported while it misbehaves,
resumed, and imported again; at last the server is honest again, and the work is resumed to the end. Before and after the last
part the ledger is compared with what the server knows to be true.

Every run begins with a look at the list. If it sends nothing because of what the list shows then, the list misbehaves from the
first case on that the next run sends, so that the trial has doubts that a misbehaving list is to decide.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
import stamina
from answer_behaviours import AnswerBehaviour, VoucherListBehaviour
from list_behaviours import CONTROLS, ListBehaviour
from support.hostile_server import Behaviour, Ending, Exchange, HostileServer, RemoteCase, Wire, case_content, plain_id, wire
from support.workspace import API_KEY, TOKEN, CliWorkspace, Finished, settings_for

LONGEST_CALL = 40.0
FITTING_CODES = {0, 3, 5, 6, 7}
DEBTORS = "Debitor Å & Søn A/S", "Kunde Øst ApS", "Müller Handel GmbH"


@dataclass(frozen=True)
class Row:
    """A case of a sheet. ``fate``: what becomes of the first answer to it in a trial of lists."""

    name: str
    creditor: str
    reference: str
    amount: str
    fate: str = "answered"  # or "lost, made", "lost, not made"
    is_test: bool = False
    vouchers: int = 1


NORD, SYD = "Nord Test A/S", "Syd Test ApS"
CONTROL_ROWS = (
    Row("K1", NORD, "N-0100", "2750.50"),
    Row("K2", SYD, "S-0100", "480.00"),
    Row("K3", NORD, "N-0101", "390.00", is_test=True, vouchers=0),
)
ROWS = (
    Row("A1", NORD, "N-0102", "2500.00"),
    Row("B", NORD, "N-0103", "2100.25", "lost, made"),
    Row("C", NORD, "N-0104", "310.10", "lost, not made"),
    Row("D", SYD, "S-0105", "1500.00", "lost, made", vouchers=2),
    Row("E", NORD, "", "620.00", "lost, made"),
    Row("F", SYD, "", "730.00", "lost, not made"),
    Row("T", NORD, "N-0108", "840.00", "lost, made", is_test=True, vouchers=0),
    Row("U", NORD, "N-0109", "850.00", "lost, not made", is_test=True, vouchers=0),
    Row("A2", SYD, "S-0110", "960.00", vouchers=2),
    Row("A3", NORD, "N-0111", "970.00", is_test=True, vouchers=0),
    Row("A4", NORD, "", "980.00"),
)
HIT = frozenset({"B", "D", "E", "T"})
"""The rows that are answered in the way of an answer behaviour."""


def write_sheet(path: Path, rows: tuple[Row, ...]) -> None:
    names = ["case_ref", "creditor_company_name", "creditor_country", "currency", "date", "due_date", "amount_to_recover"]
    names += ["creditor_reference", "claim_description", "is_test", "debtor_type", "debtor_name", "debtor_contact_person"]
    names += ["debtor_country", "voucher_type", "voucher_amount", "voucher_source", "voucher_reference_id", "voucher_text"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for number, row in enumerate(rows):
            case = {
                "case_ref": row.name,
                "creditor_company_name": row.creditor,
                "creditor_country": "DK",
                "currency": "DKK",
                "date": f"2026-01-{number + 2:02}",
                "due_date": f"2026-02-{number + 2:02}",
                "amount_to_recover": row.amount,
                "creditor_reference": row.reference,
                "claim_description": mark_of(row.name),
                "is_test": "yes" if row.is_test else "no",
                "debtor_type": "Company",
                "debtor_name": f"{DEBTORS[number % 3]}" if row.reference else f"Kunde {row.name} ApS",
                "debtor_contact_person": "Anna Test",
                "debtor_country": "DK",
            }
            for voucher in range(max(row.vouchers, 1)):
                kind = ("invoice", row.amount) if not voucher else ("reminder fee", "100.00")
                money = dict(zip(("voucher_type", "voucher_amount"), kind, strict=True)) | {"voucher_source": "CREDITOR"}
                money |= {"voucher_reference_id": f"V-{row.name}", "voucher_text": f"{row.name} {voucher}"}
                writer.writerow(case | (money if row.vouchers else {}))


def mark_of(name: str) -> str:
    return f"Row {name}: goods delivered"


def row_of(sent: dict[str, Any]) -> str | None:
    found = re.fullmatch(r"Row (\w+): goods delivered", str(sent.get("claimDescription")))
    return found[1] if found else None


class Trial:
    """The rows of one trial against one behaviour of the server."""

    def __init__(
        self, folder: Path, behaviour: Callable[[Trial], Behaviour], *, seed: int = 1, expects: str | None = None
    ) -> None:
        """``expects``: the state in which each case that exists must be at the end of the hostile part, if only one is right."""
        self.tries: Counter[str] = Counter()  # how often each row or voucher was asked for
        self.workspace = CliWorkspace(folder)
        self.seed = seed
        self._behaviour = behaviour
        self._expects = expects
        self.calls: list[tuple[str, Finished]] = []

    def run(self) -> list[str]:
        """What is wrong; nothing, if all is well."""
        dice = random.Random(self.seed)
        rows = list(ROWS)
        middle = rows[1:-3]
        dice.shuffle(middle)
        rows[1:-3] = middle
        write_sheet(self.workspace.folder / "controls.csv", CONTROL_ROWS)
        write_sheet(self.workspace.folder / "rows.csv", tuple(rows))
        with HostileServer() as server, stamina.set_testing(testing=True, attempts=4, cap=True):
            self._configure(server)
            try:
                return self._phases(server)
            except TooLong as error:
                return [str(error)]

    def _phases(self, server: HostileServer) -> list[str]:
        first = self._call("run", "controls.csv", "--yes")
        if first.code:
            return [f"the controls were not imported: {first}"]
        server.notes |= {CONTROLS: frozenset(case.id for case in server.truth.cases), "seed": self.seed}
        server.notes["claimed"] = len(server.truth.cases) + len(ROWS)
        hostile = server.behaviour = self._behaviour(self)
        self._call("run", "rows.csv", "--yes")
        if not self.tries:  # the list was not believed at the start: nothing was sent
            server.behaviour = self._honest_at_first(hostile)
        self._call("resume")
        self._call("resume")
        self._call("run", "rows.csv", "--yes")
        last = self._call("resume")
        problems = self._compare(server, last, healed=False) + self._unexpected(server)
        server.behaviour = Behaviour()
        forget_limits(self.workspace.folder / "ledger.db")
        for _ in range(2):
            self._call("resume")
        last = self._call("run", "rows.csv", "--yes")
        problems += [f"honest again: {text}" for text in self._compare(server, last, healed=True) if text not in problems]
        return problems + self._shown_wrongly()

    def _honest_at_first(self, hostile: Behaviour) -> Behaviour:
        """The same behaviour, with a list that is honest until the first case is asked for."""

        def list_cases(exchange: Exchange) -> Wire | None:
            return hostile.list_cases(exchange) if self.tries and hostile.list_cases else None

        def one_case(exchange: Exchange) -> Wire | None:
            return hostile.one_case(exchange) if self.tries and hostile.one_case else None

        return replace(hostile, list_cases=list_cases, one_case=one_case)

    def _configure(self, server: HostileServer) -> None:
        fast = {"SETTLE_MINUTES": "0", "TIMEOUT_SECONDS": "1", "CONCURRENCY": "1", "BACKOFF_SECONDS": "0.01"}
        fast |= dict.fromkeys(("PER_MINUTE", "PER_HOUR", "PER_DAY"), "1000000") | {"WINDOW_SECONDS": "[0.2, 3600, 86400]"}
        home = {"HOME": str(self.workspace.folder / "home"), "XDG_DATA_HOME": str(self.workspace.folder / "home" / "data")}
        more = {f"IMPORTER_DISPATCH__{name}": value for name, value in fast.items()}
        self.workspace.env = settings_for(server.url) | more | home

    def _call(self, *arguments: str) -> Finished:
        with time_limit(LONGEST_CALL, " ".join(arguments)):
            done = self.workspace.call(*arguments, "--stop-at-quota")
        self.calls.append((arguments[0], done))
        return done

    def _compare(self, server: HostileServer, last: Finished, *, healed: bool) -> list[str]:
        truth = server.truth
        entries = read_entries(self.workspace.folder / "ledger.db")
        cases = [entry for entry in entries if entry.kind == "case"]
        vouchers = [entry for entry in entries if entry.kind == "voucher"]
        problems = duplicates(truth.cases, truth.vouchers)
        problems += [text for entry in cases for text in wrong_case(entry, truth.cases)]
        problems += [text for entry in vouchers for text in wrong_voucher(entry, server)]
        problems += misplaced(server)
        problems += unfit_code(last, entries)
        names = {row_of(entry.sent) for entry in cases}
        recorded = any("Nothing was recorded" not in done.err for command, done in self.calls[1:] if command == "run")
        problems += [f"row {row.name} is lost" for row in ROWS if recorded and row.name not in names]
        if healed:
            problems += [f"{entry.label} is still {entry.state}" for entry in entries if is_stuck(entry)]
        problems += false_denials(cases, server)
        return problems + self._unexplained(entries)

    def _unexplained(self, entries: list[Entry]) -> list[str]:
        """Rows of the newest error sheet that a person must look at, and that do not say why."""
        if not any(entry.state in {"held", "in_doubt"} for entry in entries):
            return []
        sheets = sorted(self.workspace.folder.glob("output/*/errors*.xlsx"), key=lambda path: path.stat().st_mtime_ns)
        return list(unexplained(sheets[-1])) if sheets else ["rows are in doubt, and there is no error sheet"]

    def _unexpected(self, server: HostileServer) -> list[str]:
        """Cases that exist, were answered in the way of this trial, and are not in the only state that is right."""
        if self._expects is None:
            return []
        existing = {row_of(case.sent) for case in server.truth.cases}
        wanted = existing & (HIT if self._expects == "held" else {row.name for row in ROWS})
        cases = [entry for entry in read_entries(self.workspace.folder / "ledger.db") if entry.kind == "case"]
        wrong = [e for e in cases if e.case in wanted and (e.state != self._expects or not e.remote_id)]
        return [f"{entry.label} is {entry.state}, not {self._expects} with its id" for entry in wrong]

    def _shown_wrongly(self) -> list[str]:
        problems = []
        for command, done in self.calls:
            told = done.out + done.err
            if done.code not in FITTING_CODES:
                problems.append(f"{command} ended with {done.code}: {last_line(done)}")
            if "Traceback" in told or "bug in the importer" in told:
                problems.append(f"{command} told of a bug: {last_line(done)}")
            if API_KEY in told or TOKEN in told:
                problems.append(f"{command} showed a credential")
        ledger = b"".join(path.read_bytes() for path in self.workspace.folder.glob("ledger.db*"))
        if API_KEY.encode() in ledger or TOKEN.encode() in ledger:
            problems.append("the ledger contains a credential")
        return list(dict.fromkeys(problems))


# What the ledger knows, and what is true


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger."""

    kind: str
    state: str
    remote_id: str | None
    reasons: str | None
    sent: dict[str, Any]
    case: str | None  # the row of its case
    case_state: str

    @property
    def label(self) -> str:
        return f"the {self.kind} of row {self.case}" + (f" ({self.sent.get('text')})" if self.kind == "voucher" else "")

    @property
    def reason(self) -> str:
        return " ".join(str(reason.get("message", "")) for reason in json.loads(self.reasons or "[]"))


_ENTRIES = """
SELECT e.kind, e.state, e.remote_id, e.reasons, e.payload, coalesce(c.payload, e.payload), coalesce(c.state, e.state)
FROM entry e LEFT JOIN entry c ON c.id = e.case_id WHERE e.superseded_by IS NULL ORDER BY e.id
"""


def read_entries(ledger: Path) -> list[Entry]:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        found = db.execute(_ENTRIES).fetchall()
    return [Entry(*one[:4], json.loads(one[4]), row_of(json.loads(one[5])), one[6]) for one in found]


def duplicates(cases: list[RemoteCase], vouchers: list[Any]) -> list[str]:
    ours = Counter(row_of(case.sent) for case in cases if not case.foreign)
    per_row = Counter((voucher.case_id, voucher.sent.get("text")) for voucher in vouchers)
    problems = [f"row {name} exists {count} times" for name, count in ours.items() if count > 1]
    return problems + [f"the voucher {text} exists {count} times" for (_, text), count in per_row.items() if count > 1]


def wrong_case(entry: Entry, cases: list[RemoteCase]) -> Iterator[str]:
    """What the ledger says of a case that is not true."""
    own = [case for case in cases if row_of(case.sent) == entry.case and not case.foreign]
    named = next((case for case in cases if entry.remote_id and case.id == plain_id(entry.remote_id)), None)
    if entry.state == "accepted":
        if named is None:
            yield f"{entry.label} is accepted as {str(entry.remote_id)[:40]}, which does not exist"
        elif named not in own:
            origin = "another origin" if named.foreign else f"row {row_of(named.sent)}"
            yield f"{entry.label} is accepted as a case of {origin}"
    elif entry.remote_id and named is not None and named not in own:
        yield f"{entry.label} is {entry.state} and owns a case of another row or origin"
    elif entry.state == "refused" and own:
        yield f"{entry.label} is called refused, but it exists"
    yield from wrong_reason(entry)


def wrong_voucher(entry: Entry, server: HostileServer) -> Iterator[str]:
    existing = server.truth.voucher_with(entry.sent.get("uniqueId"))
    if entry.state == "accepted" and existing is None:
        yield f"{entry.label} is accepted, but does not exist"
    elif entry.state == "accepted" and entry.remote_id and existing and plain_id(entry.remote_id) != existing.id:
        yield f"{entry.label} is accepted as another voucher"
    elif entry.state == "refused" and existing is not None:
        yield f"{entry.label} is called refused, but it exists"
    yield from wrong_reason(entry)


def wrong_reason(entry: Entry) -> Iterator[str]:
    """A reason is given for what a person must look at."""
    if entry.state in {"held", "refused"} and len(entry.reason) < 20:
        yield f"{entry.label} is {entry.state} without a reason"


DENIALS = re.compile(r"not in Debitura's list|does not show (it|the case|this case)\b|shows no such case|was not created")
"""Sentences by which a case is said not to be in the list."""


def false_denials(cases: list[Entry], server: HostileServer) -> Iterator[str]:
    """Held cases of which the reason says that the list does not show them, though the last list did, with their id."""
    shown = b"".join(page for reading in server.readings for page in reading)
    for entry in cases:
        existing = next((case for case in server.truth.cases if row_of(case.sent) == entry.case and not case.foreign), None)
        if entry.state == "held" and existing and existing.id.encode() in shown and DENIALS.search(entry.reason):
            yield f"{entry.label} is said not to be in the list, which shows it: {entry.reason}"


def is_stuck(entry: Entry) -> bool:
    """Whether the entry has not come to an end, though the server is honest; a voucher waits for a case that is held."""
    return entry.state in {"pending", "sending", "in_doubt"} and not (entry.kind == "voucher" and entry.case_state == "held")


def unexplained(sheet: Path) -> Iterator[str]:
    book = openpyxl.load_workbook(sheet, read_only=True)
    for page in book.worksheets:
        rows = list(page.iter_rows(values_only=True))
        heading = next((n for n, row in enumerate(rows) if row and "#errors" in row and "#status" in row), None)
        for row in [] if heading is None else rows[heading + 1 :]:
            told = dict(zip(rows[heading], row, strict=False))
            if told["#status"] in {"held", "in doubt", "in_doubt"} and not str(told["#errors"] or "").strip():
                yield f"row {told['#row']} of the error sheet is {told['#status']} without a reason"
    book.close()


def misplaced(server: HostileServer) -> list[str]:
    """Vouchers that were sent to the case of another row."""
    problems = []
    for voucher in server.truth.vouchers:
        case = server.truth.case(voucher.case_id)
        wanted = str(voucher.sent.get("referenceId")).removeprefix("V-")
        if case is not None and row_of(case.sent) != wanted:
            problems.append(f"a voucher of row {wanted} was sent to the case of row {row_of(case.sent)}")
    return problems


def unfit_code(last: Finished, entries: list[Entry]) -> list[str]:
    """Whether the last exit code says what the ledger holds."""
    states = Counter(entry.state for entry in entries)
    open_ones, unknown = states["pending"] + states["sending"], states["in_doubt"] + states["held"]
    refused = states["refused"] + states["blocked"]
    done = "Nothing is unfinished" in last.out
    fits = {
        0: not open_ones and not unknown and (not refused or done),
        3: not open_ones and not unknown and refused > 0,
        5: open_ones + unknown > 0,
        6: unknown > 0,
        7: open_ones + unknown > 0,
    }
    return [] if fits.get(last.code, True) else [f"exit code {last.code} beside {dict(states)}"]


def last_line(done: Finished) -> str:
    return next((line for line in reversed((done.out + done.err).splitlines()) if line.strip()), "")[:160]


def forget_limits(ledger: Path) -> None:
    """Let the time pass for which a server's refusal is waited for."""
    with closing(sqlite3.connect(ledger, timeout=30)) as db, db:
        db.execute("DELETE FROM request_count")


class TooLong(BaseException):
    """A command did not end; not an Exception, so that the command does not handle it."""


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """Raise TooLong in this thread, which must be the main one, after so many seconds."""

    given_up = []

    def give_up(*_: object) -> None:
        given_up.append(TooLong(f"{what} did not end within {seconds:.0f} seconds"))
        raise given_up[0]

    before = signal.signal(signal.SIGUSR1, give_up)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGUSR1, before)
    if given_up:  # and taken for an interrupt
        raise given_up[0]


# The behaviours as the server of a trial takes them


def with_list(chosen: ListBehaviour) -> Callable[[Trial], Behaviour]:
    """The list misbehaves; the first answers to some cases are lost, and not all of them were created."""
    fates = {row.name: row.fate for row in ROWS}

    def behaviour(trial: Trial) -> Behaviour:
        def fate(exchange: Exchange) -> str:
            name = row_of(exchange.sent) or ""
            return fates.get(name, "answered") if not trial.tries[name] else "answered"

        def create(exchange: Exchange) -> Wire | None:
            found = fate(exchange)
            trial.tries[row_of(exchange.sent) or ""] += 1
            if found == "answered":
                case = exchange.made
                usual = not chosen.in_answers or not isinstance(case, RemoteCase)
                return None if usual else wire(200, chosen.item(case_content(case), case))
            for sent, created in chosen.beside(exchange) if chosen.beside else ():
                exchange.truth.add_case(sent, foreign=True, created=created)
            return Wire(ending=Ending.RESET)

        base = Behaviour(create_case=create, creates=lambda exchange: fate(exchange) != "lost, not made")
        return chosen.behaviour(base)

    return behaviour


def with_answer(chosen: AnswerBehaviour) -> Callable[[Trial], Behaviour]:
    """Some cases are answered in this way, for as long as the trial is hostile."""

    def behaviour(trial: Trial) -> Behaviour:
        def is_hit(exchange: Exchange) -> bool:
            name = row_of(exchange.sent) or ""
            return name in HIT and trial.tries[name] < chosen.times

        def create(exchange: Exchange) -> Wire | None:
            hit = is_hit(exchange)
            trial.tries[row_of(exchange.sent) or ""] += 1
            return chosen.reply(exchange) if hit else None

        return Behaviour(create_case=create, creates=lambda exchange: chosen.creates or not is_hit(exchange))

    return behaviour


def _voucher_row(exchange: Exchange) -> str:
    return str(exchange.sent.get("referenceId")).removeprefix("V-")


def with_voucher_answer(chosen: AnswerBehaviour) -> Callable[[Trial], Behaviour]:
    """The vouchers of some cases are answered in this way, for as long as the trial is hostile."""

    def behaviour(trial: Trial) -> Behaviour:
        def is_hit(exchange: Exchange) -> bool:
            return _voucher_row(exchange) in HIT and trial.tries[str(exchange.sent.get("uniqueId"))] < chosen.times

        def create(exchange: Exchange) -> Wire | None:
            hit = is_hit(exchange)
            trial.tries[str(exchange.sent.get("uniqueId"))] += 1
            return chosen.reply(exchange) if hit else None

        return Behaviour(create_voucher=create, creates=lambda e: "amountToRecover" in e.sent or chosen.creates or not is_hit(e))

    return behaviour


def _lost_voucher(trial: Trial) -> Callable[[Exchange], Wire | None]:
    """The first answer to each voucher of some cases is lost."""

    def create(exchange: Exchange) -> Wire | None:
        identifier = str(exchange.sent.get("uniqueId"))
        trial.tries[identifier] += 1
        return wire(500) if trial.tries[identifier] == 1 and _voucher_row(exchange) in HIT else None

    return create


def with_repeated(chosen: AnswerBehaviour) -> Callable[[Trial], Behaviour]:
    """The answers to vouchers are lost, and this is the answer when they are sent again."""
    return lambda trial: Behaviour(create_voucher=_lost_voucher(trial), repeated_voucher=chosen.reply)


def with_voucher_list(chosen: VoucherListBehaviour) -> Callable[[Trial], Behaviour]:
    """The answers to vouchers are lost, they are taken when they are sent again, and the list of their case misbehaves."""
    return lambda trial: Behaviour(create_voucher=_lost_voucher(trial), list_vouchers=chosen.list_vouchers)


def expected(chosen: ListBehaviour | AnswerBehaviour) -> str | None:
    """The state in which the cases that exist must be, if only one is right."""
    if isinstance(chosen, ListBehaviour):
        return "accepted" if chosen.harmless else None
    return chosen.expects


def with_both(listing: ListBehaviour, answer: AnswerBehaviour) -> Callable[[Trial], Behaviour]:
    """The list misbehaves while cases are answered in this way."""

    def behaviour(trial: Trial) -> Behaviour:
        return replace(listing.behaviour(with_answer(answer)(trial)))

    return behaviour


def elapsed(since: float) -> float:
    return round(time.monotonic() - since, 1)
