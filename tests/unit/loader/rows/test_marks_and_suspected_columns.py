"""Columns of marks, columns with cells that do not fit, and columns of states below headings that nobody knows."""

from __future__ import annotations

import pytest
from unit.loader.rows.test_row_verdicts import CONTEXT, HEAD, read, with_column

from importer.domain.notes import NoteKind
from importer.errors import FileRefused
from importer.loader.profile import Profile
from importer.loader.source import open_file

OPEN_HEAD = HEAD.replace("Total", "Balance due")


def below_open_amount(heading: str, *values: str) -> str:
    return with_column(heading, *values).replace("Total", "Balance due", 1)


def roles(found: list[str]) -> str:
    return " ".join(one.split()[0] for one in found)


@pytest.mark.parametrize("heading", ["Paid", "Betalt", "Betald", "Bezahlt", "Er betalt?", "Paid?", "Betalt (ja/nej)", "Paid Y/N"])
@pytest.mark.parametrize("values", [("", "2026-05-20"), ("nej", "2026-05-20"), ("", "ja"), ("no", "05/04/2026")])
def test_a_day_below_a_heading_of_paid_says_that_its_row_is_paid(tmp_path, heading, values):
    assert read(tmp_path, with_column(heading, *values)) == ["case 100.50", "left out no_claim"]


@pytest.mark.parametrize("text", ["200 kr. 20/5", "ja, MobilePay", "bezahlt 20.5.", "soon"])
def test_what_is_neither_yes_nor_a_day_is_a_question_of_its_row(tmp_path, text):
    assert read(tmp_path, with_column("Betalt", "nej", "2026-05-20", "ja", text)) == [
        *("case 100.50", "left out no_claim", "left out no_claim", "asked row_state")
    ]


@pytest.mark.parametrize("heading", ["Paid", "Settled date", "Written off on"])
def test_a_day_of_payment_beside_an_open_amount_is_a_question(tmp_path, heading):
    assert read(tmp_path, below_open_amount(heading, "", "2026-05-20")) == ["case 100.50", "asked settled_but_open"]


@pytest.mark.parametrize("heading", ["SettledDate", "Settled on", "Clearing date", "Udligningsdato", "Ausgleichsdatum"])
def test_a_day_on_which_nothing_was_left_says_that_its_row_is_paid(tmp_path, heading):
    assert read(tmp_path, with_column(heading, "", "2026-05-20")) == ["case 100.50", "left out no_claim"]


def test_a_row_that_was_settled_and_is_disputed_is_left_out(tmp_path):
    text = with_column("SettledDate;Disputed", "2026-05-20;Yes", ";Yes", ";No")
    assert read(tmp_path, text) == ["left out no_claim", "asked disputed", "case 102.50"]


def test_a_day_of_settlement_that_is_to_come_is_a_promise(tmp_path):
    text = with_column("Settled date", "2026-11-27", "2026-11-28", "")
    assert read(tmp_path, text) == ["left out no_claim", "asked disputed", "case 102.50"]


def test_amounts_that_were_paid_still_object_to_an_uncertain_amount(tmp_path):
    with pytest.raises(FileRefused, match='"Betalt" says that part of it may be paid'):
        read(tmp_path, with_column("Betalt", "0", "100,50").replace("Total", "Amount", 1))


@pytest.mark.parametrize(
    ("heading", "values", "expected"),
    [
        ("Promised pay date", ("", "2026-12-20", "2026-01-01", "soon"), "case asked case asked"),
        ("Afskrevet", ("", "nej", "ja", "2026-05-20"), "case case left asked"),
        ("Written off", ("", "no", "yes", "perhaps"), "case case left asked"),
        ("Written off", ("0.00", "0.00", "0.00", "yes"), "case case case asked"),
        ("Is credit", ("", "no", "yes", "CN-5"), "case case left asked"),
    ],
)
def test_one_cell_that_does_not_fit_leaves_a_known_heading_what_it_is(tmp_path, heading, values, expected):
    assert roles(read(tmp_path, below_open_amount(heading, *values))) == expected


def test_a_blank_beside_marks_is_not_open(tmp_path):
    for heading, marks in (("Open", ("x", "", "x")), ("Unpaid", ("ja", "", "ja")), ("Ubetalt?", ("x", "", "x"))):
        assert read(tmp_path, with_column(heading, *marks)) == ["case 100.50", "asked row_state", "case 102.50"]


