"""What the fault tests share: a sandbox in a process of its own, sheets to import, and the check that nothing went wrong."""

import csv
import json
import math
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.processes import run_python, server_environment, start_python

KEY, TOKEN, TENANT = "sandbox-key", "sandbox-token", "5a4d0b0c-0000-4000-8000-00000000d0b1"
ALWAYS = 10**6
"""How often a fault happens that does not end by itself."""
HEADER = [
    "case_ref",
    "creditor_company_name",
    "creditor_country",
    "currency",
    "date",
    "amount_to_recover",
    "creditor_reference",
    "debtor_type",
    "debtor_name",
    "debtor_country",
    "voucher_type",
    "voucher_amount",
    "voucher_source",
]


SERVE = """
import json, sys
from pathlib import Path
from importer.sandbox import SandboxSettings, serve_forever
chosen = json.loads(sys.argv[1])
serve_forever(SandboxSettings(**chosen | {"data_file": Path(chosen["data_file"])}), lambda url: print(url, flush=True))
"""


class SandboxProcess:
    """A sandbox on a port of its own; it survives the importer's death, as the real APIs would."""

    def __init__(self, folder: Path, **settings: object) -> None:
        """``settings`` are those of ``SandboxSettings`` that a test chooses. By default keys do not hide a second request."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        chosen = {"port": port, "data_file": str(folder / "apis.jsonl"), "idempotency": "ignored"} | settings
        command = ["-c", SERVE, json.dumps(chosen)]
        self._process = start_python(command, cwd=folder, env=server_environment(), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it says where it listens once it does

    def ask(self, path: str, body: object = None) -> dict:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, method="POST" if data else "GET")
        for _ in range(50):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except (urllib.error.URLError, ConnectionError):  # a fault that closes the port closes it for the test as well
                time.sleep(0.1)
        raise AssertionError("the sandbox does not answer")

    def faults(self, plan: object) -> None:
        self.ask("/_sandbox/faults", {"plan": plan})

    def change(self, **what: object) -> None:
        self.ask("/_sandbox/faults", what)

    def state(self) -> dict:
        return self.ask("/_sandbox/state?full=1")

    def hidden_after_the_look(self) -> dict:
        """The fault that hides the list once a new ledger has read it to its end, without which nothing would be sent."""
        from importer.dispatcher.apis.debitura import PAGE_SIZE

        pages = max(1, math.ceil(len(self.state()["cases"]) / PAGE_SIZE))
        return {"on": "list", "nth": pages + 1, "times": ALWAYS, "kind": "redirect"}

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@cache
def temporary_data_folder() -> str:
    """The data folder of a proof that is run by hand, outside of the tests' fixtures."""
    return tempfile.mkdtemp(prefix="importer-data-")


def environment(url: str, **dispatch: object) -> dict[str, str]:
    """What the importer needs to talk to the sandbox, impatient enough for a test."""
    fast = {"backoff_seconds": 0.02, "settle_minutes": 0.01, "timeout_seconds": 2, "concurrency": 8}
    fast |= dict.fromkeys(("per_minute", "per_hour", "per_day"), 1_000_000) | dispatch  # counted, but not waited for
    return server_environment() | {
        "IMPORTER_WORKSPACE": ".",
        "IMPORTER_DATA_FOLDER": os.environ.get("IMPORTER_DATA_FOLDER") or temporary_data_folder(),
        "IMPORTER_DEBITURA__BASE_URL": url,
        "IMPORTER_DEBITURA__API_KEY": KEY,
        "IMPORTER_DEBBIE__BASE_URL": url,
        "IMPORTER_DEBBIE__TOKEN": TOKEN,
        "IMPORTER_DEBBIE__TENANT_ID": TENANT,
        **{f"IMPORTER_DISPATCH__{name.upper()}": str(value) for name, value in fast.items()},
    }


