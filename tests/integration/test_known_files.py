"""The same files once more: not read again where everything that reading depends on is the same, with the same outcome."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from support.sheets import case, cases, voucher, vouchers, write_csv, write_workbook
from support.workspace import CliWorkspace

from importer.loader.context import LoadContext
from importer.loader.files import reader
from importer.workspace import source_version

NOW = re.compile(r"\d{4}-\d\d-\d\dT[\d:.-]+Z|\b[0-9a-f]{32}\b")
FOLDER = re.compile(r"(output.…-[a-z-]*[a-z])(-\d+)?")
TABLES = ("batch", "row", "entry", "reject", "source_version", "attempt")

PROFILE = """
headings = ["Sag", "Kreditor", "Land", "Valuta", "Dato", "Beløb", "Type", "Navn", "Skyldners land"]
ignore = []
[columns]
"Sag" = "case_ref"
"Kreditor" = "creditor_company_name"
"Land" = "creditor_country"
"Valuta" = "currency"
"Dato" = "date"
"Beløb" = "amount_to_recover"
"Type" = "debtor_type"
"Navn" = "debtor_name"
"Skyldners land" = "debtor_country"
"""
DANISH = ("Sag", "Kreditor", "Land", "Valuta", "Dato", "Beløb", "Type", "Navn", "Skyldners land")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are opened for reading."""
    found: list[str] = []
    plain = reader.open_source

    def open_source(path: Path, *more: Any) -> Any:
        found.append(path.name)
        return plain(path, *more)

    monkeypatch.setattr(reader, "open_source", open_source)
    return found


# Sheets of every shape


def flat_csv(folder: Path) -> list[str]:
    """Repeated cases, a reference on its own, and a note below the table that is passed over."""
    rows = [
        {**case(ref, amount), "voucher_type": kind, "voucher_amount": amount, "voucher_source": "CREDITOR"}
        for ref, amount, kind in (("C1", "10.00", "invoice"), ("C1", "10.00", "deposit"), ("C2", "20.50", "loan"))
    ]
    path = write_csv(folder / "flat.csv", [*rows, {**case("C3", "5"), "currency": "EUR"}])
    with path.open("a", encoding="utf-8") as file:
        file.write("\nPlease call before sending\n")
    return ["flat.csv"]


def two_sheets(folder: Path) -> list[str]:
    """A child above its parent, a case of another currency, a sheet that is hidden."""
    child = voucher("C2", "9.00", unique_id="V-child", parent_unique_id="V-C2")
    rows = [*cases(2), case("C3", "7", currency="SEK")]
    path = write_workbook(folder / "two.xlsx", rows, [child, *vouchers(2), voucher("C3", "7", currency="SEK")])
    book = load_workbook(path)
    book["Vouchers"].sheet_state = "hidden"
    book.save(path)
    return ["two.xlsx"]


def rows_without_references(folder: Path) -> list[str]:
    """They are known by their values."""
    row = {name: value for name, value in case("C1").items() if name not in {"case_ref", "creditor_reference"}}
    write_csv(folder / "nameless.csv", [row, {**row, "debtor_name": "Else Okapi"}])
    return ["nameless.csv"]


def separate_files(folder: Path) -> list[str]:
    """The vouchers come first by name, and are taken in last."""
    write_csv(folder / "a-vouchers.csv", vouchers(3))
    write_csv(folder / "b-cases.csv", cases(3))
    return ["a-vouchers.csv", "b-cases.csv"]


def with_a_profile(folder: Path) -> list[str]:
    """Found by its headings; dates and amounts whose order and mark other rows prove."""
    (folder / "profiles").mkdir()
    (folder / "profiles" / "erp.toml").write_text(PROFILE, encoding="utf-8")
    cells = [
        ("S1", "Nordlys Energi A/S", "DK", "DKK", "03/04/2026", "1.000,50", "Person", "Bodil Okapi", "DK"),
        ("S2", "Nordlys Energi A/S", "DK", "DKK", "31/01/2026", "1.000", "Person", "Else Okapi", "DK"),
    ]
    write_csv(folder / "erp.csv", [dict(zip(DANISH, row, strict=True)) for row in cells])
    return ["erp.csv"]


SHAPES = (flat_csv, two_sheets, rows_without_references, separate_files, with_a_profile)


PLACES = re.compile(r"  workspace .*?\n\n", re.DOTALL)  # the paths in a review of `check`


def plain(text: str) -> str:
    """Without times, runs and what tells two reports of one second apart."""
    return FOLDER.sub(r"\1", NOW.sub("…", text))


