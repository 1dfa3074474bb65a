"""Make the old ledgers of this folder: run by hand in a checkout of the release whose ledgers are to be kept.

    python make.py FOLDER

Each subfolder of FOLDER then holds a ledger as SQL text, the data of the sandbox that answered it, the files that were
imported, and the error sheets that were written. Addresses and credentials are replaced by names in ``@``, which
``support.old_ledgers`` fills in again. Only the command line and the public parts of the sandbox are used, so that the
script runs with every release.
"""

import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from openpyxl import Workbook

from importer.sandbox import FaultPlan, Sandbox, SandboxSettings

KEY, TOKEN, TENANT = "key-4711-very-secret", "token-0815-very-secret", "5a4d0b0c-0000-4000-8000-00000000d0b1"
ALWAYS = 100_000
HIDDEN = {"on": "list", "nth": 2, "times": ALWAYS, "kind": "redirect"}
CASE = {
    "case_ref": None,
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "currency": "DKK",
    "date": "2026-01-31",
    "amount_to_recover": "100.00",
    "creditor_reference": None,
    "debtor_type": "Person",
    "debtor_name": "Bodil Zebrahest",
    "debtor_state": None,
    "debtor_country": "DK",
    "is_test": None,
}
VOUCHER = {
    "case_ref": None,
    "unique_id": None,
    "voucher_type": "invoice",
    "voucher_amount": "100.00",
    "currency": "DKK",
    "date": "2026-01-31",
    "source": "CREDITOR",
    "reference_id": None,
    "parent_unique_id": None,
}


def write(path, cases=(), vouchers=(), shown_as=None):
    """A workbook; ``shown_as`` is a number format for the numbers of ``creditor_reference``."""
    book = Workbook()
    book.remove(book.active)
    for name, model, rows in (("Cases", CASE, cases), ("Vouchers", VOUCHER, vouchers)):
        if not rows:
            continue
        sheet = book.create_sheet(name)
        sheet.append(list(model))
        for row in rows:
            sheet.append(list({**model, **row}.values()))
            for cell in sheet[sheet.max_row]:
                if shown_as and isinstance(cell.value, int):
                    cell.number_format = shown_as
    book.save(path)


def run(folder, url, *arguments, **settings):
    env = {name: value for name, value in os.environ.items() if not name.startswith("IMPORTER_")}
    env |= {
        "IMPORTER_WORKSPACE": ".",
        "IMPORTER_DATA_FOLDER": str(folder / "user-data"),
        "IMPORTER_DEBITURA__BASE_URL": url,
        "IMPORTER_DEBITURA__API_KEY": KEY,
        "IMPORTER_DEBBIE__BASE_URL": url,
        "IMPORTER_DEBBIE__TOKEN": TOKEN,
        "IMPORTER_DEBBIE__TENANT_ID": TENANT,
        "IMPORTER_DISPATCH__BACKOFF_SECONDS": "0.02",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **settings,
    }
    command = [sys.executable, "-m", "importer", *map(str, arguments)]
    return subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL)


def imported(folder, url, *arguments, expect, **settings):
    code = run(folder, url, "run", *arguments, "--yes", "--new-ledger", "-q", **settings).wait()
    assert code == expect, (folder.name, arguments, code)


