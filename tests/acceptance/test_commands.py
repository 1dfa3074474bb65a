"""Every command as somebody types it: what it prints, where, and what it leaves alone."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.paths import ROOT
from support.sheets import case, cases, read_sheet, voucher, vouchers, write_csv, write_workbook
from support.workspace import API_KEY, STATES, TENANT, TOKEN, settings_for

from importer.sandbox import FaultPlan, Sandbox


@pytest.mark.parametrize("flags", [(), ("--yes",), ("-y",)])
def test_resume_asks_nothing_with_and_without_yes(configured_workspace, fake_apis, flags):
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "kind": "401_from", "nth": 1, "times": 1}]))
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 5
    fake_apis.set_faults(FaultPlan())
    assert configured_workspace.call("resume", *flags).code == 0
    assert len(fake_apis.cases) == 1


def test_a_second_run_of_the_same_file_sends_nothing_and_says_so(workspace):
    write_workbook(workspace.folder / "march.xlsx", cases(3), vouchers(2))
    first = workspace.run("run", "march.xlsx", "--sandbox")
    assert (first.code, first.err) == (0, "")
    assert re.search(r"Cases +3 .*\n +accepted +3 .*\n +Vouchers +2 .*\n +accepted +2 .*\n +balanced", first.out)
    data = workspace.folder / "ledger.sandbox.jsonl"
    before = data.read_bytes()
    assert before.count(b'"case":') == 5  # three cases, and two vouchers that name theirs

    second = workspace.run("run", "march.xlsx", "--sandbox")
    assert (second.code, second.err) == (0, "")
    assert re.search(r"Cases +3 .*\n +already imported +3 .*\n +Vouchers +2 .*\n +already imported +2 ", second.out)
    assert data.read_bytes() == before


def test_the_sandbox_is_kept_apart_from_production(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--sandbox").code == 0
    assert not fake_apis.cases
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    assert len(fake_apis.cases) == 1
    assert (
        configured_workspace.ledger(STATES)
        == configured_workspace.ledger(STATES, "ledger.sandbox.db")
        == [("case", "accepted", 1)]
    )


@pytest.mark.parametrize("command", [("check",), ("run", "--dry-run")], ids=["check", "dry-run"])
def test_looking_first_leaves_no_trace_and_says_what_would_happen(configured_workspace, fake_apis, command):
    write_workbook(configured_workspace.folder / "a.xlsx", [*cases(2), case("C3", currency="XXQ")], vouchers(2))
    looked = configured_workspace.run(*command, "a.xlsx")
    assert (looked.code, looked.err) == (3, "")
    assert re.search(r"Cases +3 .*\n +ready to send +2 .*\n +rejected +1 .*\n +Vouchers +2 .*\n +ready to send +2 ", looked.out)
    assert fake_apis.requests == {}
    assert not [path for path in configured_workspace.folder.iterdir() if path.name.startswith("ledger")]
    (folder,) = configured_workspace.reports()
    assert [row["case_ref"] for row in read_sheet(folder / "errors.xlsx", "Cases")] == ["C3"]
    assert [row["#status"] for row in read_sheet(folder / "success.xlsx", "Cases")] == ["ready to send"] * 2


def test_check_knows_what_was_imported_before(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    write_csv(configured_workspace.folder / "b.csv", cases(3))
    entries, asked = configured_workspace.ledger("SELECT * FROM entry"), fake_apis.requests
    (summary,) = configured_workspace.call("check", "b.csv", "--json").json()
    counts = summary["counts"]["cases"]
    assert (counts["already_imported"], counts["pending"]) == (2, 1)
    assert configured_workspace.ledger("SELECT * FROM entry") == entries
    assert fake_apis.requests == asked


def test_json_alone_stands_on_stdout_and_equals_the_file(workspace):
    write_workbook(workspace.folder / "a.xlsx", [*cases(2), case("C3", date="soon")], vouchers(1))
    ended = workspace.run("run", "a.xlsx", "--sandbox", "--json")
    assert ended.code == 3
    (summary,) = ended.json()
    assert summary == json.loads((workspace.reports()[0] / "summary.json").read_text(encoding="utf-8"))
    assert summary["balanced"] is True
    assert summary["exit_code"] == 3
    assert summary["source"]["name"] == "a.xlsx"
    assert summary["counts"]["cases"] == {
        **dict.fromkeys(("already_imported", "left_out", "repeated", "refused", "questioned", "blocked"), 0),
        **dict.fromkeys(("changed", "withdrawn", "in_doubt", "held", "pending"), 0),
        "rows": 3,
        "accepted": 2,
        "rejected": 1,
    }
    assert summary["totals"]["vouchers"]["DKK"]["accepted"] == "100.01"


def test_test_cases_are_test_cases_on_the_wire_and_do_not_count_as_imported(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1), vouchers(1))
    assert configured_workspace.call("run", "a.xlsx", "--yes", "--test-cases").code == 0
    assert [c["isTest"] for c in fake_apis.cases] == [True]
    real = configured_workspace.call("run", "a.xlsx", "--yes")
    assert real.code == 0
    assert "already imported" not in real.out
    assert [c["isTest"] for c in fake_apis.cases] == [True, False]
    assert len({v["uniqueId"] for v in fake_apis.vouchers}) == len(fake_apis.vouchers) == 2
    again = configured_workspace.call("run", "a.xlsx", "--yes")
    assert "already imported" in again.out
    assert len(fake_apis.cases) == 2


def test_status_and_a_rebuilt_report_say_the_same_as_the_run(configured_workspace):
    write_workbook(configured_workspace.folder / "a.xlsx", [*cases(3), case("C4", debtor_country="Atlantis")], vouchers(3))
    run = configured_workspace.run("run", "a.xlsx", "--yes")
    (written,) = configured_workspace.reports()
    assert configured_workspace.run("status").out.splitlines()[1].endswith("a.xlsx: 6 of 7 done; 1 rejected")
    (state,) = configured_workspace.run("status", "--json").json()["batches"]
    summary = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    assert state == summary

    rebuilt = configured_workspace.run("report", "1", "--output", "rebuilt")
    assert rebuilt.code == run.code == 3
    again = configured_workspace.folder / "rebuilt" / written.name
    assert rebuilt.out.replace("rebuilt/", "output/") == run.out
    assert json.loads((again / "summary.json").read_text(encoding="utf-8")) == summary
    for name, sheets in (("errors.xlsx", ("Cases", "Summary")), ("success.xlsx", ("Cases", "Vouchers"))):
        assert load_workbook(written / name).sheetnames == list(sheets)
        for sheet in sheets:
            assert read_sheet(again / name, sheet) == read_sheet(written / name, sheet)


def test_status_and_report_without_a_ledger_or_batch(workspace):
    assert [workspace.call(*c).code for c in (("status",), ("report", "1"))] == [2, 2]
    assert not list(workspace.folder.iterdir())
    write_csv(workspace.folder / "a.csv", cases(1))
    assert workspace.call("run", "a.csv", "--sandbox").code == 0
    missing = workspace.call("report", "7", "--sandbox")
    assert missing.code == 2
    assert "no batch 7" in missing.err


def test_resume_without_anything_to_do(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    nothing = configured_workspace.call("resume")
    assert (nothing.code, nothing.out) == (0, "Nothing is unfinished.\n")


@pytest.mark.parametrize(
    "command",
    [("resume",), ("status",), ("report", "1"), ("resolve", "C1-3f9a2b", "--absent"), ("ledger", "trust")],
    ids=" ".join,
)
def test_a_mistyped_ledger_is_said_and_not_made(configured_workspace, command):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    before = configured_workspace.everything_written()
    ended = configured_workspace.call(*command, env={"IMPORTER_LEDGER__URL": "sqlite:///legder.db"})
    assert (ended.code, ended.out) == (2, "")
    assert "There is no ledger" in ended.err
    assert "legder.db" in ended.err
    assert configured_workspace.everything_written() == before


def test_doctor_leaves_no_ledger_and_no_folder(configured_workspace):
    told = configured_workspace.call("doctor", env={"IMPORTER_LEDGER__URL": "sqlite:///books/2026/ledger.db"})
    assert told.code == 0
    assert "the ledger does not exist yet: the first import creates" in told.out
    assert not configured_workspace.everything_written()
    assert not list(configured_workspace.folder.iterdir())


def test_looking_at_the_sandbox_does_not_start_it(workspace):
    """A sandbox run holds the sandbox's data; looking on must neither fail nor wait."""
    from importer.sandbox import Sandbox, SandboxSettings

    write_csv(workspace.folder / "a.csv", cases(1))
    assert workspace.call("run", "a.csv", "--sandbox").code == 0
    with Sandbox(SandboxSettings(data_file=workspace.folder / "ledger.sandbox.jsonl")):
        assert workspace.call("run", "a.csv", "--sandbox").code == 2  # the data are in use
        looks = ("status",), ("report", "1"), ("check", "a.csv"), ("run", "a.csv", "--dry-run"), ("ledger", "backup", "b.db")
        assert [workspace.call(*command, "--sandbox").code for command in looks] == [0] * 5


