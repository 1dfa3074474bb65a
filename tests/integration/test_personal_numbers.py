"""No run leaves a personal number: not in the ledger, its log, the output, a message or a request."""

from __future__ import annotations

import csv
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.personal_numbers import Invented, found_in, numbers, secrets_of
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
)
REGISTRATION = ("Organisationsnummer", "Org.nr", "debtor_registration_number", "VAT no.")
REFERENCES = ("case_ref", "creditor_reference")


@st.composite
def placed(draw: st.DrawFn) -> tuple[Invented, str, str]:
    """A number with the heading that it is below, and the text of its cell."""
    number = draw(numbers())
    if not number.is_sure or draw(st.booleans()):
        return number, draw(st.sampled_from(number.headings)), number.written
    heading = draw(st.sampled_from((*COLUMNS, *REFERENCES)))
    text = "{}" if heading in REFERENCES else draw(st.sampled_from(IN_TEXT))
    return number, heading, text.format(number.written)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cells=st.lists(placed(), min_size=18, max_size=24))
@example(cells=[(Invented("8001011234", "SE", ("Org.nr",), is_sure=False), "Org.nr", "8001011234")])
def test_no_run_leaves_a_personal_number(cells: list[tuple[Invented, str, str]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="personal-numbers-"))
    try:
        check_run(folder, cells)
    finally:
        shutil.rmtree(folder)


def check_run(folder: Path, cells: list[tuple[Invented, str, str]]) -> None:
    workspace = CliWorkspace(folder)
    source = write_sheet(folder.parent / f"{folder.name}.csv", cells)
    kept = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), data_file=folder / "server.jsonl")
    with Sandbox(kept) as sandbox:
        own = {"IMPORTER_DEFAULTS__DEBTOR_TYPE": "by name", DATA_FOLDER: str(folder / "user-data")}
        workspace.env = settings_for(sandbox.url, **own)
        done = workspace.call("run", source, "--yes", "-vv", "--profile", profile_for(folder, cells))
    source.unlink()
    assert done.code in {0, 3, 6}, done.err
    assert "Traceback" not in done.err
    said = (done.out + done.err).encode()
    for number, heading, text in cells:
        assert found_in(folder, number) == [], (heading, text)
        assert not any(secret in said for secret in secrets_of(number)), (heading, text)


def profile_for(folder: Path, cells: list[tuple[Invented, str, str]]) -> Path:
    """A profile in which at most one of the headings is the column of registration numbers."""
    named = sorted({heading for _, heading, _ in cells} - {*COLUMNS, *REFERENCES})
    registration = next((heading for heading in named if heading in REGISTRATION), None)
    mapped = f'[columns]\n"{registration}" = "debtor_registration_number"\n' if registration else ""
    ignored = ", ".join(f'"{heading}"' for heading in named if heading != registration)
    path = folder / "profile.toml"
    path.write_text(f"ignore = [{ignored}]\n{mapped}", encoding="utf-8")
    return path


def write_sheet(path: Path, cells: list[tuple[Invented, str, str]]) -> Path:
    rows = []
    for at, (number, heading, text) in enumerate(cells):
        row = case(f"C{at}", f"{100 + at}.00", debtor_country=number.country, debtor_contact_person="Mette Holm")
        row.pop("debtor_type")
        row |= {"debtor_state": "CA"} if number.country == "US" else {}
        rows.append(row | {heading: text})
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings)
        writer.writeheader()
        writer.writerows(rows)
    return path
