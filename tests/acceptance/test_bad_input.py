"""Input and settings that cannot work: one clear sentence, the right exit code, nothing half done."""

from __future__ import annotations

import os

import pytest
from support.sheets import case, cases, vouchers, write_csv, write_workbook


def missing_file(_folder):
    return "invoices.xlsx", 4, "invoices.xlsx"


def folder_with_a_files_name(folder):
    (folder / "x.xlsx").mkdir()
    return "x.xlsx", 4, "is a folder, not a file"


def folder_without_spreadsheets(folder):
    (folder / "letters").mkdir()
    (folder / "letters" / "a.docx").write_bytes(b"x")
    return "letters", 4, "holds no spreadsheets"


def empty_file(folder):
    (folder / "empty.xlsx").write_bytes(b"")
    return "empty.xlsx", 4, "empty"


def empty_text(folder):
    (folder / "empty.csv").write_bytes(b"")
    return "empty.csv", 4, "empty"


def pretender(folder):
    (folder / "invoices.xlsx").write_bytes(b"%PDF-1.7 this is a letter")
    return "invoices.xlsx", 4, "PDF"


def torn_workbook(folder):
    whole = write_workbook(folder / "whole.xlsx", cases(3)).read_bytes()
    (folder / "torn.xlsx").write_bytes(whole[: len(whole) // 2])
    return "torn.xlsx", 4, "torn.xlsx"


def unknown_ending(folder):
    (folder / "invoices.docx").write_bytes(b"PK\x03\x04")
    return "invoices.docx", 4, "invoices.docx"


def missing_column(folder):
    rows = [{k: v for k, v in row.items() if k != "amount_to_recover"} | {"amount_to_recovr": "1"} for row in cases(2)]
    write_csv(folder / "a.csv", rows)
    return "a.csv", 4, "amount_to_recover"


def foreign_sheet(folder):
    write_csv(folder / "a.csv", [{"Name": "Ida", "Height": "170"}])
    return "a.csv", 4, "no sheet with columns of cases or vouchers"


def only_headings(folder):
    (folder / "a.csv").write_text(",".join(cases(1)[0]) + "\n", encoding="utf-8")
    return "a.csv", None, ""


BAD_FILES = [
    *(missing_file, folder_with_a_files_name, folder_without_spreadsheets, empty_file, empty_text, pretender, torn_workbook),
    *(unknown_ending, missing_column, foreign_sheet),
]


@pytest.mark.parametrize("make", BAD_FILES, ids=lambda make: make.__name__)
def test_a_file_that_cannot_be_read(configured_workspace, fake_apis, make):
    path, code, told = make(configured_workspace.folder)
    before = configured_workspace.everything_written()
    ended = configured_workspace.call("run", path, "--yes")
    assert ended.code == code
    assert told in ended.err
    assert_one_message(ended)
    assert path.split(".")[0] in ended.err
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT id FROM batch") == []
    assert not configured_workspace.reports()
    assert {
        name: data for name, data in configured_workspace.everything_written().items() if not name.startswith("ledger")
    } == before
    checked = configured_workspace.call("check", path)
    assert (checked.code, checked.err) == (code, ended.err.partition("\n")[2])  # a check does not name the ledger


def test_a_path_that_no_file_can_have(configured_workspace, fake_apis):
    """It is refused by itself; the files that are named with it are imported."""
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    ended = configured_workspace.call("run", "a.csv", "x" * 300 + ".csv", "--yes")
    assert ended.code == 4
    assert "cannot be opened: File name too long" in ended.err
    assert "bug" not in ended.err
    assert len(fake_apis.cases) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", ""),
        ("run", "", "--yes"),
        ("run", "a.csv", " ", "--yes"),
        ("check", "a.csv", "--output", ""),
        ("check", "a.csv", "--output="),
        ("check", "a.csv", "--config", ""),
        ("check", "a.csv", "--profile", ""),
        ("map", ""),
        ("template", ""),
        ("ledger", "backup", ""),
    ],
)
def test_an_empty_argument_is_not_the_working_directory(configured_workspace, fake_apis, arguments):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    written = configured_workspace.everything_written()
    ended = configured_workspace.call(*arguments)
    assert (ended.code, ended.out) == (2, "")
    before = next((a for a in arguments if a.endswith("=")), None) or arguments[[a.strip() for a in arguments].index("") - 1]
    what = f"The argument after {before} is empty."
    assert ended.err == f"{what} Write it out; if a script fills it in, a variable is probably not set.\n"
    assert configured_workspace.everything_written() == written
    assert not fake_apis.cases


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(configured_workspace):
    (configured_workspace.folder / "closed").mkdir()
    (configured_workspace.folder / "closed").chmod(0)
    listed, inside = configured_workspace.call("check", "closed"), configured_workspace.call("check", "closed/a.csv")
    (configured_workspace.folder / "closed").chmod(0o700)
    assert (listed.code, inside.code) == (4, 4)
    assert "cannot be read: Permission denied" in listed.err
    assert "may not be read by you" in inside.err