def test_status_says_which_rejects_were_corrected_later(configured_workspace):
    wrong = [case("C1"), case("C2", debtor_country="Atlantis"), case("C3", debtor_country="Narnia"), case("C1", "7.00")]
    write_csv(configured_workspace.folder / "a.csv", wrong)
    assert configured_workspace.call("run", "a.csv", "--yes").code == 3
    assert "a.csv: 0 of 4 done; 4 rejected\n" in configured_workspace.call("status").out
    write_csv(configured_workspace.folder / "b.csv", [case("C1"), case("C2")])
    assert configured_workspace.call("run", "b.csv", "--yes").code == 0
    assert "a.csv: 0 of 4 done; 4 rejected (2 corrected later)\n" in configured_workspace.call("status").out
    said = configured_workspace.call("report", "1").out
    assert "2 of the rejected and blocked ones were corrected by a later import" in said
    (folder,) = {path.parent for path in configured_workspace.folder.glob("output/*-a/errors.xlsx")}
    assert [row["#row"] for row in read_sheet(folder / "errors.xlsx")] == [2, 4, 5]  # one of the two C1, nobody knows which
    (left,) = read_sheet(folder / "left-out.xlsx")
    assert (left["#row"], left["#status"]) == (3, "corrected later")
    assert left["#errors"].startswith("Corrected in batch 2 (b.csv, row 3). ")


