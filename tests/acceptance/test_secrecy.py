"""Keys and tokens stay where they are; debtors stay out of the logs."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import zipfile
from uuid import uuid4

import pytest
from support.fault_proxy import Reply
from support.processes import NEW_INTERPRETERS
from support.sheets import case, cases, read_sheet, voucher, vouchers, write_csv, write_workbook
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


def spellings(secret: str) -> list[str]:
    """A credential as servers may repeat it."""
    coded = base64.b64encode(f"user:{secret}".encode()).decode()
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in secret)
    return [secret, secret.upper(), "".join(f"%{ord(letter):02X}" for letter in secret), coded, escaped, secret.encode().hex()]


ECHO = " and ".join(text for secret in (API_KEY, TOKEN) for text in spellings(secret))
REFUSALS = (
    {"businessErrors": [{"type": f"Odd{API_KEY}", "message": ECHO, "solutionUrl": f"https://x.example/?key={API_KEY}"}]},
    {"signingHandoff": {"combinedSigningUrl": f"https://x.example/{TOKEN}"}, "businessErrors": [{"type": "CreditorBlocked"}]},
    {"errors": {ECHO: [ECHO], "debtor.email": [ECHO]}},
    {"detail": ECHO},
    {"error": ECHO},
)
ACCEPTED = {
    "id": "5b1c2d3e-0000-4000-8000-000000000001",
    "reference": API_KEY,
    "lifecycle": ECHO,
    "validation": {"needsInfo": [ECHO]},
    "collectionPartner": {"name": ECHO},
    "signingHandoff": {"combinedSigningUrl": f"https://x.example/{TOKEN}"},
}


def holds_no_secret(workspace, *said) -> None:
    shown = "".join(ended.out + ended.err for ended in said).lower()
    written = {name: texts_of(name, data) for name, data in workspace.everything_written().items()}
    for secret in (API_KEY, TOKEN):
        for text in (*spellings(secret)[:4], secret.encode().hex()):
            assert text.lower() not in shown
            assert not [name for name, data in written.items() if text.lower().encode() in data]


def texts_of(name: str, data: bytes) -> bytes:
    """The bytes of a file, unpacked if they are packed, in small letters."""
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(map(archive.read, archive.namelist()))
    return data.lower()


@pytest.mark.parametrize("body", REFUSALS)
def test_a_server_that_repeats_a_credential_in_a_refusal(workspace, fault_proxy, body):
    fault_proxy.hook = lambda seen: Reply(422, json.dumps(body).encode()) if seen.is_case or seen.is_voucher else None
    write_workbook(workspace.folder / "a.xlsx", cases(1), [voucher("C1", case_id="X")])
    ended = workspace.call("run", "a.xlsx", "--yes", "-vv")
    assert ended.code == 3
    holds_no_secret(workspace, ended, workspace.call("status"), workspace.call("report", "1"))
    (row,) = read_sheet(workspace.reports()[0] / "errors.xlsx", "Cases")
    assert "***" in row["#errors"]


def test_a_server_that_repeats_a_credential_in_an_answer(workspace, fault_proxy):
    answer = Reply(200, json.dumps({**ACCEPTED, "caseVoucherId": str(uuid4())}).encode())
    none_yet = Reply(200, b"[]")
    fault_proxy.hook = lambda seen: answer if seen.method == "POST" else none_yet if "case-vouchers" in seen.path else None
    write_workbook(workspace.folder / "a.xlsx", cases(1), vouchers(1))
    ended = workspace.call("run", "a.xlsx", "--yes", "-vv")
    assert ended.code == 0
    holds_no_secret(workspace, ended, workspace.call("report", "1"))
    (row,) = read_sheet(workspace.reports()[0] / "success.xlsx", "Cases")
    assert "***" in row["#lifecycle"]


def test_an_id_that_holds_a_credential_is_none(workspace, fault_proxy):
    fault_proxy.hook = lambda seen: Reply(200, json.dumps({"id": f"7-{API_KEY}"}).encode()) if seen.is_case else None
    write_csv(workspace.folder / "a.csv", cases(1))
    ended = workspace.call("run", "a.csv", "--yes", "-vv")
    assert ended.code == 6
    assert workspace.ledger("SELECT state, remote_id FROM entry") == [("in_doubt", None)]
    holds_no_secret(workspace, ended)


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_a_server_that_repeats_a_credential_about_the_account(workspace, fault_proxy, status):
    body = json.dumps({"id": API_KEY, "message": ECHO, "title": ECHO}).encode()
    fault_proxy.hook = lambda seen: Reply(status, body) if seen.path == "/me" else None
    write_csv(workspace.folder / "a.csv", cases(1))
    said = [workspace.call("doctor"), workspace.call("run", "a.csv", "--yes", "-vv")]
    assert [ended.code for ended in said] == [5, 5]
    holds_no_secret(workspace, *said)


@pytest.mark.parametrize(
    "url", ["postgresql://user:{}@db.example/x", "sqlite://user:{}@/ledger.db", "postgresql://db.example/x?password={}"]
)
@pytest.mark.parametrize("password", ["hunter2/with@signs", "hunter2:with:colons", "hunter2"])
def test_the_password_of_a_ledger_is_shown_nowhere(configured_workspace, url, password):
    configured_workspace.env |= {"IMPORTER_LEDGER__URL": url.format(password)}
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    for command in (("doctor",), ("config", "show"), ("status",), ("run", "a.csv", "--yes"), ("resume",), ("report", "1")):
        ended = configured_workspace.call(*command)
        assert ended.code == (0 if command[0] == "config" else 2), ended
        assert "hunter2" not in ended.out + ended.err
        assert "with" not in (ended.out + ended.err).partition("url = ")[2].partition("\n")[0]


@pytest.mark.parametrize("bad", [f"{API_KEY}\n", f"{API_KEY}\r\nX-Admin: yes", f"{API_KEY}æ", "\u200bкод", " "])
def test_a_credential_that_no_header_can_carry_is_named(configured_workspace, fake_apis, bad):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1), vouchers(1))
    for name, sheet in (("IMPORTER_DEBITURA__API_KEY", "a.xlsx"), ("IMPORTER_DEBBIE__TOKEN", "a.xlsx")):
        said = [configured_workspace.call(*command, env={name: bad}) for command in (("run", sheet, "--yes"), ("doctor",))]
        for ended in said:
            assert ended.code == 2
            assert f"{name}, from the environment or the keyring, " in ended.out + ended.err
            assert "Traceback" not in ended.err
        assert API_KEY not in "".join(ended.out + ended.err for ended in said)
    assert configured_workspace.ledger("SELECT id FROM batch") == []
    assert not fake_apis.cases


def test_a_bad_token_does_not_stop_cases_alone(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--yes", env={"IMPORTER_DEBBIE__TOKEN": "a\nb"}).code == 0
    assert len(fake_apis.cases) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_what_holds_debtors_data_can_be_read_by_its_owner_alone(configured_workspace):
    before = os.umask(0o022)
    try:
        write_csv(configured_workspace.folder / "a.csv", cases(1))
        assert configured_workspace.call("run", "a.csv", "--yes").code == 0
        assert configured_workspace.call("ledger", "backup", "copy.db").code == 0
        assert configured_workspace.call("map", "a.csv", "--yes", "--profile", "ours").code in {0, 2}
    finally:
        os.umask(before)
    modes = {
        path.relative_to(configured_workspace.folder).as_posix(): path.stat().st_mode & 0o777
        for path in configured_workspace.folder.rglob("*")
        if path.is_file() and path.name != "a.csv"
    }
    assert {"ledger.db", "copy.db"} <= modes.keys()
    assert set(modes.values()) == {0o600}, modes


DEBTORS = ("zebrahest", "bodil", "7391", "739157", "nordlys")


def mishaps(workspace, fake_apis):
    """A sheet with odd amounts, and a server that loses answers to it."""
    steps = [{"on": on, "sequence": ["500_before", "reset_after", "no_id"]} for on in ("cases", "vouchers")]
    fake_apis.set_faults(FaultPlan.parse({"script": steps}))
    workspace.env |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    rows = [case("C1", "7391.57"), case("C2", "7391.58", debtor_country="KP"), case("C3", "7391.591")]
    write_workbook(workspace.folder / "a.xlsx", rows, [voucher("C1", "7391.57"), voucher("C2", "7391.58")])


def everything_logged(workspace, *options):
    """What commands write on stderr, and into the file of their logs."""
    commands = (("check", "a.xlsx"), ("run", "a.xlsx", "--yes"), ("resume",), ("resume",), ("report", "1"))
    said = "".join(workspace.call(*command, "--log-file", "import.log", *options).err for command in commands)
    return said.casefold(), (workspace.folder / "import.log").read_text(encoding="utf-8").casefold()


def test_no_name_address_or_amount_of_a_debtor_is_in_the_logs(configured_workspace, fake_apis):
    mishaps(configured_workspace, fake_apis)
    for told in everything_logged(configured_workspace, "-vv"):
        assert told.count(" attempt: ") >= 2
        assert "a.xlsx row 2, inv-c1" in told or "a.xlsx row 2, c1" in told
        assert not [one for one in DEBTORS if one in told]


@pytest.mark.parametrize("options", [("-v",), ("-vv", "--log-format", "json")], ids=" ".join)
def test_no_reference_is_in_the_logs_that_are_kept(configured_workspace, fake_apis, options):
    mishaps(configured_workspace, fake_apis)
    for told in everything_logged(configured_workspace, *options):
        assert "a.xlsx read" in told
        assert not [one for one in (*DEBTORS, "inv-c1", "c1)", ", c1") if one in told]
        lines = [line for line in told.splitlines() if line.startswith("{")]
        assert all(json.loads(line)["message"] for line in lines)
        assert ("json" in options) is bool(lines)


def test_a_bug_is_reported_without_anybodys_data(workspace, monkeypatch):
    """A mistake in the code itself (here: the reporter's) ends as one message that names lines, not values."""
    monkeypatch.setenv(NEW_INTERPRETERS, "1")  # only a new one reads sitecustomize.py
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
