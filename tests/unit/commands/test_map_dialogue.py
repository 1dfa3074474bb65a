"""Tests of the questions at a terminal: typed answers lead to the same profile as answers given as values."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from importer.commands import map_dialogue
from importer.commands.map import map_file
from importer.commands.map_dialogue import MOST_LISTED, ask
from importer.commands.map_request import MapRequest
from importer.errors import ExitCode, UsageError
from importer.loader.profile import Profile
from importer.loader.profiles.draft import CONTACT, FromHeading, ProfileDraft, finish
from importer.loader.profiles.profile_file import read_profile
from importer.loader.profiles.questions import (
    NEEDS_ANSWER,
    NOTHING,
    AnswerRefused,
    Choice,
    Question,
    SheetQuestionKind,
    answer,
    open_questions,
)
from importer.loader.profiles.sampling import sample_file
from importer.loader.profiles.trials import SheetTrials
from importer.settings import Settings

NORDLYS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK"}
NUMBERED = r"^  (\d+)  {} "
PAID_IN_PART = (
    "Debitor;Land;Faktura nr.;Fakt.dato;Fakturabeløb;Indbetalt;Rest\nBo Ek;Danmark;F1;16-02-2026;2.000,50;500,00;1.500,50\n"
)
DUNNING = (
    "Kunden-Nr.;Partner Q;Straße;PLZ;Ort;Beleg-Nr.;Belegdatum;Fälligkeit;Restbetrag (EUR);Mahnstufe\n"
    "50001;Elbe Spedition KG;Am Kai 1;01067;Dresden;R-1;01.02.2026;03.03.2026;1.190,00;0\n"
    "50002;Jürgen Weiß;Am Bäckerberg 3;80331;München;R-2;06.02.2026;08.03.2026;345,50;1\n"
)
UNKNOWN = "Zzq;Tegn;Qqz;Day Q\nC1;DKK;10,50;2026-01-31\nC2;SEK;20,00;2026-02-14\n"
BOTH = (
    "Case Q;Name;Invoice no;Country;Currency;Invoice date;Amount to recover;voucher_type;Voucher Q\n"
    "C1;Bo Ek;F1;DK;DKK;2026-01-31;5.00;invoice;5.00\n"
)


class Typist:
    """A user who types the given answers, and only Enter to other questions."""

    def __init__(self, answers):
        self.answers, self.lines, self.prompts = answers, [], []

    def say(self, line):
        self.lines.extend(line.split("\n"))

    def ask(self, prompt):
        shown, self.lines = "\n".join(self.lines), []
        self.prompts.append(prompt)
        assert NEEDS_ANSWER not in shown, self.prompts
        if prompt.startswith("Number ["):
            return str(1 + ("cases", "vouchers", "flat").index(self.answers["shape"]))
        if column := re.search(r"^No heading fills (\w+):", shown, re.MULTILINE):
            return self.filled(shown, self.answers.get(f"column:{column[1]}", NOTHING))
        heading = re.search(r'^"(.*?)"   ', shown, re.MULTILINE)
        said = self.answers.get(f"heading:{heading[1]}") if heading else None
        return "0" if said == NOTHING else said or ""

    @staticmethod
    def filled(shown, answer):
        if isinstance(answer, str):
            return answer
        return re.search(NUMBERED.format(re.escape(answer.heading)), shown, re.MULTILINE)[1]


def write_open_items(path):
    """A sheet as exported by a bookkeeping system: titles above, a total and a remark below."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Åbne poster"
    sheet.append(["Nordlys Energi A/S"])
    sheet.append(["Pr. 31-05-2026"])
    sheet.append([])
    sheet.append(["Kundenr.", "Navn", "Postnr.", "Land", "Fakturanr.", "Fakturadato", "Valuta", "Beløb", "Restbeløb"])
    sheet.append([10023, "Havblik Handel ApS", 8000, "Danmark", 20411, datetime(2026, 1, 31), "DKK", 125, 125])  # noqa: DTZ001
    sheet.append([10041, "Bodil Zebrahest", 2100, "Danmark", 20419, datetime(2026, 2, 4), "DKK", 12.5, 7.5])  # noqa: DTZ001
    sheet.append(["I alt", None, None, None, None, None, None, 137.5, 132.5])
    notes = book.create_sheet("Noter")
    notes.append(["Emne", "Tekst"])
    notes.append(["Rente", "Beregnes ikke"])
    book.save(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_open_items(tmp_path / "open-items.xlsx")
    for name, text in {"paid.csv": PAID_IN_PART, "unknown.csv": UNKNOWN, "both.csv": BOTH}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "dunning.csv").write_text(DUNNING, encoding="cp1252")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "defaults", "answers"),
    [
        ("open-items.xlsx", NORDLYS, {"column:debtor_type": "by name"}),
        ("open-items.xlsx", {}, {"column:debtor_type": "Person", "column:creditor_company_name": FromHeading("Kundenr.")}),
        ("paid.csv", NORDLYS, {"column:currency": "DKK"}),
        ("paid.csv", NORDLYS | {"currency": "DKK", "debtor_type": "Company"}, {"column:debtor_contact_person": "Mette Holm"}),
        ("dunning.csv", NORDLYS, {"heading:Partner Q": "debtor_name", "column:debtor_country": "DE"}),
        ("dunning.csv", {}, {"heading:Partner Q": NOTHING, "column:debtor_name": FromHeading("Partner Q")}),
        (
            "unknown.csv",
            {},
            {
                "shape": "vouchers",
                "heading:Tegn": "currency",
                "column:case_ref": FromHeading("Zzq"),
                "column:voucher_amount": FromHeading("Qqz"),
            },
        ),
        ("unknown.csv", NORDLYS, {"shape": "cases", "heading:Tegn": NOTHING, "heading:Day Q": "date", "column:currency": "DKK"}),
        (
            "both.csv",
            NORDLYS,
            {"heading:Case Q": "case_ref", "heading:Voucher Q": "voucher_amount", "column:debtor_type": "Person"},
        ),
    ],
)
def test_typed_answers_and_values_come_to_the_same_profile(folder, file, defaults, answers):
    settings = Settings(defaults=defaults)
    map_file(MapRequest(Path(file)), settings, Typist(answers), lambda _: None)
    (written,) = (folder / "profiles").iterdir()

    sheet = SheetTrials(sample_file(folder / file)[0], settings.known_voucher_types(), defaults)
    draft = ProfileDraft(sheet, Profile(sheet="Åbne poster") if file.endswith(".xlsx") else Profile())
    while asked := open_questions(draft):
        draft = answer(draft, asked[-1].id, answers.get(asked[-1].id))

    besides = {"name", "description"}
    assert read_profile(written).model_dump(exclude=besides) == finish(draft).model_dump(exclude=besides)
    assert answers.keys() <= {
        "shape",
        *(f"heading:{h}" for h in draft.heading_answers),
        *(f"column:{c}" for c in draft.column_answers),
    }


