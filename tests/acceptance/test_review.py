"""The review of a check as a user sees it, on the terminal, as a page and as JSON.

``tests/golden/review/*.txt`` are the reviews of the example and of a folder with a good, an empty and an unreadable file.

    PYTHONPATH=tests python tests/acceptance/test_review.py

writes them again. Review them: does a reader know what would be sent, and what to do?
"""

from __future__ import annotations

import re
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

import pytest
from support.paths import GOLDEN_FILES, ROOT
from support.reviews import columns
from support.sheets import case, cases, voucher, write_csv, write_workbook
from support.workspace import CliWorkspace, Finished

from importer.reporter.review.model import Review
from importer.reporter.review.terminal import first_lines

GOLDEN = GOLDEN_FILES / "review"
EXAMPLE = ROOT / "templates" / "example.xlsx"


def check_example(workspace: CliWorkspace) -> Finished:
    copy(EXAMPLE, workspace.folder / "example.xlsx")
    return workspace.call("check", "example.xlsx", "--sandbox")


def check_folder(workspace: CliWorkspace) -> Finished:
    (workspace.folder / "in").mkdir()
    for file in (GOLDEN / "folder").iterdir():
        copy(file, workspace.folder / "in")
    return workspace.call("check", "in", "--sandbox")


CHECKS = {"example": check_example, "folder": check_folder}


def without_places(text: str) -> str:
    """The text without what differs from one machine and one day to the next: paths and times."""
    text = re.sub(r"  workspace .*?\n\n", "  workspace  /work\n  ledger     /work/ledger.sandbox.db\n\n", text, flags=re.DOTALL)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", "TIME", text)


@pytest.mark.parametrize("name", CHECKS)
def test_the_review_on_the_terminal(workspace, name):
    ended = CHECKS[name](workspace)
    assert without_places(ended.out) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert ended.err == ""
    assert all(columns(line) <= 80 for line in ended.out.splitlines() if not line.startswith(("  sheets:", "  review:")))


def test_the_page_is_beside_the_sheets_of_one_file(workspace):
    ended = check_example(workspace)
    (folder,) = workspace.reports()
    page = folder / "review.html"
    assert f"  review: output/{folder.name}/review.html\n" in ended.out
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    text = page.read_text(encoding="utf-8")
    for shown in ("Rederiet Søstjernen A/S", "DKK 245,040.65", "48 cases", "wrong on purpose", "ledger.sandbox.db"):
        assert shown in text


def test_several_files_have_one_page(workspace):
    ended = check_folder(workspace)
    assert ended.code == 4
    (page,) = workspace.folder.glob("output/*/review.html")
    assert page.parent.name.endswith("-review-of-3-files")
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    text = page.read_text(encoding="utf-8")
    for shown in ("good.csv", "empty.csv", "unreadable.xlsx", "1 file could not be read"):
        assert shown in text


def test_json_has_the_review_of_each_file_besides_its_summary(workspace):
    write_csv(workspace.folder / "a.csv", [*cases(2), case("C3", currency="XXQ")])
    write_csv(workspace.folder / "b.csv", cases(1))
    (workspace.folder / "c.csv").write_text("")
    ended = workspace.call("check", "a.csv", "b.csv", "c.csv", "--sandbox", "--json")
    assert ended.code == 4
    first, second = ended.json()
    assert (first["schema"], first["counts"]["cases"]["rejected"]) == (2, 1)
    reviews = [Review.from_json(one["review"]) for one in (first, second)]
    assert [[file.source for file in review.files] for review in reviews] == [["a.csv"], ["b.csv"]]
    assert all(len(review.unreadable) == 1 and review.is_check for review in reviews)
    assert first_lines(reviews[0])[1].startswith("Ready to send:  2 cases ")


def test_a_run_has_no_review_in_its_json(workspace):
    write_csv(workspace.folder / "a.csv", cases(1))
    (summary,) = workspace.call("run", "a.csv", "--sandbox", "--json").json()
    assert "review" not in summary


def test_a_file_is_compared_with_the_last_files_of_its_kind(workspace):
    for night in range(4):
        write_csv(workspace.folder / "list.csv", [case(f"N{night}-{number}") for number in range(2)])
        assert workspace.call("run", "list.csv", "--sandbox").code == 0
    write_csv(workspace.folder / "list.csv", [case(f"N9-{number}") for number in range(4)])
    ended = workspace.call("check", "list.csv", "--sandbox")
    assert "  4 cases would be sent. The median of the last 4 files is 2.\n" in ended.out
    assert "A new kind of file" not in ended.out
    write_csv(workspace.folder / "list.csv", [case(f"N9-{number}") for number in range(2)])
    assert "Unusual" not in workspace.call("check", "list.csv", "--sandbox").out


def test_what_decided_a_column_and_what_is_not_used(workspace):
    row = dict(case("C1"), date="03-25-2026", Betalt="100", Kolonne="x")
    write_csv(workspace.folder / "a.csv", [row, dict(row, case_ref="C2", date="03-04-2026")])
    out = " ".join(workspace.call("check", "a.csv", "--sandbox").out.split())
    assert 'column "date": dates have the month first, as row 2 proves ("03-25-2026").' in out
    assert 'not used: "Betalt" (looks like a payment), "Kolonne"' in out


def test_constants_of_a_profile_are_shown(workspace):
    (workspace.folder / "profiles").mkdir()
    (workspace.folder / "profiles" / "mine.toml").write_text('[constants]\ncurrency = "SEK"\n', encoding="utf-8")
    rows = [{name: value for name, value in one.items() if name != "currency"} for one in cases(2)]
    write_csv(workspace.folder / "a.csv", rows)
    out = workspace.call("check", "a.csv", "--sandbox", "--profile", "mine").out
    assert "    currency is SEK in all rows\n" in out


def test_claims_that_are_not_due_and_credits_are_shown(workspace):
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    rows = [case("C1"), case("C2", due_date=tomorrow)]
    write_workbook(workspace.folder / "a.xlsx", rows, [voucher("C1"), voucher("C1", voucher_type="credit note", unique_id="x")])
    out = workspace.call("check", "a.xlsx", "--sandbox").out
    assert "Not due yet\n  1 case, left out until a later list  DKK " in out
    assert "Credit notes and payments, which count against the debt\n  1 voucher  " in out
    assert "    1 of them name no invoice\n" in out


def test_the_first_command_of_the_readme_ends_in_what_to_open_next(workspace):
    (workspace.folder / "templates").mkdir()
    copy(EXAMPLE, workspace.folder / "templates")
    ended = workspace.call("run", "templates/example.xlsx", "--sandbox")
    assert ended.code == 3
    (folder,) = workspace.reports()
    *_, note, first, last = [line for line in ended.out.splitlines() if not line.startswith("    ") or "open" in line]
    assert "note: This is the example: some rows are wrong on purpose" in ended.out
    assert note == "  next: 15 rejected: correct them in errors.xlsx and import that file"
    assert first.strip() == "open errors.xlsx first: it holds the rows that are left, for which the exit code is 3"
    assert last == f"  sheets: output/{folder.name}"


def write_golden_files() -> None:
    for name, checked in CHECKS.items():
        with TemporaryDirectory() as folder:
            text = without_places(checked(CliWorkspace(Path(folder))).out)
            (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
            sys.stdout.write(text)


if __name__ == "__main__":
    write_golden_files()