WRONG = {"debtor_country": "Atlantis"}
CORRECTED_LATER = {
    "contradicting rows of a test of which one is imported afterwards": (
        [case("C1"), case("C1", "7.00")],
        ["--test-cases"],
        [case("C1")],
        [],
        1,
    ),
    "contradicting rows of which one was corrected": (
        [case("C1", debtor_country="KP"), case("C1", "7.00")],
        [],
        [case("C1")],
        [],
        1,
    ),
    "a wrong row beside a valid one": ([case("C1"), case("C1", **WRONG)], ["--test-cases"], [case("C1")], [], 0),
    "two wrong rows of which one was corrected": ([case("C1", **WRONG), case("C1", "7.00", **WRONG)], [], [case("C1")], [], 1),
    "a wrong row that is a test case afterwards": ([case("C1", **WRONG)], [], [case("C1")], ["--test-cases"], 0),
    "a wrong row of a test that is imported afterwards": ([case("C1", **WRONG)], ["--test-cases"], [case("C1")], [], 1),
}


@pytest.mark.parametrize(("first", "options", "second", "more", "count"), CORRECTED_LATER.values(), ids=CORRECTED_LATER)
def test_only_what_was_corrected_counts_as_corrected_later(configured_workspace, first, options, second, more, count):
    write_csv(configured_workspace.folder / "a.csv", first)
    assert configured_workspace.call("run", "a.csv", "--yes", *options).code == 3
    write_csv(configured_workspace.folder / "b.csv", second)
    assert configured_workspace.call("run", "b.csv", "--yes", *more).code == 0
    shown = configured_workspace.call("status").out.splitlines()[2]
    assert (" a.csv: " in shown, f"({count} corrected later)" in shown, "corrected" in shown) == (True, count > 0, count > 0)


def test_vouchers_that_were_corrected_later_are_counted_by_their_unique_id(configured_workspace):
    twice = [voucher("C1"), voucher("C1", "many"), voucher("C2", "many")]
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), twice)
    assert configured_workspace.call("run", "a.xlsx", "--yes", "--test-cases").code == 3
    write_workbook(configured_workspace.folder / "b.xlsx", cases(2), vouchers(2))
    assert configured_workspace.call("run", "b.xlsx", "--yes").code == 0
    assert "a.xlsx: 3 of 5 done; 2 rejected (1 corrected later)" in configured_workspace.call("status").out