COLUMN = Question(
    "column:currency", SheetQuestionKind.COLUMN, "currency", choices=tuple(Choice(FromHeading(f"H{n}")) for n in range(1, 21))
)
HEADING = Question(
    "heading:Zzq", SheetQuestionKind.HEADING, "Zzq", choices=(Choice("date", 80), Choice("currency", 60)), default="date"
)


class Scripted(Typist):
    """A user who types these lines in order."""

    def __init__(self, *typed):
        super().__init__({})
        self.typed, self.heard = list(typed), []

    def say(self, line):
        self.heard.append(line)

    def ask(self, prompt):
        self.prompts.append(prompt)
        return self.typed.pop(0)


@pytest.fixture
def answers(monkeypatch):
    """Record the answer instead of returning a draft. Refuse "no", and an empty answer if it is not among the choices."""
    taken = []

    def take(draft, question_id, value):
        if value == "no":
            raise AnswerRefused("It cannot be.")
        taken.append((question_id, value))
        return draft

    monkeypatch.setattr(map_dialogue, "answer", take)
    return taken


@pytest.mark.parametrize(
    ("question", "typed", "value"),
    [
        (COLUMN, "15", FromHeading("H15")),
        (COLUMN, "07", FromHeading("H7")),
        (COLUMN, "16", "16"),  # is not shown
        (COLUMN, "0", "0"),
        (COLUMN, "DKK", "DKK"),
        (COLUMN, "", None),
        (HEADING, "2", "currency"),
        (HEADING, "0", NOTHING),
        (HEADING, "due_date", "due_date"),
        (HEADING, "3", "3"),
        (HEADING, "", None),
    ],
)
def test_a_number_is_an_answer_of_the_list_and_a_word_is_one_itself(answers, question, typed, value):
    user = Scripted(typed)
    ask(user, object(), question)
    assert answers == [(question.id, value)]
    assert sum(line.startswith("  ") for line in user.heard) <= MOST_LISTED