def every_state(folder, sandbox):
    """Each state of an entry, each kind of identity, and rejects with what they block."""
    write(
        folder / "first.xlsx",
        [
            {"case_ref": "C-1", "creditor_reference": "INV-1"},
            {"case_ref": "C-2", "creditor_reference": "INV-2", "amount_to_recover": "250.50"},
            {"creditor_reference": "INV-3", "amount_to_recover": "300.00"},
            {"debtor_name": "Equal Rows", "amount_to_recover": "40.00"},
            {"debtor_name": "Equal Rows", "amount_to_recover": "40.00"},
            {"case_ref": "C-US", "debtor_country": "US", "debtor_state": "CA", "currency": "USD", "debtor_name": "Ann Pacific"},
            {"case_ref": "C-TEST", "is_test": "yes", "debtor_name": "Test Debtor"},
            {"case_ref": "C-REFUSED", "debtor_country": "KP", "debtor_name": "Nowhere Man"},
            {"case_ref": "C-REJECTED", "amount_to_recover": "-5", "debtor_name": "Wrong Amount"},
        ],
        [
            {"case_ref": "C-1", "unique_id": "V-1", "reference_id": "INV-1"},
            {"case_ref": "C-1", "unique_id": "V-1-FEE", "voucher_type": "reminder fee", "parent_unique_id": "V-1"},
            {"case_ref": "C-2", "voucher_amount": "250.50", "reference_id": "INV-2"},
            {"case_ref": "C-2", "voucher_type": "reminder fee", "voucher_amount": "100.00"},
            {"case_ref": "C-2", "voucher_type": "deposit", "voucher_amount": "10.00"},
            {"case_ref": "INV-3", "voucher_amount": "300.00"},
            {"case_ref": "C-TEST", "unique_id": "V-TEST"},
            {"case_ref": "C-REFUSED", "unique_id": "V-REFUSED"},
            {"case_ref": "C-REJECTED", "unique_id": "V-REJECTED"},
            {"case_ref": "C-UNKNOWN", "unique_id": "V-UNKNOWN"},
        ],
    )
    imported(folder, sandbox.url, "first.xlsx", expect=3)
    write(folder / "formats.xlsx", [{"creditor_reference": 42, "debtor_name": "Leading Zeros"}], shown_as="00000")
    imported(folder, sandbox.url, "formats.xlsx", expect=0)
    write(folder / "held.xlsx", [{"case_ref": "C-HELD", "debtor_name": "Held Person", "creditor_reference": "INV-HELD"}])
    hold = {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0", "IMPORTER_DISPATCH__ON_ABSENT": "hold"}
    sandbox.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "500_before"}]))
    imported(folder, sandbox.url, "held.xlsx", expect=6, **hold)
    while entries(folder / "ledger.db", "AND state = 'in_doubt'"):
        run(folder, sandbox.url, "resume", "-q", **hold).wait()
    in_doubt = [
        {"case_ref": f"C-{how}-{number}", "debtor_name": f"Doubtful {how} {number}"}
        for how in ("made", "lost")
        for number in (1, 2)
    ]
    for how, fault in (("made", "500_after"), ("lost", "500_before")):
        rows = [row for row in in_doubt if how in row["case_ref"]]
        write(folder / f"{how}.xlsx", rows, [{"case_ref": row["case_ref"], "unique_id": f"V-{row['case_ref']}"} for row in rows])
        sandbox.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": fault}, HIDDEN]))
        imported(folder, sandbox.url, f"{how}.xlsx", expect=5)
    write(folder / "voucher-doubt.xlsx", [], [{"case_ref": "C-1", "unique_id": "V-DOUBT", "voucher_amount": "7.00"}])
    sandbox.set_faults(FaultPlan.parse([{"on": "vouchers", "nth": 1, "times": ALWAYS, "kind": "500_after"}]))
    imported(folder, sandbox.url, "voucher-doubt.xlsx", expect=6)
    write(folder / "waiting.xlsx", [{"case_ref": "C-WAITING", "debtor_name": "Waiting Person"}], [{"case_ref": "C-WAITING"}])
    sandbox.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "redirect"}]))
    imported(folder, sandbox.url, "waiting.xlsx", expect=5)
    write(folder / "killed.xlsx", [{"case_ref": "C-KILLED", "debtor_name": "Killed Person"}])
    sandbox.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "hang_after"}]))
    process = run(folder, sandbox.url, "run", "killed.xlsx", "--yes", "--new-ledger", "-q")
    while not entries(folder / "ledger.db", "AND state = 'sending'"):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    sandbox.set_faults(FaultPlan())


