"""The questions of `importer map` about the values that show whether a row is a claim."""

from __future__ import annotations

import tomllib

from importer.commands.map_states import ask_states, with_values
from importer.domain.code_lists import VoucherTypes
from importer.loader.profile import Profile
from importer.loader.profiles.profile_writer import profile_text
from importer.loader.profiles.sampling import sample_file
from importer.loader.profiles.trials import SheetTrials

DEFAULTS = {
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "debtor_type": "Person",
    "debtor_country": "DK",
    "currency": "DKK",
}
LIST = """Invoice number;Customer name;Invoice date;Total;Status
1;Bodil Amsel;2026-06-01;10.00;Overdue
2;Kaj Drossel;2026-06-01;10.00;Sent
3;Ebba Fink;2026-06-01;10.00;Zorgl
4;Tove Star;2026-06-01;10.00;Zorgl
"""


class ScriptedTypist:
    """A user who types these answers, one after the other."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.shown = list(answers), ""

    def say(self, line: str) -> None:
        self.shown += line

    def ask(self, question: str) -> str:
        self.shown += question
        return self.answers.pop(0)

    def ask_secret(self, question: str) -> str:
        return self.ask(question)


def trials(tmp_path, text=LIST):
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    (sample,) = sample_file(tmp_path / "in.csv")
    return SheetTrials(sample, VoucherTypes(), DEFAULTS)


def test_only_values_that_are_not_certain_are_asked_about_and_nothing_is_the_default(tmp_path):
    user = ScriptedTypist("", "perhaps", "no claim")
    profile = ask_states(user, trials(tmp_path), Profile(name="erp"))
    assert profile.values == {"row_state": {"Zorgl": "cancelled"}}
    assert "Overdue" not in user.shown
    assert '"Sent" in 1 of the first rows, usually an open claim' in user.shown
    assert '"Zorgl" in 2 of the first rows. What does it mean?' in user.shown
    assert '"perhaps" is none of: claim' in user.shown
    assert not user.answers


def test_what_a_profile_says_is_not_asked_again(tmp_path):
    known = Profile(name="erp", values={"row_state": {"Zorgl": "claim", "Sent": "claim"}})
    assert ask_states(ScriptedTypist(), trials(tmp_path), known) == known


def test_values_and_filters_are_written_and_read_back():
    rows = {"only": {"Afdeling": ["Salg"]}, "skip": {"Gruppe": "Intern"}}
    profile = Profile.model_validate({"values": {"row_state": {"Fase 3": "claim"}, "currency": {"kr": "DKK"}}, "rows": rows})
    text = profile_text(profile)
    assert Profile(**tomllib.loads(text)) == profile
    assert "[values.row_state] # what a value says about its row" in text


def test_confirmed_values_are_added_to_a_file_that_keeps_its_comments(tmp_path):
    path = tmp_path / "erp.toml"
    path.write_text('# mine\n[values.currency]\nkr = "DKK" # always\n', encoding="utf-8")
    text = with_values(path, {"Sent": "claim", "Closed": "paid"})
    assert text.startswith('# mine\n[values.currency]\nkr = "DKK" # always\n')
    assert Profile(**tomllib.loads(text)).values == {"currency": {"kr": "DKK"}, "row_state": {"Sent": "claim", "Closed": "paid"}}