def test_the_rows_of_one_case_in_a_flat_sheet_are_all_corrected_with_it(configured_workspace):
    invoice = {"voucher_type": "invoice", "voucher_source": "CREDITOR"}
    rows = [case("C1", **WRONG) | invoice | {"voucher_amount": amount} for amount in ("1.00", "2.00")]
    write_csv(configured_workspace.folder / "a.csv", rows)
    assert configured_workspace.call("run", "a.csv", "--yes").code == 3
    write_csv(configured_workspace.folder / "b.csv", [row | {"debtor_country": "DK"} for row in rows])
    assert configured_workspace.call("run", "b.csv", "--yes").code == 0
    assert "2 rejected, 2 blocked (2 corrected later)" in configured_workspace.call("status").out


def test_the_report_says_what_to_do_next(configured_workspace, fake_apis):
    write_csv(
        configured_workspace.folder / "a.csv", [case("C1"), case("C2", debtor_country="Denmrak"), case("C3", debtor_country="KP")]
    )
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert "  next: 1 refused: correct them in errors.xlsx and import that file" in ended.out
    assert "  next: 1 rejected: correct them in errors.xlsx and import that file" in ended.out
    assert "Denmrak → Denmark? (1)" in ended.out
    fake_apis.stop()
    write_csv(configured_workspace.folder / "b.csv", [case("C4")])
    waits = configured_workspace.call("run", "b.csv", "--yes")
    assert waits.code == 5
    assert "  next: 1 not sent yet: `importer resume` sends them" in waits.out


def test_output_goes_where_it_is_told(workspace):
    write_csv(workspace.folder / "a.csv", cases(1))
    assert workspace.call("run", "a.csv", "--sandbox", "--output", "elsewhere").code == 0
    assert not workspace.reports()
    (summary,) = (workspace.folder / "elsewhere").glob("*-a/summary.json")
    assert (workspace.folder / "elsewhere" / "latest").resolve() == summary.parent


def test_a_profile_maps_the_columns(workspace):
    (workspace.folder / "profiles").mkdir()
    (workspace.folder / "profiles" / "erp.toml").write_text(
        'decimal = ","\ndate_format = "DD.MM.YYYY"\n'
        '[columns]\n"Fakturanr." = "creditor_reference"\nKunde = "debtor_name"\nDato = "date"\nRest = "amount_to_recover"\n'
        '[constants]\ncreditor_company_name = "Nordlys A/S"\ncreditor_country = "DK"\ncurrency = "DKK"\n'
        'debtor_type = "Person"\ndebtor_country = "DK"\n',
        encoding="utf-8",
    )
    write_csv(workspace.folder / "a.csv", [{"Fakturanr.": "F1", "Kunde": "Ida Holm", "Dato": "31.01.2026", "Rest": "1.234,50"}])
    ended = workspace.call("run", "a.csv", "--sandbox", "--profile", "erp")
    assert ended.code == 0, ended.err
    assert '"amountToRecover\\":1234.5' in (workspace.folder / "ledger.sandbox.jsonl").read_text(encoding="utf-8")
    unknown = workspace.call("run", "a.csv", "--sandbox", "--profile", "epr")
    assert unknown.code == 2
    assert "Profiles here: erp." in unknown.err


def test_template_writes_what_run_can_read(workspace):
    told = workspace.run("template", "fresh")
    assert told.code == 0
    written = sorted(Path(line).name for line in told.out.splitlines())
    assert written == [
        *("cases-and-vouchers.xlsx", "example.xlsx", "flat.csv"),
        *("invoice-list.csv", "invoice-list.toml"),
    ]
    assert load_workbook(workspace.folder / "fresh" / "cases-and-vouchers.xlsx").sheetnames[:2] == ["Cases", "Vouchers"]
    example = workspace.call("run", "fresh/example.xlsx", "--sandbox", "--json")
    assert example.code == 3  # it holds rows that are wrong in ways that people get wrong
    (summary,) = example.json()
    assert summary["balanced"]
    assert summary["counts"]["cases"]["accepted"] > 40


def test_doctor_names_every_missing_setting(configured_workspace, fake_apis):
    for name, why in (
        ("IMPORTER_DEBITURA__API_KEY", "without it no case can be sent"),
        ("IMPORTER_DEBBIE__TOKEN", "without it no voucher can be sent"),
        ("IMPORTER_DEBBIE__TENANT_ID", "without it no voucher can be sent"),
    ):
        found = configured_workspace.call("doctor", env={name: ""})
        assert found.code == 2
        assert f"FAIL  {name} is missing: {why}" in found.out
        assert len([line for line in found.out.splitlines() if line.startswith("FAIL")]) == 1
    assert not fake_apis.cases


