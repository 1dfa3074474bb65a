"""Keys and tokens stay where they are; debtors stay out of the logs."""

from __future__ import annotations

from support.sheets import case, cases, voucher, vouchers, write_csv, write_workbook
from support.workspace import API_KEY, TOKEN

from importer.sandbox import FaultPlan

MISHAPS = ("500_before", "reset_after", "429", "non_json", "no_id", "truncated", "503_html")


def test_no_key_or_token_is_written_or_shown_anywhere(configured_workspace, fake_apis):
    steps = [{"on": on, "sequence": MISHAPS} for on in ("cases", "vouchers")]
    fake_apis.set_faults(FaultPlan.parse({"script": steps, "retry_after": 0.01}))
    configured_workspace.env |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0", "IMPORTER_DISPATCH__TIMEOUT_SECONDS": "5"}
    rows = [*cases(8), case("C9", debtor_country="KP"), case("C10", currency="")]
    write_workbook(configured_workspace.folder / "a.xlsx", rows, [*vouchers(8), voucher("C9"), voucher("C10")])
    said = [
        configured_workspace.call("check", "a.xlsx", "-vv"),
        configured_workspace.call("run", "a.xlsx", "-vv"),
        configured_workspace.call("doctor"),
        configured_workspace.call("config", "show"),
        configured_workspace.run("run", "a.xlsx", "--yes", "-vv", "--json"),
        configured_workspace.run("resume", "-vv"),
        configured_workspace.call("status", "--json"),
        configured_workspace.call("report", "1"),
        configured_workspace.call("run", "a.xlsx", "--yes", env={"IMPORTER_DEBITURA__BASE_URL": "http://127.0.0.1:9"}),
        configured_workspace.call(
            "run", "a.xlsx", "--yes", env={"IMPORTER_DEBITURA__BASE_URL": f"https://{API_KEY}@api.example"}
        ),
        configured_workspace.call("run", "a.xlsx", "--yes", env={"IMPORTER_DISPATCH": f'{{"key": "{API_KEY}"}}'}),
    ]
    assert sum(fake_apis.faulted.values()) >= len(MISHAPS)
    shown = "".join(ended.out + ended.err for ended in said)
    written = configured_workspace.everything_written()
    assert {"ledger.db", "a.xlsx"} <= written.keys()
    for secret in (API_KEY, TOKEN):
        assert secret not in shown
        assert not [name for name, data in written.items() if secret.encode() in data]


def test_no_name_address_or_amount_of_a_debtor_is_in_the_logs(configured_workspace, fake_apis):
    steps = [{"on": on, "sequence": ["500_before", "reset_after", "no_id"]} for on in ("cases", "vouchers")]
    fake_apis.set_faults(FaultPlan.parse({"script": steps}))
    configured_workspace.env |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    rows = [case("C1", "7391.57"), case("C2", "7391.58", debtor_country="KP"), case("C3", "7391.591")]
    write_workbook(configured_workspace.folder / "a.xlsx", rows, [voucher("C1", "7391.57"), voucher("C2", "7391.58")])
    said = [
        configured_workspace.run("run", "a.xlsx", "--yes", "-vv"),
        configured_workspace.run("resume", "-vv"),
        configured_workspace.run("resume", "-vv"),
    ]
    logs = "".join(ended.err for ended in said).casefold()
    assert logs.count("event='attempt'") >= 4
    for told in ("zebrahest", "bodil", "7391", "739157", "nordlys", "inv-c1"):
        assert told not in logs


def test_a_bug_is_reported_without_anybodys_data(workspace):
    """A mistake in the code itself (here: the reporter's) ends as one message that names lines, not values."""
    write_csv(workspace.folder / "a.csv", cases(1))
    (workspace.folder / "sitecustomize.py").write_text(
        "import importer.reporter.sheets as w\n"
        "def broken(*a, **k):\n"
        "    raise RuntimeError('Bodil Zebrahest owes 7391.57')\n"
        "w.write_sheets = broken\n",
        encoding="utf-8",
    )
    import os

    path = os.pathsep.join(filter(None, (str(workspace.folder), os.environ.get("PYTHONPATH"))))
    ended = workspace.run("check", "a.csv", env={"PYTHONPATH": path})
    assert ended.code == 1
    assert "This is a bug in the importer: RuntimeError at sitecustomize.py:3 broken" in ended.err
    assert "Zebrahest" not in ended.err
    assert "Traceback" not in ended.err
