"""A ledger of a release that knew no states and no kinds of debtors: the same file again sends nothing, and says what is paid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from integration.test_masked_ledgers import NUMBER, as_version_7
from support.sheets import case, read_sheet, write_csv
from support.workspace import CliWorkspace

FORMER = """
ignore = ["Status"]
[constants]
debtor_type = "Company"
debtor_contact_person = "Mette Holm"
"""
BY_NAME = {"IMPORTER_DEFAULTS__DEBTOR_TYPE": "by name", "IMPORTER_DEFAULTS__DEBTOR_CONTACT_PERSON": "Mette Holm"}
STATES = {"C1": "Overdue", "C2": "Paid", "C3": "Disputed", "C4": "Overdue", "C5": "Draft", "C6": "Sent"}
NAMES = {"C4": "Nordlys"}  # which is a question by today's rules


def write_list(path: Path, number: str) -> Path:
    """Write the list as the former release read it; ``number`` is in the first row."""
    rows = [
        case(
            ref,
            **{"debtor_name": NAMES.get(ref, f"Bodil Zebrahest {ref}"), "Org.nr": "", "Status": state, "debtor_country": "SE"},
        )
        for ref, state in STATES.items()
    ]
    rows[0]["Org.nr"] = number
    for row in rows:
        row.pop("debtor_type")
    return write_csv(path, rows)


@pytest.fixture
def upgraded(configured_workspace: CliWorkspace, tmp_path: Path) -> CliWorkspace:
    """A workspace whose ledger of version 7 has sent every row of a list, whatever its state, one with a personal number."""
    workspace = configured_workspace
    profile = tmp_path / "former.toml"
    profile.write_text(FORMER, encoding="utf-8")
    assert (
        workspace.call("run", write_list(workspace.folder / "list.csv", "placeholder"), "--yes", "--profile", profile).code == 0
    )
    as_version_7(workspace.folder / "ledger.db", {"placeholder": NUMBER}, {})
    write_list(workspace.folder / "list.csv", NUMBER)
    return workspace


def run_again(workspace: CliWorkspace) -> tuple[int, dict[str, int]]:
    done = workspace.call("run", "list.csv", "--yes", env=BY_NAME)
    assert "Traceback" not in done.err
    summary = json.loads((workspace.reports()[-1] / "summary.json").read_text(encoding="utf-8"))
    assert summary["balanced"]
    return done.code, {status: rows for status, rows in summary["counts"]["cases"].items() if rows}


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
def test_the_same_file_sends_nothing_and_names_what_is_no_claim_now(upgraded: CliWorkspace, fake_apis) -> None:
    assert len(fake_apis.cases) == len(STATES)
    assert run_again(upgraded) == (3, {"rows": 6, "already_imported": 3, "changed": 3})
    assert len(fake_apis.cases) == len(STATES)
    changes = read_sheet(upgraded.reports()[-1] / "changes.xlsx", "list.csv")
    assert changes[0]["case_ref"] == "C2"
    assert {one["case_ref"] for one in changes} == {"C2", "C3", "C5"}
    assert "Tell the collection partner" in changes[0]["#errors"]
    assert run_again(upgraded) == (0, {"rows": 6, "already_imported": 3, "changed": 3})  # which is not new any more
    assert len(fake_apis.cases) == len(STATES)