def test_no_cell_is_a_command_to_the_terminal(configured_workspace):
    """Such as one that clears the screen, and so hides what the report says."""
    rows = [case("C1", "\x1b[2J"), case("C2", debtor_country="\x9b2J"), {**case("C3"), "\x1b]0;x\x07": 1}]
    write_csv(configured_workspace.folder / "a.csv", rows)
    refused = write_csv(configured_workspace.folder / "b.csv", [{"\x1b[2Jx": 1}])
    said = [
        configured_workspace.call("check", "a.csv"),
        configured_workspace.call("check", refused.name),
        configured_workspace.call("map", "a.csv"),
    ]
    shown = "".join(ended.out + ended.err for ended in said)
    assert "\ufffd[2J" in shown
    assert not {letter for letter in shown if ord(letter) < 32 or 127 <= ord(letter) < 160} - {"\n"}


def test_a_missing_column_names_the_nearest(configured_workspace):
    path, _, _ = missing_column(configured_workspace.folder)
    assert "amount_to_recovr" in configured_workspace.call("check", path).err


def test_a_sheet_without_rows_is_no_error(configured_workspace, fake_apis):
    path, _, _ = only_headings(configured_workspace.folder)
    ended = configured_workspace.call("run", path, "--yes")
    assert ended.code == 0
    assert "no rows" in ended.out
    assert not fake_apis.cases


def test_settings_without_credentials(workspace):
    write_workbook(workspace.folder / "a.xlsx", cases(1), vouchers(1))
    before = workspace.everything_written()
    ended = workspace.call("run", "a.xlsx", "--yes")
    assert ended.code == 2
    assert "IMPORTER_DEBITURA__API_KEY" in ended.err
    assert "--sandbox" in ended.err
    assert_one_message(ended)
    assert workspace.everything_written() == before


BAD_SETTINGS = {
    "no TOML": ("[debitura\n", "importer.toml"),
    "unknown key": ("[dispatch]\nconcurency = 3\n", "dispatch.concurency: there is no such key"),
    "secret in the file": ('[debitura]\napi_key = "in-the-file"\n', "IMPORTER_DEBITURA__API_KEY"),
    "plain http": ('[debitura]\nbase_url = "http://collectionpartner-api.debitura.com"\n', "https://"),
    "wrong type": ("[dispatch]\nconcurrency = 0\n", "dispatch.concurrency"),
    "time zone": ('[debbie]\ntimezone = "Europe/Kopenhagen"\n', "debbie.timezone: is not a time zone"),
    "column": ('[defaults]\ncurency = "DKK"\n', '"curency" is not a column'),
    "ledger": ('[ledger]\nurl = "ledger.db"\n', "sqlite:///ledger.db"),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_settings_that_are_wrong(configured_workspace, name):
    text, told = BAD_SETTINGS[name]
    (configured_workspace.folder / "importer.toml").write_text(text, encoding="utf-8")
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    before = configured_workspace.everything_written()
    configured_workspace.env = {k: v for k, v in configured_workspace.env.items() if k == "IMPORTER_DEBITURA__API_KEY"}
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert ended.code == 2
    assert told in ended.err
    assert_one_message(ended)
    assert "in-the-file" not in ended.err + ended.out
    assert configured_workspace.everything_written() == before


def assert_one_message(ended):
    """What went wrong and what to do, on one line, on stderr, without the innards; before it, a live run names its ledger.

    Lines for a profile may follow, indented.
    """
    assert ended.out == ""
    assert len([line for line in ended.err.strip().splitlines() if not line.startswith(("Workspace ", "  "))]) == 1
    for word in ("Traceback", "Error:", "bug", "object at", "[Errno"):
        assert word not in ended.err
