import pytest

from importer.domain.parties.decide import NO_NUMBERS, PartyNumbers, decide
from importer.domain.parties.forms import FormKind, legal_forms, name_words
from importer.domain.parties.kinds import Party, PartyKind, PartyRule, UnclearParty, party_kind_named
from importer.domain.parties.numbers import _REGISTERS, _VAT_MODULES, is_company_number, is_vat_id

COMPANY, TRADER, PERSON = PartyKind.COMPANY, PartyKind.SOLE_TRADER, PartyKind.PERSON
FORM, BODY, CLUB, NAME = PartyRule.LEGAL_FORM, PartyRule.PUBLIC_BODY, PartyRule.ASSOCIATION, PartyRule.PERSONAL_NAME


@pytest.mark.parametrize(
    ("name", "country", "kind", "rule", "owner"),
    [
        ("Havblik Handel ApS", "DK", COMPANY, FORM, None),
        ("Nordlys Energi A/S", "DK", COMPANY, FORM, None),
        ("I/S Solvang", "DK", COMPANY, FORM, None),
        ("Foo ApS, afd. Odense", "DK", COMPANY, FORM, None),
        ("Nordtind Fiskeri AS (under konkurs)", "NO", COMPANY, FORM, None),
        ("AB Zebra (publ)", "SE", COMPANY, FORM, None),
        ("Ek. för. Solen", "SE", COMPANY, FORM, None),
        ("Zilverreiger Vishandel B. V.", "NL", COMPANY, FORM, None),
        ("SARL Zebre", "FR", COMPANY, FORM, None),
        ("Zebra sp. z o.o.", "PL", COMPANY, FORM, None),
        ("Möwenquell GmbH & Co. KG", "DE", COMPANY, FORM, None),
        ("Möwenquell GmbH", "DK", COMPANY, FORM, None),  # a form that is distinct everywhere
        ("Byg & Bolig v/ Jens Hansen", "DK", TRADER, FORM, "Jens Hansen"),
        ("Byg & Bolig v/Jens Hansen", "DK", TRADER, FORM, "Jens Hansen"),
        ("Hans Zebra e.K.", "DE", TRADER, FORM, "Hans Zebra"),
        ("Tmi Matti Seepra", "FI", TRADER, FORM, "Matti Seepra"),
        ("Enskild firma Eva Zebra", "SE", TRADER, FORM, "Eva Zebra"),
        ("John Zebra t/a Zebra Plumbing", "GB", TRADER, FORM, "John Zebra"),
        ("Zebra ENK", "NO", TRADER, FORM, None),
        ("Göteborgs kommun", "SE", COMPANY, BODY, None),
        ("Region Midtjylland", "DK", COMPANY, BODY, None),
        ("Stadt Köln", "DE", COMPANY, BODY, None),
        ("Grundejerforeningen Solbakken", "DK", COMPANY, CLUB, None),
        ("Odense Boldklub", "DK", COMPANY, CLUB, None),
        ("Bodil Zebrahest", "DK", PERSON, NAME, None),
        ("Zebrahest, Bodil", "DK", PERSON, NAME, None),
        ("Fru Zebrahest", "NO", PERSON, NAME, None),
        ("B. Zebrahest", "DK", PERSON, NAME, None),
        ("Jens og Bodil Zebrahest", "DK", PERSON, NAME, None),
        ("Nguyen Van Sa", "DK", PERSON, NAME, None),  # the form SA is not one of this country
        ("Ludwig van der Zebra", "DE", PERSON, NAME, None),
    ],
)
def test_a_name_shows_what_the_debtor_is(name, country, kind, rule, owner) -> None:
    assert decide(name, country) == Party(kind, rule, owner)


@pytest.mark.parametrize(
    "name", ["Nordlys", "Cafe Luna", "Zebra Transport", "3F Aarhus", "GmbH", "Jens Zebra & Søn", "Kontantkunde"]
)
def test_what_a_name_does_not_show_is_a_question(name) -> None:
    assert decide(name, "DK") is UnclearParty.NOTHING


@pytest.mark.parametrize(
    "name",
    [
        *("Novo Nordisk", "Carlsberg Danmark", "Deutsche Bahn", "Nordea Bank", "Autohaus Müller", "Team Danmark", "Jens Danmark"),
        *("Brødrene Dahl", "Kontant salg", "Havblik ApS Odense", "Jens Hansen ApS Odense", "I alt forfaldne", "Equal Rows"),
    ],
)
def test_two_words_alone_are_no_person(name) -> None:
    assert decide(name, "DK") is UnclearParty.NOTHING


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Søren Kierkegaard",
            "Lærke Holm",
            "Åse Holm",
            "Karl-Heinz Müller",
            "Anne-Grethe Poulsen",
            "Mehmet Yıldız",
            "Hansen, Ida",
        ),
        *(
            "Amina Yusuf",
            "Mohammed Al-Hassan",
            "Thi Nguyen",
            "Łukasz Nowak",
            "Oleksandr Shevchenko",
            "Gunilla Öst",
            "Torbjørn Dal",
        ),
    ],
)
def test_common_given_names_make_a_person(name) -> None:
    assert decide(name, "DK") == Party(PERSON, NAME)


