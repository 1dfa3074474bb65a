"""What `run` and `check` ask at a terminal before they read: headings that nobody knows, and debtors that nothing tells apart."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from support.sheets import case, write_csv

from importer.commands.ask_parties import ask_parties
from importer.commands.check import check
from importer.commands.map_offer import offer_map
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.errors import FileRefused
from importer.settings import load_settings
from importer.workspace.environment import open_environment
from importer.workspace.request import ImportRequest, find_profiles
from importer.workspace.workspace import Workspace

DEFAULTS = """[defaults]
creditor_company_name = "Nordlys Energi A/S"
creditor_country = "DK"
debtor_type = "by name"
debtor_contact_person = "Mette Holm"
"""
UNKNOWN_NAME = (
    "Firma;Straße;PLZ;Ort;Land;Beleg-Nr.;Belegdatum;Offener Betrag (EUR)\n"
    "Müller Bau GmbH;Am Kai 1;80331;München;Deutschland;R1;2026-02-01;10,00\n"
    "Weiß & Söhne KG;Am Kai 2;10115;Berlin;Deutschland;R2;2026-02-06;20,00\n"
)


class User:
    """Types these lines in order, and remembers what was asked."""

    def __init__(self, *typed):
        self.typed, self.asked, self.said = list(typed), [], []

    def say(self, line):
        self.said.append(line)

    def ask(self, question):
        self.asked.append(question)
        return self.typed.pop(0)


@pytest.fixture
def opened(tmp_path):
    (tmp_path / "importer.toml").write_text(DEFAULTS, encoding="utf-8")
    workspace = Workspace.at(tmp_path)
    with open_environment(workspace, load_settings(workspace.settings_file), sandbox=True, serving=False) as environment:
        yield workspace, environment


def request_for(workspace, name):
    _, profile_set = find_profiles(None, workspace)
    return ImportRequest(workspace, (workspace.root / name,), profile_set=profile_set)


def test_headings_that_would_be_refused_are_asked_about_and_the_import_goes_on(opened):
    workspace, environment = opened
    (workspace.root / "a.csv").write_text(UNKNOWN_NAME, encoding="utf-8")
    request = request_for(workspace, "a.csv")
    with pytest.raises(FileRefused, match="no column for: debtor_name"):
        check(request, environment)
    user = User("", "1", "")  # yes; Firma is the debtor; write it
    answered = offer_map(request, environment.settings, user, lambda _: None)
    assert user.typed == []
    result = check(answered, environment)
    assert result.exit_code == 0, result.messages
    assert offer_map(answered, environment.settings, User(), lambda _: None) == answered  # nothing is asked again


def test_a_no_leaves_the_file_to_be_refused(opened):
    workspace, environment = opened
    (workspace.root / "a.csv").write_text(UNKNOWN_NAME, encoding="utf-8")
    request = request_for(workspace, "a.csv")
    assert offer_map(request, environment.settings, User("n"), lambda _: None) == request
    assert not (workspace.root / "profiles").exists()


def unclear(ref, name):
    row = case(ref, debtor_name=name, debtor_zip_code="8000")
    return {heading: value for heading, value in row.items() if heading not in ("debtor_type", "debtor_contact_person")}


def named_list(workspace, *, profile):
    rows = [unclear("C1", "Cafe Luna"), unclear("C2", "Nordlys"), unclear("C3", "Bo Ek"), unclear("C4", "Nordlys")]
    write_csv(workspace.root / "a.csv", rows)
    if profile:
        folder = workspace.root / "profiles"
        folder.mkdir()
        listed = ", ".join(f'"{heading}"' for heading in rows[0])
        (folder / "p.toml").write_text(f"# ours\nheadings = [{listed}]\n", encoding="utf-8")
    return request_for(workspace, "a.csv")


def waiting(request, environment):
    """The questions of a check, with their rows."""
    (report,) = check(request, environment).reports
    return report.summary.count(RecordKind.CASE, RowStatus.QUESTIONED)


def test_debtors_are_asked_about_once_by_name_and_remembered_in_the_profile(opened):
    workspace, environment = opened
    request = named_list(workspace, profile=True)
    user = User("x", "n", "c", "sole trader")
    answered = ask_parties(request, environment, user)
    assert "2 debtors may be companies or persons" in user.said[0]
    assert [question.split("(")[0] for question in user.asked[2:]] == ['"Cafe Luna, 8000" ', '"Nordlys, 8000" ']
    text = (workspace.root / "profiles" / "p.toml").read_text(encoding="utf-8")
    assert text.startswith("# ours\n")
    assert tomllib.loads(text)["parties"] == {"Cafe Luna, 8000": "company", "Nordlys, 8000": "sole trader"}
    assert ask_parties(answered, environment, User()) == answered
    assert (waiting(request, environment), waiting(answered, environment)) == (3, 0)


@pytest.mark.parametrize(("typed", "left"), [("p", 0), ("", 3)])
def test_without_a_profile_one_answer_for_all_holds_for_this_import(opened, typed, left):
    workspace, environment = opened
    request = named_list(workspace, profile=False)
    answered = ask_parties(request, environment, User(typed))
    assert waiting(answered, environment) == left
    assert waiting(replace(answered, parties={}), environment) == 3
    assert not (workspace.root / "profiles").exists()


def test_letters_that_fit_several_encodings_are_asked_about_once(opened):
    workspace, environment = opened
    list_of_dos = UNKNOWN_NAME.replace("Firma", "debtor_name").encode("cp850")
    (workspace.root / "a.csv").write_bytes(list_of_dos)
    request = request_for(workspace, "a.csv")
    left_open = User("", "")
    assert offer_map(request, environment.settings, left_open, lambda _: None) == request
    user = User("", "1", "")  # yes; code page 850; write it
    answered = offer_map(request, environment.settings, user, lambda _: None)
    assert user.typed == []
    result = check(answered, environment)
    assert result.exit_code == 0, result.messages
    assert offer_map(answered, environment.settings, User(), lambda _: None) == answered  # nothing is asked again