def dump(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The ledger but for runs and times."""
    with closing(sqlite3.connect(folder / "ledger.db")) as ledger:
        return {
            table: [
                tuple(plain(value) if isinstance(value, str) else value for value in line)
                for line in ledger.execute(f"SELECT * FROM {table} ORDER BY 1")
            ]
            for table in TABLES
        }


def written(folder: Path) -> dict[str, Any]:
    """Every cell and every comment of every report, and the summaries."""
    found: dict[str, Any] = {}
    for path in sorted((folder / "output").rglob("*.*")):
        name = plain(str(path.relative_to(folder)))
        if path.name == "manifest.json" or "latest" in path.parts:  # a copy of the desk has a folder in place of the link
            continue
        if path.suffix == ".json":
            found.setdefault(name, []).append(plain(path.read_text(encoding="utf-8")))
        elif path.suffix == ".xlsx":
            book = load_workbook(path)
            found.setdefault(name, []).append(
                {sheet.title: [[(c.value, c.number_format) for c in row] for row in sheet] for sheet in book}
            )
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_outcome_is_that_of_reading(
    configured_workspace: CliWorkspace, fake_apis: Any, opened: list[str], shape: Any
) -> None:
    """Two desks with the same past: on one the ledger has forgotten what its batches were read from."""
    names = shape(configured_workspace.folder)
    first = configured_workspace.call("run", *names, "--yes")
    assert first.code == 0, first.err
    sent = len(fake_apis.cases), len(fake_apis.vouchers)
    other = CliWorkspace(configured_workspace.folder.with_name("other"))
    other.env = configured_workspace.env
    shutil.copytree(configured_workspace.folder, other.folder)
    with closing(sqlite3.connect(other.folder / "ledger.db")) as ledger, ledger:
        assert ledger.execute("DELETE FROM source_version").rowcount == len(names)
    opened.clear()
    told = []
    for workspace in (configured_workspace, other):
        for command in ("check", "run"):
            ended = workspace.call(command, *names, *(("--yes",) if command == "run" else ()))
            said = plain(ended.err).replace(str(workspace.folder), "…")
            told.append((ended.code, PLACES.sub("", plain(ended.out)), said))
        assert bool(opened) is (workspace is other)
    assert told[:2] == told[2:]
    assert "already imported" in told[1][1]
    quick, slow = dump(configured_workspace.folder), dump(other.folder)
    forgotten = slice(len(names), None)
    assert quick.pop("source_version")[forgotten] == slow.pop("source_version")
    assert quick == slow
    assert written(configured_workspace.folder) == written(other.folder)
    assert sent == (len(fake_apis.cases), len(fake_apis.vouchers))


def test_what_is_expected_of_a_file_is_held_against_one_that_is_not_read(
    configured_workspace: CliWorkspace, opened: list[str]
) -> None:
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    opened.clear()
    assert configured_workspace.call("run", "a.csv", "--yes", "--expect-rows", "2", "--expect-total", "DKK=200.03").code == 0
    refused = configured_workspace.call("run", "a.csv", "--yes", "--expect-total", "DKK=200.04")
    assert (refused.code, opened) == (4, [])
    assert "DKK: expected 200.04, found 200.03" in refused.err
    assert configured_workspace.ledger("SELECT count(*) FROM batch") == [(2,)]


# What makes a file be read again


def again(workspace: CliWorkspace, *arguments: str, **env: str) -> int:
    return workspace.call("run", "a.csv", "--yes", *arguments, env=env).code


@pytest.fixture
def known(configured_workspace: CliWorkspace, opened: list[str]) -> CliWorkspace:
    """A workspace in which ``a.csv`` is imported, read with ``profiles/erp.toml``."""
    with_a_profile(configured_workspace.folder)
    (configured_workspace.folder / "erp.csv").rename(configured_workspace.folder / "a.csv")
    assert again(configured_workspace) == 0
    opened.clear()
    return configured_workspace


def test_the_same_file_is_not_read(known: CliWorkspace, opened: list[str]) -> None:
    assert again(known) == 0
    (known.folder / "sub").mkdir()
    shutil.move(known.folder / "a.csv", known.folder / "sub" / "a.csv")
    assert known.call("run", "sub/a.csv", "--yes").code == 0
    assert not opened


def a_row_more(folder: Path) -> None:
    with (folder / "a.csv").open("a", encoding="utf-8") as file:
        file.write("S3,Nordlys Energi A/S,DK,DKK,31/01/2026,7,Person,Ib Okapi,DK\n")


def a_byte_more(folder: Path) -> None:
    with (folder / "a.csv").open("a", encoding="utf-8") as file:
        file.write("\n")


def another_profile(folder: Path) -> None:
    with (folder / "profiles" / "erp.toml").open("a", encoding="utf-8") as file:
        file.write('[constants]\ntag = "new"\n')


def one_more_profile(folder: Path) -> None:
    (folder / "profiles" / "other.toml").write_text('headings = ["a", "b", "c"]\n', encoding="utf-8")


def a_renamed_profile(folder: Path) -> None:
    (folder / "profiles" / "erp.toml").rename(folder / "profiles" / "open-items.toml")


@pytest.mark.parametrize("change", [a_row_more, a_byte_more, another_profile, one_more_profile, a_renamed_profile])
def test_a_change_of_the_file_or_of_a_profile(known: CliWorkspace, opened: list[str], change: Any) -> None:
    change(known.folder)
    again(known)
    assert "a.csv" in opened


@pytest.mark.parametrize(
    "env",
    [
        {"IMPORTER_DEFAULTS": '{"tag": "new"}'},
        {"IMPORTER_DEBBIE__TIMEZONE": "Europe/Stockholm"},
        {"IMPORTER_VOUCHER_TYPES": '{"fee": {"id": "11111111-1111-4111-8111-111111111111", "counts": "debt"}}'},
        {"IMPORTER_DEBBIE__TENANT_ID": "22222222-2222-4222-8222-222222222222"},
    ],
)
def test_a_change_of_the_settings(known: CliWorkspace, opened: list[str], env: dict[str, str]) -> None:
    again(known, **env)
    assert "a.csv" in opened


@pytest.mark.parametrize("arguments", [("--profile", "erp"), ("--profile", "none"), ("--test-cases",)])
def test_a_change_of_what_is_asked_for(known: CliWorkspace, opened: list[str], arguments: tuple[str, ...]) -> None:
    again(known, *arguments)
    assert "a.csv" in opened


def test_a_new_name(known: CliWorkspace, opened: list[str]) -> None:
    """The notes and the sheet of a CSV have the file's name."""
    shutil.copy(known.folder / "a.csv", known.folder / "b.csv")
    assert known.call("run", "b.csv", "--yes").code == 0
    assert "b.csv" in opened
    assert known.ledger("SELECT source_name FROM batch ORDER BY id") == [("a.csv",), ("b.csv",)]


def test_a_link(known: CliWorkspace, opened: list[str], tmp_path: Path) -> None:
    """Whoever reads the file looks at where it leads."""
    shutil.move(known.folder / "a.csv", tmp_path / "a.csv")
    (known.folder / "a.csv").symlink_to(tmp_path / "a.csv")
    refused = known.call("run", "a.csv", "--yes")
    assert (refused.code, opened) == (4, ["a.csv"])
    assert "leads out of its folder" in refused.err


@pytest.mark.parametrize(("name", "more"), [("aliases.toml", "\n# changed\n"), ("loader/money.py", "\n# changed\n")])
def test_a_change_of_the_importer_itself(
    known: CliWorkspace, opened: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, more: str
) -> None:
    copy = tmp_path / "importer"
    shutil.copytree(source_version.files("importer"), copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source_version, "files", lambda _: copy)
    source_version._version.cache_clear()
    try:
        assert again(known) == 0
        assert not opened, "a copy of it is the same importer"
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(more)
        source_version._version.cache_clear()
        assert again(known) == 0
        assert "a.csv" in opened
    finally:
        source_version._version.cache_clear()


def test_a_change_of_what_is_installed(
    known: CliWorkspace, opened: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "python_calamine-99.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    source_version._version.cache_clear()
    try:
        assert again(known) == 0
        assert "a.csv" in opened
    finally:
        source_version._version.cache_clear()


def test_everything_that_a_context_holds_counts() -> None:
    """Also a field that is added some day: without the day and the folder, two contexts are told by their whole text."""
    from zoneinfo import ZoneInfo

    from importer.loader.profile import NO_PROFILE
    from importer.loader.profiles.recognition import NO_PROFILES

    plain = LoadContext(date(2026, 1, 1), ZoneInfo("Europe/Copenhagen"))
    alike = LoadContext(date(2026, 9, 9), ZoneInfo("Europe/Copenhagen"), folder=Path("elsewhere"))
    test = LoadContext(date(2026, 1, 1), ZoneInfo("Europe/Copenhagen"), test_cases=True)
    told = [source_version.reader_version(NO_PROFILE, NO_PROFILES, context) for context in (plain, alike, test)]
    assert told[0] == told[1] != told[2]


def test_what_was_only_checked_is_not_known(configured_workspace: CliWorkspace, fake_apis: Any, opened: list[str]) -> None:
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    assert configured_workspace.call("check", "a.csv").code == 0
    assert again(configured_workspace) == 0
    assert len(fake_apis.cases) == 2
    opened.clear()
    assert configured_workspace.call("check", "a.csv").code == 0
    assert not opened, "what was imported is known to a check as well"


def test_an_appendix_that_has_changed(configured_workspace: CliWorkspace, fake_apis: Any, opened: list[str]) -> None:
    (configured_workspace.folder / "invoice.pdf").write_bytes(b"%PDF-1")
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1), [{**vouchers(1)[0], "appendix_file": "invoice.pdf"}])
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 0
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 0
    (configured_workspace.folder / "invoice.pdf").write_bytes(b"%PDF-2")
    opened.clear()
    ended = configured_workspace.call("run", "a.xlsx", "--yes")
    assert (ended.code, opened, len(fake_apis.vouchers)) == (0, ["a.xlsx"], 1)
    assert "changed 1" in " ".join(ended.out.split())  # it is another voucher now