def write_sheet(path: Path, numbers: range, *, vouchers: int = 1, appendix: str | None = None) -> None:
    """A flat sheet of valid cases; the same number always gives the same row. ``appendix`` is each voucher's file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER, *(["voucher_appendix_file"] if appendix else [])])
        for number in numbers:
            amount = f"{100 + number}.{number % 100:02d}"
            case = [
                f"C{number}",
                "Nord Test A/S",
                "DK",
                "DKK",
                "2026-01-02",
                amount,
                f"R{number}",
                "Person",
                f"Person {number}",
                "DK",
            ]
            for voucher in range(vouchers):
                kind = ["invoice", amount] if voucher == 0 else ["reminder fee", "100.00"]
                writer.writerow([*case, *kind, "CREDITOR", *([appendix] if appendix else [])])


@dataclass(frozen=True)
class Examination:
    """What is wrong, if anything: each list must be empty."""

    duplicate_cases: list[str]
    duplicate_vouchers: list[str]
    lost: list[str]
    falsely_accepted: list[str]
    unfinished: list[str]
    unbalanced: list[str]

    @property
    def good(self) -> bool:
        return not any(vars(self).values())


def examine(state: dict, ledger: Path, wanted: set[str], *, finished: bool) -> Examination:
    """Compare the server with the ledger; ``finished`` asks for every wanted row to be there."""
    ours = [case for case in state["cases"] if not case["foreign"]]
    references = Counter(case["creditorReference"] for case in ours)
    unique_ids = Counter(voucher["uniqueId"] for voucher in state["vouchers"])
    per_case = Counter((v["caseId"], v["received"]["voucherTypeId"]) for v in state["vouchers"])
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as db:
        entries = db.execute("SELECT id, kind, ref, state, remote_id, payload FROM entry").fetchall()
    db.close()
    known = {ref for _, kind, ref, *_ in entries if kind == "case"}
    accepted = {ref for _, kind, ref, entry_state, *_ in entries if kind == "case" and entry_state == "accepted"}
    references_of = {case["id"]: case["creditorReference"] for case in ours}
    unique_id_of = {voucher["id"]: voucher["uniqueId"] for voucher in state["vouchers"]}

    def is_there(kind: str, remote_id: str | None, payload: bytes) -> bool:
        """Whether the very thing that was sent is there under this id."""
        sent = json.loads(payload)
        if kind == "case":
            return references_of.get(remote_id) == sent["creditorReference"]
        return unique_id_of.get(remote_id) == sent["uniqueId"] or (remote_id is None and sent["uniqueId"] in unique_ids)

    return Examination(
        duplicate_cases=[reference for reference, count in references.items() if count > 1],
        duplicate_vouchers=[u for u, n in unique_ids.items() if n > 1] + [str(k) for k, n in per_case.items() if n > 1],
        lost=sorted(wanted - (accepted if finished else known)),
        falsely_accepted=[f"{e[1]} {e[0]}" for e in entries if e[3] == "accepted" and not is_there(e[1], e[4], e[5])],
        unfinished=[f"{e[1]} {e[0]} {e[3]}" for e in entries if e[3] != "accepted"] if finished else [],
        unbalanced=[str(path) for path in ledger.parent.glob("output/*/summary.json") if not balances(path)],
    )


def balances(path: Path) -> bool:
    """Whether a report's rows and money, as read, are those that its statuses add up to."""
    told = json.loads(path.read_text(encoding="utf-8"))
    sums = [*told["counts"].values(), *(totals for kind in told["totals"].values() for totals in kind.values())]
    added = all(Decimal(s["rows"]) == sum(Decimal(v) for k, v in s.items() if k != "rows") for s in sums)
    return bool(told["balanced"]) and added


def left_under_way(ledger: Path) -> bool:
    """Whether a run that was killed had requests under way."""
    if not ledger.is_file():
        return False
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as db:
        try:
            (found,) = db.execute("SELECT EXISTS (SELECT 1 FROM entry WHERE state = 'sending')").fetchone()
        except sqlite3.OperationalError:  # killed before it had made its tables
            found = False
    db.close()
    return bool(found)


def importer(folder: Path, env: dict[str, str], *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return run_python(["-m", "importer", *arguments], cwd=folder, env=env, timeout=timeout)


def accept_a_control(folder: Path, env: dict[str, str]) -> None:
    """Import one more case, since a list proves that others are absent only if it shows one that exists."""
    number = 1_000_000 + time.time_ns() // 1_000_000 % 1_000_000_000  # that no other sheet has
    write_sheet(folder / "control.csv", range(number, number + 1))
    done = importer(folder, env, "run", "control.csv", "--yes", "--new-ledger")
    assert done.returncode in {0, 6}, done.stdout + done.stderr  # 6: others are in doubt


def finish(folder: Path, env: dict[str, str], tries: int = 40) -> None:
    """Resume until nothing is left to do; the settle time passes in between."""
    accept_a_control(folder, env)
    for _ in range(tries):
        done = importer(folder, env, "resume")
        if done.returncode in {0, 3} or "Nothing is unfinished" in done.stdout:
            return
        time.sleep(0.7)  # the settle time is a matter of clocks; no event tells its end
    raise AssertionError(f"not finished after {tries} resumes: {done.returncode} {done.stdout} {done.stderr}")