def test_a_refused_answer_is_asked_again_with_the_reason(answers):
    user = Scripted("no", "no", "1")
    ask(user, object(), HEADING)
    assert answers == [("heading:Zzq", "date")]
    assert (
        user.heard[-2:]
        == ["It cannot be. Type a number of the list, or another column's name; 0 leaves it out, and Ctrl-C ends."] * 2
    )
    assert user.prompts == ["Number, or the name of a column; ? lists them [1]: "] * 3


@pytest.mark.parametrize(("default", "prompt"), [("currency", " [2]"), (NOTHING, " [0]"), (None, "")])
@pytest.mark.usefixtures("answers")
def test_the_prompt_shows_what_enter_stands_for(default, prompt):
    question = Question("heading:Zzq", SheetQuestionKind.HEADING, "Zzq", choices=HEADING.choices, default=default)
    user = Scripted("1")
    ask(user, object(), question)
    assert user.prompts == [f"Number, or the name of a column; ? lists them{prompt}: "]


@pytest.mark.parametrize(("column", "enter"), [("currency", "leaves it open"), (CONTACT, "takes the company's own name")])
@pytest.mark.usefixtures("answers")
def test_a_question_about_a_column_says_once_what_enter_does(column, enter):
    user = Scripted("1")
    ask(user, object(), replace(COLUMN, subject=column))
    shown = " ".join([*user.heard, *user.prompts])
    assert (shown.count("Enter"), enter in shown) == (1, True)


def test_a_question_mark_lists_what_may_be_answered(folder):
    settings = Settings(defaults=NORDLYS)
    user = Asking({"heading:Partner Q": "debtor name", "column:debtor_country": "DE", "column:debtor_type": "Company"})
    ended = map_file(MapRequest(folder / "dunning.csv", folders=(folder / "profiles",)), settings, user, lambda _: None)
    assert ended.exit_code is ExitCode.OK
    about_heading, about_column = user.listed[0], user.listed[1]
    assert re.search(r"^  debtor_name +The company's or the person's full name\.", about_heading, re.MULTILINE)
    assert "  creditor_reference " not in about_heading  # it is filled
    assert re.search(r"^  Mahnstufe +0 \| 1", about_column, re.MULTILINE)


class Asking(Typist):
    """A user who types ? at each question first."""

    def __init__(self, answers):
        super().__init__(answers)
        self.listed, self.before = [], None

    def ask(self, prompt):
        if self.before is None and "; ? lists" in prompt:
            self.before, self.lines = self.lines, []
            return "?"
        if self.before is not None:
            self.listed.append("\n".join(self.lines))
            self.lines, self.before = self.before, None
        return super().ask(prompt)


FILTERS = (
    "Company;Debtor;Country;Invoice no;Invoice date;Currency;Balance due\n"
    "A;Bo Ek;DK;F1;2026-01-31;DKK;5.00\nB=C;Ida Ek;DK;F2;2026-01-31;DKK;6.00\n"
)


def test_rows_are_kept_or_dropped_by_values_that_the_sheet_has(folder):
    (folder / "rows.csv").write_text(FILTERS, encoding="utf-8")
    request = MapRequest(folder / "rows.csv", folders=(folder / "profiles",), only_sure=True, constants={"debtor_type": "Person"})
    ended = map_file(
        replace(request, only=("company=a",), skip=("Company=B=C",)), Settings(defaults=NORDLYS), None, lambda _: None
    )
    assert ended.exit_code is ExitCode.OK, ended
    profile = read_profile(folder / "profiles" / "rows.toml")
    assert (profile.rows.only, profile.rows.skip) == ({"Company": "a"}, {"Company": "B=C"})
    assert 'Only rows with "a" below "Company" are read.' in ended.lines


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Company", "COLUMN=VALUE"),
        ("Zzq=A", 'no column "Zzq"'),
        ("Company=D", 'none of the first 500 rows has "D"'),
    ],
)
def test_a_filter_that_fits_no_row_is_refused(folder, given, told):
    (folder / "rows.csv").write_text(FILTERS, encoding="utf-8")
    request = MapRequest(folder / "rows.csv", folders=(folder / "profiles",), only_sure=True, only=(given,))
    with pytest.raises(UsageError, match=re.escape(told)):
        map_file(request, Settings(defaults=NORDLYS), None, lambda _: None)
    assert not (folder / "profiles").exists()
