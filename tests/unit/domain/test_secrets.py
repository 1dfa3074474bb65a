"""Credentials in texts that are not ours, in every way in which a server may write them, and those that no header carries."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.secrets import MASK, NO_SECRETS, Secrets, header_problem

KEY = 'k3y/47+11="ve ry"&secrét'
WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "in a URL": lambda s: quote(s, safe=""),
    "in a path": quote,
    "in a query": quote_plus,
    "in a URL, every byte": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "in a URL, twice": lambda s: quote(quote(s, safe=""), safe=""),
    "in JSON": json.dumps,
    "in JSON, as letters": lambda s: json.dumps(s, ensure_ascii=False),
    "in JSON, every letter": lambda s: "".join(f"\\u{ord(letter):04X}" for letter in s),
    "in JSON, twice": lambda s: json.dumps(json.dumps(s)),
    "in HTML": html.escape,
    "in HTML, every letter": lambda s: "".join(f"&#x{ord(letter):x};" for letter in s),
    "in base64": lambda s: base64.b64encode(s.encode()).decode(),
    "in hexadecimal": lambda s: s.encode().hex(),
    **{
        f"in base64 behind {before!r}": lambda s, before=before: base64.b64encode(f"{before}{s}:x".encode()).decode()
        for before in ("a", "ab", "abc", "user:", "Bearer ")
    },
    "in base64 for URLs": lambda s: base64.urlsafe_b64encode(b"u:" + s.encode()).decode(),
}


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("value", [KEY, "key-4711-very-secret", "0f8fad5b-d9cb-469f-a165-70867728950e"])
def test_a_credential_is_found_however_it_is_written(write: Callable[[str], str], value: str) -> None:
    secrets, written = Secrets([value]), write(value)
    shown = secrets.masked(f"The key {written} is unknown.")
    assert MASK in shown
    longest = max(written.strip('"').split("%"), key=len)
    assert len(longest) < 6 or longest.lower() not in shown.lower()
    assert secrets.masked_data({"a": [written], written: 1}) != {"a": [written], written: 1}


@given(
    value=st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S"), exclude_characters="*"), min_size=8, max_size=40),
    text=st.text(),
)
def test_no_text_holds_a_credential_after_that(value: str, text: str) -> None:
    assert value.lower() not in Secrets([value]).masked(text + value + text).lower()


def test_other_texts_stay_as_they_are() -> None:
    secrets = Secrets([KEY, "hunter2"])
    for text in ("", "100 % of it", "a&b &amp; c\\d \\u0041", "It's fine", "k3y", "aHVudA=="):
        assert secrets.masked(text) == text
    assert secrets.masked_data({"a": [1, None, True, 2.5, "x"]}) == {"a": [1, None, True, 2.5, "x"]}


def test_short_credentials_change_no_data() -> None:
    """An id with such letters in it must stay itself, or the case would be another one."""
    secrets = Secrets(["hunter2", "abc", "", None, "  "])
    assert secrets.masked("hunter2 and abc") == f"{MASK} and abc"
    assert secrets.masked_data({"id": "hunter2-7"}) == {"id": "hunter2-7"}
    assert not Secrets(["abc", None])
    assert NO_SECRETS.masked("anything") == "anything"


def test_credentials_are_in_no_text_of_the_object() -> None:
    assert KEY not in repr(Secrets([KEY])) + str(Secrets([KEY]))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *[(f"key{end}", "a line break as its character 4") for end in ("\n", "\r\n", "\nmore")],
        *[
            ("a\x00b", "a control character as its character 2"),
            ("a\x7f", "a control character"),
            ("a\tb", "a control character"),
        ],
        *[("nøgle", "outside ASCII as its character 2"), ("key\u200b", "outside ASCII"), ("\ufeffkey", "outside ASCII")],
        *[("ключ", "outside ASCII"), ("a\ud800", "outside ASCII"), ("key\x85", "a control character")],
        *[("", "is blank"), ("  ", "is blank")],
    ],
)
def test_what_no_header_can_carry(value: str, words: str) -> None:
    problem = header_problem(value)
    assert problem is not None
    assert words in problem


@pytest.mark.parametrize("value", ["key-4711", "a b", "eyJhbGciOi.J9_-~+/=", "!#$%&'*+"])
def test_what_a_header_can_carry(value: str) -> None:
    assert header_problem(value) is None