@pytest.mark.parametrize("name", ["Amsel KG", "Hansen BV", "Nguyen Van SA", "Peter Lund Oy", "Zebra S.A.", "Eva Sas"])
def test_a_name_with_a_form_of_another_country_is_no_personal_name(name) -> None:
    assert decide(name, "DK") is UnclearParty.FOREIGN_FORM


@pytest.mark.parametrize(
    ("text", "country"), [("ATU13585627", "AT"), ("FI20774740", "FI"), ("LU15027442", "LU"), ("EL094259216", "GR")]
)
def test_a_vat_id_of_every_country_is_read(text, country) -> None:
    assert is_vat_id(text, country, is_named=False)


def test_the_rules_of_every_country_can_be_applied() -> None:
    for country in (*_REGISTERS, *_VAT_MODULES):
        for text in ("12345678", "123456789", "1234567890", "12345678901", f"{country}123456789", f"{country}U12345678"):
            assert is_vat_id(text, country, is_named=True) in {True, False}
            assert is_company_number(text, country) in {True, False}


@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        ("Nordlys", PartyNumbers(company=True), Party(COMPANY, PartyRule.COMPANY_NUMBER)),
        ("Nordlys", PartyNumbers(vat=True), Party(COMPANY, PartyRule.VAT_ID)),
        ("Nordlys v/ Eva Zebra", PartyNumbers(company=True), Party(TRADER, PartyRule.COMPANY_NUMBER, "Eva Zebra")),
        ("Eva Zebra", PartyNumbers(personal=True), Party(PERSON, PartyRule.PERSONAL_NUMBER)),
        ("Eva Zebra", PartyNumbers(personal=True, vat=True), Party(TRADER, PartyRule.PERSONAL_NUMBER, "Eva Zebra")),
        ("Zebras Bygg", PartyNumbers(personal=True), Party(TRADER, PartyRule.PERSONAL_NUMBER)),
        ("Zebra AB", PartyNumbers(personal=True), UnclearParty.CONTRADICTION),
        ("", NO_NUMBERS, UnclearParty.NO_NAME),
    ],
)
def test_numbers_come_before_the_name(name, numbers, expected) -> None:
    assert decide(name, "SE" if numbers.personal else "DK", numbers) == expected


@pytest.mark.parametrize(
    ("number", "country", "is_one"),
    [
        *(("13585628", "DK", True), ("12345678", "DK", False), ("5560125790", "SE", True), ("8001011234", "SE", False)),
        *(("165560125790", "SE", True), ("988077917", "NO", True), ("188077917", "NO", False), ("2077474-0", "FI", True)),
        *(("HRB 12345", "DE", True), ("12345", "DE", False), ("13585628", None, False), ("13585628", "NO", False)),
    ],
)
def test_a_number_of_a_company_needs_its_country_and_its_check_digit(number, country, is_one) -> None:
    assert is_company_number(number, country) is is_one


@pytest.mark.parametrize(
    ("text", "country", "is_named", "is_one"),
    [
        *(("DK13585628", "DK", False, True), ("13585628", "DK", True, True), ("13585628", "DK", False, False)),
        *(("DE136695976", None, False, True), ("DE136695978", None, False, False), ("SE556188840401", "SE", False, True)),
        *(("XX123", None, False, False), ("", "DK", True, False)),
    ],
)
def test_a_vat_id_has_its_check_digit(text, country, is_named, is_one) -> None:
    assert is_vat_id(text, country, is_named=is_named) is is_one


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Company", COMPANY),
        ("Virksomhed", COMPANY),
        ("Enkeltmandsvirksomhed", TRADER),
        ("ENK", TRADER),
        ("privat", PERSON),
        ("?", None),
    ],
)
def test_a_column_of_types_names_sole_traders_too(word, kind) -> None:
    assert party_kind_named(word) is kind


def test_the_list_of_forms_is_sound() -> None:
    assert all(form.words and form.countries for form in legal_forms())
    assert all(len(country) == 2 for form in legal_forms() for country in form.countries)
    assert all(form.kind is FormKind.SOLE_TRADER for form in legal_forms() if form.owner)
    assert all(word.words for word in name_words())
