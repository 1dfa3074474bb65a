"""The importer from Python: the same as the command, from files and from DataFrames."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import date

import openpyxl
import pandas as pd
import pytest
import structlog
from support.fault_proxy import Drop
from support.sheets import case, cases, read_sheet, vouchers, write_csv, write_workbook
from support.workspace import STATES

import importer
from importer.errors import ExitCode, FileRefused, SettingsError, UsageError
from importer.loader.profile import Profile
from importer.sandbox import Sandbox, SandboxSettings


@pytest.fixture(autouse=True)
def plain_logs():
    yield
    structlog.reset_defaults()


def frames():
    return pd.DataFrame([*cases(3), case("C4", currency="XXQ")]), pd.DataFrame(vouchers(3))


def test_dataframes_do_what_the_command_does(workspace, monkeypatch):
    monkeypatch.chdir(workspace.folder)
    rows, lines = frames()
    by_python = importer.run(rows, vouchers=lines, sandbox=True, output="python")
    data = workspace.folder / "ledger.sandbox.jsonl"
    sent = bodies(data)
    (workspace.folder / "ledger.sandbox.db").unlink()
    data.unlink()

    write_workbook(workspace.folder / "a.xlsx", rows.to_dict("records"), lines.to_dict("records"))
    by_command = workspace.call("run", "a.xlsx", "--sandbox", "--json")
    assert by_command.code == by_python.exit_code == ExitCode.ROWS_LEFT
    summary, (same,) = by_python.reports[0].summary.as_json(), by_command.json()
    for key in ("counts", "totals", "balanced", "exit_code", "account"):
        assert summary[key] == same[key]
    assert bodies(data) == sent
    assert len(sent) == 6
    for name, sheets in (("errors.xlsx", ("Cases", "Summary")), ("success.xlsx", ("Cases", "Vouchers"))):
        for sheet in sheets:
            mine = read_sheet(by_python.reports[0].folder / name, sheet)
            theirs = read_sheet(workspace.reports()[0] / name, sheet)
            assert [without_ids(row) for row in mine] == [without_ids(row) for row in theirs]


def bodies(data):
    """What the sandbox received, in no order."""
    found = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()[1:]]
    return sorted(item["body"] for line in found for name, item in line.items() if name != "remembered")


def without_ids(row):
    return {key: value for key, value in row.items() if key not in {"#case_id", "#case_reference", "#voucher_id", "#sent_at"}}


def test_a_dataframe_and_a_file_with_the_same_rows_are_the_same_rows(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(3), vouchers(3))
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 0
    frame = pd.DataFrame(cases(3), index=[7, 7, 9]).convert_dtypes()
    result = importer.run(
        frame, vouchers=pd.DataFrame(vouchers(3)), yes=True, new_ledger=True, settings=configured_workspace.settings()
    )
    assert result.exit_code == 0
    assert result.reports[0].summary.as_json()["counts"]["vouchers"]["already_imported"] == 3
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 3


def test_cells_of_every_usual_type(configured_workspace, fake_apis):
    frame = pd.DataFrame([case("C1"), case("C2"), case("C3")])
    frame["date"] = pd.to_datetime(["2026-01-31", "2026-02-28", "2026-03-31"])
    frame["amount_to_recover"] = [100.5, 200, 300.25]
    frame["due_date"] = [date(2026, 2, 1), None, pd.NaT]
    frame["comments"] = [None, float("nan"), pd.NA]
    result = importer.run(frame, yes=True, new_ledger=True, settings=configured_workspace.settings())
    assert result.exit_code == 0, result.reports[0].text
    received = [c["received"] for c in fake_apis.cases]
    assert [(r["date"][:10], r["amountToRecover"]) for r in received] == [
        *(("2026-01-31", 100.5), ("2026-02-28", 200), ("2026-03-31", 300.25))
    ]
    assert [r.get("dueDate", "")[:10] for r in received] == ["2026-02-01", "", ""]
    assert not any("comments" in r for r in received)


def test_a_frame_is_left_as_it_was(configured_workspace):
    frame = pd.DataFrame(cases(2), index=["x", "y"])
    before = frame.copy(deep=True)
    importer.run(frame, yes=True, new_ledger=True, settings=configured_workspace.settings())
    pd.testing.assert_frame_equal(frame, before)


def test_files_and_frames_in_one_call(configured_workspace, fake_apis):
    path = write_csv(configured_workspace.folder / "vouchers.csv", vouchers(2))
    result = importer.run(pd.DataFrame(cases(2)), str(path), yes=True, new_ledger=True, settings=configured_workspace.settings())
    assert result.exit_code == 0
    assert len(result.reports) == 2
    assert len(fake_apis.vouchers) == 2


def test_a_flat_frame(configured_workspace, fake_apis):
    flat = {"voucher_type": "invoice", "voucher_amount": 10, "voucher_source": "CREDITOR"}
    assert (
        importer.run(
            pd.DataFrame([case("C1") | flat]), yes=True, new_ledger=True, settings=configured_workspace.settings()
        ).exit_code
        == 0
    )
    assert [v["amount"] for v in fake_apis.vouchers] == [-1000]


def test_a_new_ledger_must_be_allowed(configured_workspace, fake_apis):
    with pytest.raises(UsageError, match="new_ledger=True"):
        importer.run(pd.DataFrame(cases(2)), yes=True, settings=configured_workspace.settings())
    assert not fake_apis.cases
    assert not (configured_workspace.folder / "ledger.db").exists()


def test_live_needs_yes(configured_workspace, fake_apis):
    with pytest.raises(UsageError, match="yes=True"):
        importer.run(pd.DataFrame(cases(2)), new_ledger=True, settings=configured_workspace.settings())
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT id FROM batch") == []


def test_looking_first(configured_workspace, fake_apis):
    rows, lines = frames()
    for result in (
        importer.check(rows, vouchers=lines, settings=configured_workspace.settings()),
        importer.run(rows, vouchers=lines, dry_run=True, settings=configured_workspace.settings()),
    ):
        assert result.exit_code is ExitCode.ROWS_LEFT
        assert result.reports[0].summary.as_json()["counts"]["cases"]["pending"] == 3
        assert (result.reports[0].folder / "errors.xlsx").is_file()
    assert fake_apis.requests == {}
    assert not (configured_workspace.folder / "ledger.db").exists()


def test_a_profile_by_path_or_as_an_object(configured_workspace, fake_apis):
    frame = pd.DataFrame([{k: v for k, v in case("C1").items() if k != "currency"}])
    by_object = importer.run(
        frame, yes=True, new_ledger=True, settings=configured_workspace.settings(), profile=Profile(constants={"currency": "SEK"})
    )
    assert by_object.exit_code == 0
    path = configured_workspace.folder / "p.toml"
    path.write_text('[constants]\ncurrency = "SEK"\n', encoding="utf-8")
    by_path = importer.run(frame, yes=True, new_ledger=True, settings=configured_workspace.settings(), profile=str(path))
    assert by_path.reports[0].summary.as_json()["counts"]["cases"]["already_imported"] == 1
    assert [c["currency"] for c in fake_apis.cases] == ["SEK"]


def test_test_cases(configured_workspace, fake_apis):
    importer.run(pd.DataFrame(cases(1)), yes=True, new_ledger=True, test_cases=True, settings=configured_workspace.settings())
    assert [c["isTest"] for c in fake_apis.cases] == [True]


def test_what_is_wrong_is_raised_before_anything_is_sent(configured_workspace, fake_apis, tmp_path):
    good = pd.DataFrame(cases(1))
    settings = configured_workspace.settings()
    with pytest.raises(FileRefused, match="amount_to_recover"):
        importer.run(good.drop(columns="amount_to_recover"), yes=True, new_ledger=True, settings=settings)
    with pytest.raises(FileRefused, match=r"nowhere\.xlsx"):
        importer.run(tmp_path / "nowhere.xlsx", yes=True, new_ledger=True, settings=settings)
    with pytest.raises(UsageError, match="vouchers="):
        importer.run(good, good, yes=True, new_ledger=True, settings=settings)
    with pytest.raises(UsageError, match="nothing to import"):
        importer.run(yes=True, new_ledger=True, settings=settings)
    for empty in ({"output": ""}, {"workspace": " "}, {"profile": ""}):
        with pytest.raises(UsageError, match="is empty"):
            importer.run(good, yes=True, new_ledger=True, settings=settings, **empty)
    with pytest.raises(UsageError, match=r"The path given as source is empty\."):
        importer.check("", settings=settings)
    with pytest.raises(SettingsError, match="IMPORTER_DEBITURA__API_KEY"):
        importer.run(good, yes=True, new_ledger=True)
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT id FROM batch") == []


def test_how_sending_ended_is_in_the_result(workspace, fault_proxy):
    fault_proxy.hook = lambda seen: Drop() if seen.is_case else None
    result = importer.run(pd.DataFrame(cases(1)), yes=True, new_ledger=True, settings=workspace.settings())
    assert result.exit_code is ExitCode.IN_DOUBT
    assert workspace.ledger(STATES) == [("case", "in_doubt", 1)]


def test_looking_first_does_not_start_the_sandbox(workspace, monkeypatch):
    """As `importer check --sandbox`: a sandbox run may be using the sandbox's data."""
    monkeypatch.chdir(workspace.folder)
    with Sandbox(SandboxSettings(data_file=workspace.folder / "ledger.sandbox.jsonl")):
        with pytest.raises(SettingsError):
            importer.run(pd.DataFrame(cases(1)), sandbox=True)
        assert importer.check(pd.DataFrame(cases(1)), sandbox=True).exit_code is ExitCode.OK