def same_rows(folder, sandbox):
    """Every kind of identity in every state, so that the same files again show whether a later release finds the rows."""
    for number, (state, on, fault, code) in enumerate(
        (
            ("accepted", "cases", None, 0),
            ("refused", "cases", None, 3),
            ("made", "cases", "500_after", 5),
            ("lost", "cases", "500_before", 5),
            ("pending", "cases", "redirect", 5),
            ("voucher-made", "vouchers", "500_after", 5),
            ("voucher-lost", "vouchers", "500_before", 5),
            ("voucher-pending", "vouchers", "redirect", 5),
        )
    ):
        country = {"debtor_country": "KP"} if state == "refused" else {}
        cases, vouchers = rows_of(state, country)
        write(folder / f"{state}.xlsx", cases, vouchers)
        write(
            folder / f"{state}-formats.xlsx",
            [{"creditor_reference": 42 + number, "debtor_name": f"{state} Leading Zeros", **country}],
            shown_as="00000",
        )
        for name in (f"{state}.xlsx", f"{state}-formats.xlsx"):
            faults = [{"on": on, "nth": 1, "times": ALWAYS, "kind": fault}, HIDDEN] if fault else []
            sandbox.set_faults(FaultPlan.parse(faults))
            imported(folder, sandbox.url, name, expect=0 if on == "vouchers" and "formats" in name else code)
    sandbox.set_faults(FaultPlan())


def rows_of(state, country):
    """Cases with and without a reference, states of the United States in every spelling, and vouchers of every identity."""
    states = {"CA": "CA", "NAME": "California", "ISO": "US-CA"}
    american = {"currency": "USD", "debtor_country": "US"}
    cases = [
        {"case_ref": f"{state}-1", "creditor_reference": f"{state}-1", "debtor_name": f"{state} One", **country},
        {"creditor_reference": f"{state}-2", "amount_to_recover": "250.50", "debtor_name": f"{state} Two", **country},
        {"amount_to_recover": "40.00", "debtor_name": f"{state} Equal Rows", **country},
        {"amount_to_recover": "40.00", "debtor_name": f"{state} Equal Rows", **country},
        {"case_ref": f"{state} 3", "debtor_name": f"{state} Looks Alike", **country},
        {"case_ref": f"{state}\u00a03", "debtor_name": f"{state} Looks Alike", **country},
        *(
            {"case_ref": f"{state}-{key}", "debtor_name": f"{state} {key}", "debtor_state": value, **american, **country}
            for key, value in states.items()
        ),
        *(
            {"debtor_name": f"{state} no reference {key}", "debtor_state": value, **american, **country}
            for key, value in states.items()
        ),
    ]
    number = {"case_ref": f"{state}-1", "reference_id": f"{state}-1"}
    fee = {"voucher_type": "reminder fee", "voucher_amount": "100.00"}
    vouchers = [
        {**number, "unique_id": f"V-{state}-1"},
        {**number, "voucher_amount": "99.00"},
        {**number, "voucher_amount": "99.00"},
        {**number, **fee},
        {**number, **fee},
        {**number, **fee, "date": "2026-02-28"},
        {"case_ref": f"{state}-2", "voucher_amount": "250.50"},
        {"case_ref": f"{state}-2", "voucher_amount": "250.50"},
        {"case_ref": f"{state}-2", "voucher_type": "deposit", "voucher_amount": "10.00", "parent_unique_id": f"V-{state}-2"},
        {"case_ref": f"{state}-2", "unique_id": f"V-{state}-2", "voucher_amount": "1.00"},
    ]
    return cases, vouchers


def explained_doubts(folder, sandbox):
    """Doubts whose cause matters: an id or a reference that is taken, a refusal after a doubt."""
    first, other = {"case_ref": "C-1", "creditor_reference": "R-1"}, {"case_ref": "C-2", "creditor_reference": "R-2"}
    write(folder / "cases.xlsx", [first, other])
    imported(folder, sandbox.url, "cases.xlsx", expect=0)
    elsewhere = folder / "elsewhere"  # another ledger, which takes the unique id for another case
    elsewhere.mkdir()
    write_for_case(elsewhere / "taken.xlsx", str(sandbox.cases[1]["id"]), "V-TAKEN")
    imported(elsewhere, sandbox.url, "taken.xlsx", expect=0)
    shutil.rmtree(elsewhere)
    write(folder / "taken.xlsx", [], [{"case_ref": "C-1", "unique_id": "V-TAKEN"}])
    imported(folder, sandbox.url, "taken.xlsx", expect=6)
    sandbox.set_faults(FaultPlan.parse([{"on": "vouchers", "nth": 1, "times": 1, "kind": "500_before"}]))
    write_for_case(folder / "refused.xlsx", "5a4d0b0c-0000-4000-8000-00000000ffff", "V-REFUSED")
    imported(folder, sandbox.url, "refused.xlsx", expect=6)
    write(folder / "in-use.xlsx", [{"case_ref": "C-3", "creditor_reference": "R-1", "debtor_name": "Same Reference"}])
    sandbox.set_faults(FaultPlan.parse([HIDDEN]))
    imported(folder, sandbox.url, "in-use.xlsx", expect=5)
    sandbox.set_faults(FaultPlan())