@pytest.mark.parametrize(
    ("heading", "values", "expected"),
    [
        ("Info", ("Åben", "Betalt", "Krediteret", "ukendt"), "asked left left asked"),
        ("Kategori", ("Faktura", "Kreditnota"), "asked left"),
        ("Status (EN)", ("Open", "Paid"), "asked left"),
        ("Payment state", ("Unpaid", "Paid"), "case left"),
        ("Betaling", ("Ubetalt", "Betalt"), "case left"),
        ("Entry type", ("Invoice", "Credit note"), "case left"),
        ("Betaling modtaget", ("nej", "ja", ""), "case asked case"),
        ("Betaling bogført den", ("", "2026-05-20"), "case asked"),
        ("Ubetalt pr. 1/6", ("ja", "nej", ""), "case asked asked"),
        ("Tvist oprettet", ("", "2026-05-20", "ja"), "case asked asked"),
        ("Krediteret af", ("", "K-55"), "case asked"),
        ("Konkursboet", ("", "ja"), "case asked"),
        ("Annulleret af", ("", "", "ja"), "case case asked"),
        ("Closed at", ("", "2026-05-20"), "case asked"),
        ("Spærret", ("", "ja"), "case asked"),
    ],
)
def test_a_column_of_states_below_an_unknown_heading_is_asked_about(tmp_path, heading, values, expected):
    assert roles(read(tmp_path, with_column(heading, *values))) == expected


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("Noter", ("Betalt", "Krediteret")),
        ("Bemærkning 2", ("Betalt 20/5", "Kreditnota")),
        ("Betalingsmetode", ("Direct debit", "Betalingsservice")),
        ("Kategori", ("A", "C")),
        ("Region", ("NO", "SE")),
        ("Sidste rykker", ("Rykker", "Inkassovarsel")),
        ("Kreditmaksimum", ("50.000", "10.000")),
        ("Statusdato", ("2026-05-20", "2026-05-20")),
        ("Betalingsbetingelser", ("", "ja")),
    ],
)
def test_texts_and_other_columns_decide_nothing(tmp_path, heading, values):
    assert roles(read(tmp_path, with_column(heading, *values))) == "case case"


def test_a_profile_answers_what_a_suspected_column_means_or_leaves_it_out(tmp_path):
    text = with_column("Info", "Åben", "Betalt")
    answered = Profile.model_validate({"values": {"row_state": {"Åben": "claim", "Betalt": "paid"}}})
    assert read(tmp_path, text, answered) == ["case 100.50", "left out no_claim"]
    assert read(tmp_path, text, Profile(ignore=["Info"])) == ["case 100.50", "case 101.50"]
    marks = with_column("Betaling modtaget", "nej", "ja")
    assert read(tmp_path, marks, Profile.model_validate({"values": {"row_state": {"ja": "paid"}}}))[1] == "left out no_claim"
    assert read(tmp_path, marks, Profile(ignore=["Betaling modtaget"])) == ["case 100.50", "case 101.50"]


BESIDE = "Invoice number;Customer name;Invoice date;Due date;Balance due;Total;Paid\n"


def beside(*rows: tuple[str, str, str]) -> str:
    names = ("Bodil Amsel", "Kaj Drossel", "Ebba Fink", "Tove Star")
    lines = (f"F-{n};{names[n]};2026-06-0{n + 1};2026-07-01;{';'.join(row)}\n" for n, row in enumerate(rows))
    return BESIDE + "".join(lines)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((("100.00", "100.00", "0"), ("150.00", "200.00", "50.00"), ("200.00", "200.00", "200.00")), "case case asked"),
        ((("200.00", "200.00", "200.00"),), "asked"),
        ((("200.00", "200.00", "50.00"), ("150.00", "200.00", "50.00"), ("10.00", "50.00", "40.00")), "asked case case"),
        ((("200.00", "200.00", "50.00"),), "case"),
        ((("200.00", "200.00", "-"), ("200.00", "200.00", "see bank")), "case asked"),
        ((("0.00", "200.00", "200.00"), ("50.00", "200.00", "100.00")), "left case"),
    ],
)
def test_an_open_amount_that_the_row_itself_contradicts_is_a_question(tmp_path, rows, expected):
    assert roles(read(tmp_path, beside(*rows))) == expected


def test_the_review_shows_what_marks_days_and_words_are_taken_for(tmp_path):
    path = tmp_path / "sent.csv"
    path.write_text(with_column("Sent", "Sent", "Not sent", "nej", "2026-05-20", "perhaps"), encoding="utf-8")
    assert roles(read(tmp_path, path.read_text(encoding="utf-8"))) == "case left left case asked"
    with open_file(path, Profile(), CONTEXT) as source:
        list(source.rows)
        (note,) = [one for one in source.found if one.kind is NoteKind.VALUES_READ and one.value("heading") == "Sent"]
    taken = dict(zip(note.all("value"), note.all("taken"), strict=True))
    assert taken == {"Sent": "yes", "Not sent": "no", "nej": "no", "2026-05-20": "yes", "perhaps": ""}