def test_inside_a_running_event_loop_as_in_a_notebook(configured_workspace, fake_apis):
    rows, lines = frames()

    async def cell(*, yes):
        return importer.run(rows, vouchers=lines, yes=yes, new_ledger=True, settings=configured_workspace.settings())

    with pytest.raises(UsageError, match="yes=True"):
        asyncio.run(cell(yes=False))
    assert asyncio.run(cell(yes=True)).exit_code is ExitCode.ROWS_LEFT
    assert len(fake_apis.cases) == 3


def test_nothing_is_printed(configured_workspace, capfd):
    importer.run(pd.DataFrame(cases(2)), yes=True, new_ledger=True, settings=configured_workspace.settings())
    assert capfd.readouterr() == ("", "")


def test_a_programs_own_choice_of_logs_is_left_to_it(configured_workspace):
    seen = []
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        processors=[lambda _logger, _name, event: seen.append(event["event"]) or ""],
    )
    importer.run(pd.DataFrame(cases(2)), yes=True, new_ledger=True, settings=configured_workspace.settings())
    assert seen.count("attempt") == 2


def test_read_table_gives_the_cells_as_text(configured_workspace):
    path = write_workbook(configured_workspace.folder / "a.xlsx", cases(2), vouchers(1))
    table = importer.read_table(path)
    assert list(table.sheets) == ["Cases", "Vouchers"]
    assert [(number, cells[0]) for number, cells in table.sheets["Cases"]] == [(1, "case_ref"), (2, "C1"), (3, "C2")]
    assert table.notes == ()
    hidden = openpyxl.load_workbook(path)
    hidden["Vouchers"].sheet_state = "hidden"
    hidden.save(path)
    assert importer.read_table(path).notes == ("Sheet 'Vouchers' is hidden.",)


def test_what_the_package_offers():
    assert set(importer.__all__) == {"Case", "Debtor", "Voucher", "__version__", "check", "read_table", "run"}
    for name in importer.__all__:
        assert getattr(importer, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        importer.nonsense  # noqa: B018