def write_for_case(path, case_id, unique_id):
    book = Workbook()
    sheet = book.active
    row = {"case_id": case_id, **VOUCHER, "unique_id": unique_id}
    sheet.title = "Vouchers"
    sheet.append(list(row))
    sheet.append(list(row.values()))
    book.save(path)


def used_up_quota(folder, sandbox):
    """Requests counted by the hour, and rows that wait for it."""
    write(folder / "many.xlsx", [{"case_ref": f"Q-{n}", "amount_to_recover": f"{n}.00"} for n in range(1, 9)])
    quota = {"IMPORTER_DISPATCH__PER_HOUR": "6", "IMPORTER_DISPATCH__PER_DAY": "60"}
    imported(folder, sandbox.url, "many.xlsx", "--stop-at-quota", expect=7, **quota)


def restored(folder, sandbox):
    """A ledger restored from a backup that is older than the last import, and used once since."""
    write(folder / "before.xlsx", [{"case_ref": f"B-{n}", "debtor_name": f"Before {n}"} for n in (1, 2)])
    imported(folder, sandbox.url, "before.xlsx", expect=0)
    write(folder / "after.xlsx", [{"case_ref": f"A-{n}", "debtor_name": f"After {n}"} for n in (1, 2)])
    sandbox.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "redirect"}]))
    imported(folder, sandbox.url, "after.xlsx", expect=5)
    sandbox.set_faults(FaultPlan())
    assert run(folder, sandbox.url, "ledger", "backup", "backup.db").wait() == 0
    assert run(folder, sandbox.url, "resume", "-q").wait() == 0
    for old in folder.glob("ledger.db*"):
        old.unlink()
    shutil.move(folder / "backup.db", folder / "ledger.db")
    sandbox.set_faults(FaultPlan.parse([HIDDEN]))
    run(folder, sandbox.url, "resume", "-q").wait()
    sandbox.set_faults(FaultPlan())


def entries(path, condition):
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(f"SELECT id FROM entry WHERE kind = 'case' {condition}").fetchall()
    except sqlite3.OperationalError:  # there is no ledger yet
        return []


def dump(folder, url):
    text = dump_text(folder / "ledger.db").replace(url, "@url@").replace(socket.gethostname(), "host")
    for name, secret in (("@key@", KEY), ("@token@", TOKEN)):
        digest = hashlib.blake2b(f"{url}\n{secret}".encode(), digest_size=12, person=b"importer-cred").hexdigest()
        text = text.replace(digest, name)
    (folder / "ledger.sql").write_text(text, encoding="utf-8")


def dump_text(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return "\n".join(db.iterdump()) + "\n"


def main(root):
    for scenario in (every_state, explained_doubts, used_up_quota, restored, same_rows):
        folder = root / scenario.__name__.replace("_", "-")
        folder.mkdir(parents=True)
        unique = scenario is explained_doubts
        data = folder / "sandbox.jsonl"
        settings = SandboxSettings(api_keys=(KEY,), tokens=(TOKEN,), data_file=data, unique_references=unique)
        with Sandbox(settings) as sandbox:
            scenario(folder, sandbox)
            dump(folder, sandbox.url)
        for sheet in sorted(folder.glob("output/*/errors.xlsx")):
            source = sheet.parent.name.partition("Z-")[2]
            if source in {"first", "held", "waiting", "many"}:
                shutil.copy(sheet, folder / f"errors-of-{source}.xlsx")
        shutil.rmtree(folder / "output", ignore_errors=True)
        for left in [*folder.glob("ledger.db*"), *folder.glob("*.lock")]:
            left.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
