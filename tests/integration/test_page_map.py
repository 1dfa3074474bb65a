"""What `importer map` asks at a terminal is asked on the page, with the same values and without a default where it has none."""

from __future__ import annotations

import re
import tomllib
from html import unescape

import pytest
from openpyxl import Workbook
from support.sheets import cases, write_csv

from importer.domain.code_lists import VoucherTypes
from importer.loader.profiles.draft import ProfileDraft
from importer.loader.profiles.guarded import OFFER_FROM, is_guarded
from importer.loader.profiles.joins import JOIN
from importer.loader.profiles.questions import SheetQuestionKind, questions
from importer.loader.profiles.sampling import sample_file
from importer.loader.profiles.trials import SheetTrials
from importer.loader.sheets.shape import Shape
from importer.web.work.mapping import map_view, save_profile
from importer.web.work.mapping_form import OTHER, Answers, asked, key_of

STATES = """Klient;Debitor;Land;Fakturadato;Rest;Type;Status
Nordlys A/S;Bodil Amsel;DK;{day}.02.2026;10,00;Person;Overdue
Nordlys A/S;Kaj Drossel;DK;{day}.02.2026;11,00;Person;Sent
Nordlys A/S;Ebba Fink;DK;{day}.03.2026;12,00;Person;Zorgl
"""
FILLS = {
    "Klient": "creditor_company_name",
    "Debitor": "debtor_name",
    "Land": "debtor_country",
    "Fakturadato": "date",
    "Rest": "amount_to_recover",
    "Type": "debtor_type",
}
HEADINGS = {column: heading for heading, column in FILLS.items()}
VALUES = {"currency": "DKK", "creditor_country": "DK"}


def dropped(tmp_path, text=STATES, day="15"):
    path = tmp_path / "liste.csv"
    path.write_text(text.format(day=day), encoding="utf-8")
    return path


def answer_all(page, path, more=None, sheet=""):
    """Answer every question that is asked, as a person with this list would, and return the view with the answers."""
    chosen, written = dict(more or {}), {}
    for _ in range(12):
        given = Answers(sheet, chosen, written, is_sent=True)
        view = map_view(page.environments, path, given)
        if view.is_complete:
            return view, given
        for one in view.asked:
            subject, kind = one.question.subject, one.question.kind
            text = FILLS.get(subject) if kind is SheetQuestionKind.HEADING else VALUES.get(subject, HEADINGS.get(subject))
            if kind is SheetQuestionKind.SHAPE:
                chosen[one.key] = next(option.value for option in one.options if option.label == Shape.CASES)
            elif text:
                chosen[one.key], written[one.key] = OTHER, text
            elif one.key not in chosen:
                chosen[one.key] = one.options[-1].value
    raise AssertionError([(one.question.id, one.refused) for one in view.asked])


def test_values_of_states_are_shown_with_their_sense_and_changed_in_place(page, tmp_path):
    path = dropped(tmp_path)
    view, given = answer_all(page, path)
    states = {one.value.text: one for one in view.result.states}
    assert states["Overdue"].chosen.value == "claim"
    assert (states["Sent"].chosen, states["Zorgl"].chosen) == (None, None)  # nothing is confirmed by itself
    assert "may be claims 2, questions 1" in " ".join(view.result.preview.lines())
    meant = {states["Sent"].key: "claim", states["Zorgl"].key: "paid"}
    changed = Answers(given.sheet, {**given.chosen, **meant}, given.written, is_sent=True)
    after = map_view(page.environments, path, changed)
    assert [row.role.name for row in after.result.preview.rows] == ["CLAIM", "CLAIM", "LEFT_OUT"]
    save_profile(page.environments, path, changed, "Liste", replace=False)
    profile = tomllib.loads((tmp_path / "profiles" / "liste.toml").read_text(encoding="utf-8"))
    assert profile["values"]["row_state"] == {"Sent": "claim", "Zorgl": "paid"}


def test_the_order_of_days_has_no_default_and_must_be_answered(page, tmp_path):
    path = dropped(tmp_path, day="04")
    with pytest.raises(AssertionError):
        answer_all(page, path)
    view = map_view(page.environments, path, Answers(is_sent=True))
    if view.dates is None:  # the shape is asked first
        shape = next(one for one in view.asked if one.question.kind is SheetQuestionKind.SHAPE)
        view = map_view(page.environments, path, Answers(chosen={shape.key: shape.options[0].value}, is_sent=True))
    assert view.dates.chosen is None
    form = next(iter(view.dates.ways))
    view, given = answer_all(page, path, {view.dates.key: form})
    save_profile(page.environments, path, given, "Liste", replace=False)
    assert tomllib.loads((tmp_path / "profiles" / "liste.toml").read_text(encoding="utf-8"))["date_format"] == form


def test_a_wrong_answer_keeps_all_the_others_with_its_reason_beside_it(page, tmp_path):
    path = dropped(tmp_path)
    view, given = answer_all(page, path)
    ((key, _),) = [(key, text) for key, text in given.written.items() if text == "DKK"]
    asked_last = {one.key: one for one in view.asked}
    wrong = Answers(given.sheet, given.chosen, {**given.written, key: "a lot"}, is_sent=True)
    after = map_view(page.environments, path, wrong)
    found = {one.key: one for one in after.asked}
    assert "cannot be currency" in found[key].refused
    assert (found[key].written, after.is_complete) == ("a lot", False)
    assert {one.key for one in after.asked if one.refused} == {key}
    kept = [one.key for one in after.asked] + [*after.left[0]]
    assert set(asked_last) <= set(kept)
    heading = next(one for one in view.asked if one.question.kind is SheetQuestionKind.HEADING)
    earlier = Answers(given.sheet, given.chosen, {**given.written, heading.key: "no such column"}, is_sent=True)
    view = map_view(page.environments, path, earlier)
    hidden = {key: value for key, value in given.chosen.items() if key not in {one.key for one in view.asked}}
    assert (view.left[0], view.asked[0].question.kind) == (hidden, view.asked[0].question.kind)
    empty = Answers(given.sheet, given.chosen, {**given.written, heading.key: ""}, is_sent=True)
    assert "Write the answer" in next(one for one in map_view(page.environments, path, empty).asked if one.refused).refused


