"""No run leaves a personal number: not in the ledger, its log, the output, a message or a request."""

from __future__ import annotations

import csv
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.personal_numbers import Invented, found_in, one_of_each, secrets_of
from support.sheets import case
from support.workspace import API_KEY, DATA_FOLDER, TOKEN, CliWorkspace, settings_for

from importer.sandbox import Sandbox, SandboxSettings

IN_TEXT = ("{}", "Bodil Zebrahest {}", "({}) Bodil Zebrahest", "ring til Bodil, {}, om aftenen", "cpr: {}")
COLUMNS = (
    "comments",
    "debtor_name",
    "debtor_contact_person",
    "debtor_address",
    "debtor_phone",
    "claim_description",
    "Internt",
    "Sagsbehandler",
    "voucher_text",
)
REGISTRATION = ("Organisationsnummer", "Org.nr", "debtor_registration_number", "VAT no.")
REFERENCES = ("case_ref", "creditor_reference", "voucher_reference_id", "voucher_unique_id")
VOUCHER = {"voucher_type": "invoice", "voucher_source": "CREDITOR"}


@st.composite
def placed(draw: st.DrawFn) -> list[tuple[Invented, str, str]]:
    """A number of each kind, below its own heading or in a text, with the heading and the text of its cell."""
    found = []
    for number in draw(one_of_each()):
        if not number.is_sure or draw(st.booleans()):
            found.append((number, draw(st.sampled_from(number.headings)), number.written))
            continue
        heading = draw(st.sampled_from((*COLUMNS, *REFERENCES)))
        text = "{}" if heading in REFERENCES else draw(st.sampled_from(IN_TEXT))
        found.append((number, heading, text.format(number.written)))
    return found


@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),  # shrinking runs the command again and again
)
@given(cells=placed())
def test_no_run_leaves_a_personal_number(cells: list[tuple[Invented, str, str]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="personal-numbers-"))
    try:
        check_run(folder, cells)
    finally:
        shutil.rmtree(folder)


def check_run(folder: Path, cells: list[tuple[Invented, str, str]]) -> None:
    """Import a list, and then one in which every second claim is paid and the others are smaller: nothing holds a number."""
    workspace = CliWorkspace(folder)
    source = folder.parent / f"{folder.name}.csv"
    kept = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), data_file=folder / "server.jsonl")
    said = ""
    with Sandbox(kept) as sandbox:
        own = {"IMPORTER_DEFAULTS__DEBTOR_TYPE": "by name", DATA_FOLDER: str(folder / "user-data")}
        workspace.env = settings_for(sandbox.url, **own)
        profile = profile_for(folder, cells)
        for states, amount in ((("Overdue", "Overdue", "Paid"), 100), (("Overdue", "Paid"), 90)):
            write_sheet(source, cells, states, amount)
            done = workspace.call("run", source, "--yes", "-vv", "--profile", profile)
            said += done.out + done.err
            assert done.code in {0, 3, 6}, done.err
    source.unlink()
    assert "Traceback" not in said
    sheets = {path.name for path in folder.rglob("*.xlsx")} | {path.name for path in folder.rglob("*.html")}
    assert {"errors.xlsx", "success.xlsx", "review.html"} <= sheets, sheets
    assert {"left-out.xlsx", "changes.xlsx"} <= sheets, sheets
    for number, heading, text in cells:
        assert found_in(folder, number) == [], (heading, text)
        assert not any(secret in said.encode() for secret in secrets_of(number)), (heading, text)


def profile_for(folder: Path, cells: list[tuple[Invented, str, str]]) -> Path:
    """A profile in which at most one of the headings is the column of registration numbers."""
    named = sorted({heading for _, heading, _ in cells} - {*COLUMNS, *REFERENCES})
    registration = next((heading for heading in named if heading in REGISTRATION), None)
    mapped = f'[columns]\n"{registration}" = "debtor_registration_number"\n' if registration else ""
    ignored = ", ".join(f'"{heading}"' for heading in named if heading != registration)
    path = folder / "profile.toml"
    path.write_text(f"ignore = [{ignored}]\n{mapped}", encoding="utf-8")
    return path


def write_sheet(path: Path, cells: list[tuple[Invented, str, str]], states: tuple[str, ...], amount: int) -> None:
    """Write a row for each number, every second one with a voucher, with these states in turn."""
    rows = []
    for at, (number, heading, text) in enumerate(cells):
        row = case(f"C{at}", f"{amount + at}.00", debtor_country=number.country, debtor_contact_person="Mette Holm")
        row.pop("debtor_type")
        row |= {"debtor_state": "CA"} if number.country == "US" else {}
        if at % 2 or heading.startswith("voucher_"):
            row |= VOUCHER | {"voucher_reference_id": f"F{at}", "voucher_amount": f"{amount + at}.00"}
        rows.append(row | {"Status": states[at % len(states)], heading: text})
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings)
        writer.writeheader()
        writer.writerows(rows)
