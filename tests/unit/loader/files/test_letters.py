"""The encoding of a text that is not UTF-8: believed if its letters are plausible, else asked with the line for the profile."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from importer.api import read_table
from importer.errors import FileRefused
from importer.loader.files.letters import looks_like, words_in
from importer.loader.files.reader import ReadOptions

DANISH, SWEDISH, GERMAN = "Søren Kjær Ågård Nørregade Ærø", "Björn Åkesson Malmö Ängelholm", "Müller Größe Köln Übersee"
FINNISH, FRENCH, SHOUTED = "Hämäläinen Jyväskylä", "François Élan Château", "KØBENHAVN MÜNCHEN ÅRHUS"

OTHERS = (
    "O’Brien “x” – 100 € 5° ½ §5 Joe´s",
    "Å",
    "Nº 5 Mª 1ª M² Bo™ A/S Ida®",
    "Þór Guðmundur Þ. Alþýðusamband Ýr Sýslumaður",
    "João Conceição Ação Guimarães corações razões Luís Peña Ñandú",
    "Lefèvre Noël août Brûlé jeûne Hélène où Œuvre cœur Besançon",
    "Põld Õunapuu Võru Tõnu",
    "Bjørneøen Faerøe treøre Søgård",
    "Šimon Žižka Černý".replace("Č", "C"),
)
"""Letters of Western and Northern Europe that are right in Windows-1252."""


def encoding_of(text: str, encoding: str) -> str | None:
    found = looks_like(words_in(io.BytesIO(text.encode(encoding))))
    return found.encoding if found else "cp1252"


@pytest.mark.parametrize("text", [DANISH, SWEDISH, GERMAN, FINNISH, FRENCH, SHOUTED, *OTHERS])
def test_plausible_letters_are_believed(text: str) -> None:
    assert encoding_of(text, "cp1252") == "cp1252"


@pytest.mark.parametrize("text", [DANISH, SWEDISH, GERMAN, FINNISH, FRENCH, SHOUTED])
def test_letters_of_dos_are_recognised(text: str) -> None:
    assert encoding_of(text, "cp850") == "cp850"


@pytest.mark.parametrize("text", [DANISH, SWEDISH, GERMAN, FINNISH, FRENCH, SHOUTED])
def test_letters_of_an_old_macintosh_are_recognised(text: str) -> None:
    assert encoding_of(text, "mac_roman") == "mac_roman"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Иван Петров, Москва", "cp1251"),
        ("Łódź Wałęsa Gdańsk", "cp1250"),
        ("Żółty Kowalski Wójcik", "cp1250"),
        ("Jiří Dvořák Černý Žižka", "cp1250"),
        ("Őry Ágnes Tűz", "cp1250"),
        ("Petrović", "cp1250"),
        ("Şükrü Yılmaz İbrahim Güneş", "cp1254"),
        ("Beşiktaş Yıldız", "cp1254"),
        ("Šveits Žanna", "cp1257"),
        ("Łukasz Żółty Małgorzata Śliwa", "iso8859-2"),
        ("Łukasz Żółty Małgorzata Śliwa", "cp852"),
        ("1234,50 € Šimon", "iso8859-15"),
        (SWEDISH, "cp437"),
        (DANISH, "cp865"),
    ],
)
def test_other_encodings_are_recognised(text: str, encoding: str) -> None:
    alike = {"cp437": "cp850", "cp865": "cp850"}  # these letters are the same in all three
    assert encoding_of(text, encoding) == alike.get(encoding, encoding)


RUSSIAN, GREEK = "Иван Петров Москва Сергей Николаевич", "Γιώργος Παπαδόπουλος Θεσσαλονίκη Αθήνα"
HEBREW = "שלום ירושלים דוד כהן"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((RUSSIAN, one) for one in ("cp1251", "koi8-r", "cp866", "iso8859-5")),
        (GREEK, "cp1253"),
        (GREEK, "cp737"),
        (HEBREW, "cp1255"),
    ],
)
def test_alphabets_are_distinguished(text: str, encoding: str) -> None:
    assert encoding_of(text, encoding) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(text.upper(), one) for text, one in ((RUSSIAN, "koi8-r"), (RUSSIAN, "cp1251"), (GREEK, "cp1253"))]
    + [(RUSSIAN.lower(), "koi8-r"), ("Чуйков Щукин", "koi8-r"), ("Ξάνθη", "cp1253"), ("Жуков", "cp866")],
)
def test_the_right_alphabet_is_the_guess_or_among_those_that_are_named(text: str, encoding: str) -> None:
    found = looks_like(words_in(io.BytesIO(f"ref;name\n1;{text}\n".encode(encoding))))
    assert found is not None
    named = {found.encoding: found.meant, **dict(found.others)}
    assert found.encoding is None or any(word in text for word in (named.get(encoding), found.meant) if word)
    assert found.encoding is None or encoding in named


def test_an_alphabet_that_is_not_known_is_not_taken_for_another() -> None:
    found = looks_like(words_in(io.BytesIO("ref;name\n1;محمد عبدالله القاهرة\n".encode("cp1256"))))
    assert found is not None
    assert found.encoding is None


def test_encodings_that_fit_as_well_are_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("ref;name\r\n1;Šimkus\r\n2;Valančius\r\n".encode("cp1257"))
    with pytest.raises(FileRefused, match='encoding = "cp1250", encoding = "cp1257" if it is "Šimkus", or encoding = "cp1252"'):
        read_table(path)


def test_a_few_odd_letters_in_a_danish_text_are_no_question() -> None:
    assert encoding_of(f"{DANISH} Jiøí", "cp1252") == "cp1252"


def test_a_text_that_fits_nothing_is_asked_about() -> None:
    found = looks_like(words_in(io.BytesIO(b"a\x9bb a\x95b a\x97c x\xb1\xb2\xb3y z\xc4\xc5\xd1\xd2 \xd0\xf5q")))
    assert found is not None


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman", "cp1252"])
def test_the_encoding_is_asked_and_the_profile_answers(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(f"ref;name\r\n1;{DANISH}\r\n".encode(encoding))
    if encoding != "cp1252":
        with pytest.raises(FileRefused) as caught:
            read_table(path)
        assert f'encoding = "{encoding}"' in str(caught.value)
        assert "Søren" in str(caught.value) or "Ågård" in str(caught.value) or "Kjær" in str(caught.value)
    assert read_table(path, ReadOptions(encoding=encoding)).sheets["list.csv"][1][1] == ["1", DANISH]


def test_utf8_that_was_read_twice_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("ref;name\n1;SÃ¸ren MÃ¼ller\n2;Søren\n", encoding="utf-8")
    found = read_table(path, ReadOptions(encoding="utf-8-twice"))
    assert [cells[1] for _, cells in found.sheets["list.csv"]] == ["name", "Søren Müller", "Søren"]