def test_nothing_about_money_or_parties_nor_below_85_percent_is_chosen_beforehand(tmp_path):
    rows = "Saldo;Udest;Kontakt;Kundenavn;Fornavn;Efternavn;Belob i alt;Dato\n10,00;1,00;Bo Ek;Bo Ek;Bo;Ek;9,00;15.02.2026\n"
    for text in (STATES.format(day="15"), rows):
        path = tmp_path / "in.csv"
        path.write_text(text, encoding="utf-8")
        (sample,) = sample_file(path)
        draft = ProfileDraft(SheetTrials(sample, VoucherTypes(), {}), holds=Shape.CASES)
        for question in questions(draft):
            shown = asked(question, Answers(), "")
            chosen = [one for one in shown.options if one.is_chosen and one.label]
            if question.kind is SheetQuestionKind.HEADING:
                assert all(one.certainty >= OFFER_FROM and not is_guarded(one.label, Shape.CASES) for one in chosen)
            elif question.kind is SheetQuestionKind.JOIN:
                assert not (chosen and "debtor_name" in question.subject)
            else:
                assert chosen == []


def test_joins_are_asked_and_a_sheet_is_chosen(page, tmp_path):
    book = Workbook()
    first = book.active
    first.append(["Klient", "Fornavn", "Efternavn", "Land", "Dato", "Rest", "Type"])
    first.append(["Nordlys A/S", "Bodil", "Amsel", "DK", "2026-01-31", 10, "Person"])
    second = book.create_sheet("Andre")
    second.append(["Hvem", "Hvad", "Rest"])
    second.append(["Kaj", "x", 3])
    path = tmp_path / "bog.xlsx"
    book.save(path)
    view = map_view(page.environments, path, Answers())
    assert (view.sheets, view.sheet) == (("Sheet", "Andre"), 0)
    other = map_view(page.environments, path, Answers("1"))
    assert (other.sheet, [one.heading for one in other.headings]) == (1, ["Hvem", "Hvad", "Rest"])
    joins = [one for one in view.asked if one.question.kind is SheetQuestionKind.JOIN]
    assert [option.label for one in joins for option in one.options] == [JOIN, ""] * len(joins)
    assert not any(option.is_chosen for one in joins for option in one.options)


def test_rows_are_kept_by_column_and_value_and_a_wrong_value_is_refused(page, tmp_path):
    path = dropped(tmp_path)
    view, given = answer_all(page, path)
    kept = Answers("", given.chosen, given.written, {"skip_heading": "Status", "skip_value": "Zorgl"}, is_sent=True)
    view = map_view(page.environments, path, kept)
    assert view.result.rows == ('Rows with "Zorgl" below "Status" are left out.',)
    wrong = Answers("", given.chosen, given.written, {"only_heading": "Status", "only_value": "Nix"}, is_sent=True)
    view = map_view(page.environments, path, wrong)
    assert ("none of the first" in view.rows_refused, view.is_complete) == (True, False)


def test_the_map_page_shows_all_of_it(page, tmp_path):
    browser = page.visitor()
    refused = browser.drop(dropped(tmp_path, day="04"))
    address = re.search(r'href="(/map/\w+/0)"', refused.text)[1]
    text = unescape(browser.get(address).text)
    assert "Columns that nothing fills yet" in text
    assert "Read some of the rows only" in text
    path = next((tmp_path / "page" / "uploads").glob("*/*/liste.csv"))
    key = key_of("order of days")
    view, given = answer_all(page, path, {key: "left open"})
    form = {f"chosen.{name}": value for name, value in given.chosen.items()}
    form |= {f"written.{name}": value for name, value in given.written.items()}
    text = unescape(browser.follow(browser.post(address, form)).text)
    assert "Which part of the dates below “Fakturadato” is the day?" in text
    assert "“Sent”, rows: 1 <span" in text
    assert "What the first rows are" in text
    assert view.is_complete


def test_how_a_batch_was_read_is_changed_as_long_as_its_file_is_here(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
    address = browser.get("/batches/1/map").headers["location"]
    assert browser.get(address).status_code == 200
    saved = browser.post(address, {"save": "yes", "name": "Egen"})
    assert "Review of a.csv" in browser.follow(saved).text
    assert "discarded" in browser.get("/batches/1").text
    assert (tmp_path / "profiles" / "egen.toml").exists()
    page.services.uploads.close()
    assert "Drop it again" in browser.get("/batches/2/map").text


def test_only_files_that_were_refused_are_asked_about(page, tmp_path):
    """The name of a file that was read may be a part of the name of one that was not, and a personal number is shown masked."""
    good = write_csv(tmp_path / "a.csv", cases(1))
    refused = [tmp_path / "data.csv", tmp_path / "010180-1234.csv"]
    for number, path in enumerate(refused):
        path.write_text(STATES.format(day=15 + number), encoding="utf-8")
    shown = page.visitor().drop(good, *refused)
    job = re.search(r"/map/(\w+)/", shown.text)[1]
    assert page.services.jobs.find(job).result.to_map == ("010180-1234.csv", "data.csv")
    assert len(re.findall(r'href="/map/', shown.text)) == 2
