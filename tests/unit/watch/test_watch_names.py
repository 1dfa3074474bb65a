"""Which names are passed over, and how claims and kept files are called."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from importer.watch.names import (
    Claimant,
    ClaimName,
    beside,
    claim_name,
    is_passed_over,
    is_spreadsheet,
    parse_claim,
    stamp_of,
    stamped_name,
    without_stamp,
)

AT = datetime(2026, 11, 26, 1, 30, 15, 123456, tzinfo=UTC)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DIGEST = "ab12cd34" + "0" * 56


@pytest.mark.parametrize(
    "name",
    [
        *("~$a.xlsx", ".~lock.a.xlsx#", "._a.xlsx", ".hidden.csv", ".syncthing.a.csv.tmp", "~syncthing~a.csv"),
        *("a.xlsx.tmp", "a.PART", "a.csv.partial", "a.crdownload", "a.filepart", "a.download"),
        *("desktop.ini", "Thumbs.db", "@eaDir", ".stfolder"),
    ],
)
def test_names_that_are_passed_over(name):
    assert is_passed_over(name)


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("2026-11-26T0230-ab12cd34-a-summary.txt", False),
        ("2026-11-26T0230-ab12cd34-a-errors.xlsx", True),
        ("year-summary.txt", True),
        ("a.xlsx", True),
        ("A.CSV", True),
        ("a.xlsm", True),
        ("a.numbers", True),
        ("a.pdf", False),
        ("a", False),
        ("a.ok", False),
    ],
)
def test_which_files_are_taken(name, is_taken):
    assert not is_passed_over(name)
    assert is_spreadsheet(name) is is_taken


@pytest.mark.parametrize("name", ["invoices.xlsx", "a--b--c.csv", "Økonomi 2026.xlsx", "x" * 250 + ".csv"])
def test_a_claims_name_says_who_and_when(name):
    made = claim_name(Claimant("my-host-7", 4711), AT, name)
    assert len(made.encode()) <= 255
    assert parse_claim(made) == ClaimName(Claimant("my-host-7", 4711), AT)
    claimant = Claimant("my-host-7", 4711, "0a1b2c3d")
    assert parse_claim(claim_name(claimant, AT, name)) == ClaimName(claimant, AT)


@pytest.mark.parametrize("name", ["invoices.xlsx", "host-12", ".host-12.lease", "host-x--20261126T013015.123456Z--a"])
def test_other_names_are_no_claims(name):
    assert parse_claim(name) is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("invoices.xlsx", "2026-11-26T0230-ab12cd34-invoices.xlsx"),
        ("no-suffix", "2026-11-26T0230-ab12cd34-no-suffix"),
        ("2026-11-25T1100-00000000-invoices-errors.xlsx", "2026-11-26T0230-ab12cd34-invoices-corrected.xlsx"),
        ("2026-11-25T1100-00000000-invoices-errors-2.xlsx", "2026-11-26T0230-ab12cd34-invoices-corrected.xlsx"),
        ("2026-11-25T1100-00000000-invoices.csv", "2026-11-26T0230-ab12cd34-invoices.csv"),
        ("invoices-errors.xlsx", "2026-11-26T0230-ab12cd34-invoices-errors-file.xlsx"),
        ("year-Summary.txt", "2026-11-26T0230-ab12cd34-year-Summary-file.txt"),
        ("summary.txt", "2026-11-26T0230-ab12cd34-summary-file.txt"),
    ],
)
def test_a_kept_file_has_its_time_and_digest_in_front(name, kept):
    assert stamped_name(name, DIGEST, AT, COPENHAGEN) == kept
    assert stamp_of(kept) == "ab12cd34"
    assert without_stamp(kept) == kept.removeprefix("2026-11-26T0230-ab12cd34-")


def test_a_kept_name_and_those_of_its_results_are_not_too_long():
    kept = stamped_name("æ" * 120 + ".xlsx", DIGEST, AT, COPENHAGEN)
    assert len(kept.encode()) <= 255
    assert len(beside(kept, "errors-changed.txt").encode()) <= 255


def test_the_results_are_beside_the_file():
    assert beside("2026-11-26T0230-ab12cd34-a.b.csv", "errors.xlsx") == "2026-11-26T0230-ab12cd34-a.b-errors.xlsx"
    assert stamp_of("invoices.csv") is None