def test_doctor_finds_nothing_wrong_when_nothing_is(configured_workspace, fake_apis):
    well = configured_workspace.run("doctor")
    assert (well.code, well.err) == (0, "")
    assert {line[:6] for line in well.out.splitlines()} == {"ok    "}
    assert f"Debitura answers at {fake_apis.url}" in well.out
    assert f"Debbie answers at {fake_apis.url}" in well.out
    assert configured_workspace.call("doctor", "--sandbox").code == 0


def test_doctor_tells_a_wrong_key_from_a_wrong_token_and_from_an_api_that_is_down(configured_workspace, fake_apis):
    wrong_key = configured_workspace.call("doctor", env={"IMPORTER_DEBITURA__API_KEY": "mistyped-key"})
    assert wrong_key.code == 5
    assert "FAIL  Debitura refuses the credentials (HTTP 401)" in wrong_key.out
    assert "ok    Debbie answers" in wrong_key.out
    assert "mistyped-key" not in wrong_key.out + wrong_key.err
    wrong_token = configured_workspace.call("doctor", env={"IMPORTER_DEBBIE__TOKEN": "mistyped-token"})
    assert wrong_token.code == 5
    assert "FAIL  Debbie refuses the credentials (HTTP 401)" in wrong_token.out
    fake_apis.stop()
    down = configured_workspace.run("doctor")
    assert down.code == 5
    failed = [line for line in down.out.splitlines() if line.startswith("FAIL")]
    assert [line.split()[1] for line in failed if "does not answer (" in line] == ["Debitura", "Debbie"]
    assert all(line.endswith("Check the network and its base_url; `importer doctor` tests both.") for line in failed)


def test_an_api_that_is_down_is_reported_in_sentences_and_not_in_log_lines(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", [case("C1")])
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "kind": "reset_before"}]))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 6
    entry = read_sheet(configured_workspace.reports()[0] / "errors.xlsx", "a.csv")[0]["#entry"]
    fake_apis.stop()
    for command in (("doctor",), ("resolve", entry, "--absent"), ("resume",)):
        ended = configured_workspace.run(*command)
        assert ended.code in {5, 6}, ended
        assert "Debitura does not answer" in ended.out + ended.err
        assert "retry_scheduled" not in ended.out + ended.err


def test_doctor_finds_a_ledger_that_cannot_be_written(configured_workspace):
    (configured_workspace.folder / "ledger.db").write_text("this is a letter\n" * 100, encoding="utf-8")
    missing = configured_workspace.call("doctor", env={"IMPORTER_LEDGER__URL": "sqlite:///ledger.db/there.db"})
    assert missing.code == 2
    assert "the ledger ledger.db/there.db cannot be created" in missing.out
    damaged = configured_workspace.call("doctor")
    assert damaged.code == 2
    assert "not a database" in damaged.out


def test_config_show_tells_everything_but_secrets(configured_workspace):
    (configured_workspace.folder / "importer.toml").write_text(
        '[dispatch]\nconcurrency = 3\n[defaults]\ncurrency = "SEK"\n', encoding="utf-8"
    )
    shown = configured_workspace.run("config", "show", env={"IMPORTER_DEBBIE__TOKEN": ""})
    assert shown.code == 0
    for line in (
        "concurrency = 3",
        'currency = "SEK"',
        f'tenant_id = "{TENANT}"',
        "# debitura.api_key: set, from the environment",
        "# debbie.token: missing",
    ):
        assert line in shown.out.splitlines()
    assert API_KEY not in shown.out
    assert TOKEN not in shown.out


def test_version_and_help(workspace):
    assert workspace.run("--version").out == f"importer {version('collection-importer')}\n"
    assert "Usage: " in workspace.run("run", "--help").out


def test_a_live_run_without_a_terminal_needs_yes(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), vouchers(1))
    asked = configured_workspace.run("run", "a.xlsx")
    assert (asked.code, asked.out) == (2, "")
    assert f"Send 2 cases (DKK 200.03) and 1 vouchers (DKK 100.01) to {fake_apis.url}?" in asked.err
    assert "--yes" in asked.err
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT id FROM batch") == configured_workspace.ledger("SELECT id FROM entry") == []
    again = configured_workspace.call("run", "a.xlsx", "--yes")
    assert "already imported" not in again.out
    assert again.code == 0
    assert configured_workspace.call("run", "a.xlsx").code == 0  # there is nothing to ask about: nothing would be sent


def test_the_question_counts_what_two_files_share_once(configured_workspace):
    for name in ("a.csv", "b.csv"):
        write_csv(configured_workspace.folder / name, cases(2))
    assert "Send 2 cases (DKK 200.03) to" in configured_workspace.call("run", "a.csv", "b.csv").err


def test_a_terminal_that_cannot_show_a_letter_does_not_fail_the_run(configured_workspace, fake_apis):
    """As on Windows, where redirected output is in the system's code page."""
    write_csv(configured_workspace.folder / "Łódź.csv", cases(1))
    ended = configured_workspace.run("run", "Łódź.csv", "--yes", env={"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"})
    assert len(fake_apis.cases) == 1
    assert ended.code == 0
    assert "accepted" in ended.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("run", "--nonsense"),
        ("frobnicate",),
        ("report", "abc"),
        ("sandbox", "--port", "99999"),
        ("sandbox", "--faults", "{nonsense"),
        ("run", "a.csv", "--config", "missing.toml"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_message_and_exit_code_2(workspace, arguments):
    wrong = workspace.run(*arguments)
    assert wrong.code == 2
    assert wrong.out == ""
    assert wrong.err.strip()
    assert "Traceback" not in wrong.err
    assert not list(workspace.folder.iterdir())


def test_quiet_says_nothing_but_results(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    quiet = configured_workspace.run("run", "a.csv", "--yes", "-q")
    assert quiet.code == 0
    assert quiet.err == ""
    assert "accepted" in quiet.out


def test_logs_go_to_stderr_and_tell_every_attempt(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    loud = configured_workspace.run("run", "a.csv", "--yes", "-vv")
    assert loud.err.count(" attempt: case ") == 2
    assert "attempt" not in loud.out


def test_the_sandbox_as_a_command_of_its_own(workspace):
    process = workspace.start("sandbox", "--port", "0", "--data", "world.jsonl", env={"PYTHONUNBUFFERED": "1"})
    try:
        first = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", first)[0]
        lines = [process.stdout.readline().strip() for _ in range(5)]
        assert all(line.startswith("export ") for line in lines)  # they can be pasted into a shell
        told = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        assert told.keys() == settings_for("").keys() - {"IMPORTER_DISPATCH__BACKOFF_SECONDS"}
        write_workbook(workspace.folder / "a.xlsx", cases(2), vouchers(2))
        ended = workspace.run("run", "a.xlsx", "--yes", env=told)
        assert ended.code == 0, ended.err
        assert told["IMPORTER_DEBITURA__BASE_URL"] == url
    finally:
        process.terminate()
        stopped = workspace.finish(process)
    assert stopped.code == 0
    assert (workspace.folder / "world.jsonl").read_bytes().count(b"\n") == 1 + 4


def test_the_example_in_the_repository_runs_as_the_readme_says(workspace):
    first = workspace.run("run", ROOT / "templates" / "example.xlsx", "--sandbox")
    assert first.code == 3
    assert "balanced: every row is accounted for" in first.out
    data = (workspace.folder / "ledger.sandbox.jsonl").read_bytes()
    second = workspace.run("run", ROOT / "templates" / "example.xlsx", "--sandbox", "--json")
    assert second.code == 3
    (summary,) = second.json()
    assert summary["counts"]["cases"]["accepted"] == summary["counts"]["vouchers"]["accepted"] == 0
    assert summary["counts"]["cases"]["already_imported"] > 40
    assert (workspace.folder / "ledger.sandbox.jsonl").read_bytes() == data


def test_the_console_script_is_the_same_command():
    from importlib.metadata import entry_points

    from importer.cli.main import main

    (script,) = entry_points(group="console_scripts", name="importer")
    assert script.load() is main


def test_a_voucher_alone_for_an_existing_case(configured_workspace, fake_apis: Sandbox):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    known = fake_apis.cases[0]["id"]
    rows = [
        {key: value for key, value in voucher("x", case_id=known).items() if key != "case_ref"},
        {key: value for key, value in voucher("y", case_id="00000000-0000-4000-8000-000000000000").items() if key != "case_ref"},
    ]
    write_csv(configured_workspace.folder / "v.csv", rows)
    ended = configured_workspace.call("run", "v.csv", "--yes")
    assert ended.code == 3
    assert [v["caseId"] for v in fake_apis.vouchers] == [known]
    assert "The voucher's case does not exist in Debbie" in ended.out
