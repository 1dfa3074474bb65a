"""Our own credentials: whether a request can carry them, and how they are taken out of texts that are not ours. Pure."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MASK = "***"
SHORTEST_IN_TEXTS = 4
"""Shorter credentials are not looked for: they would be a part of many words."""
SHORTEST_IN_DATA = 8
"""The same for ids, names and amounts, which must stay as they are unless a credential is certainly meant."""


def header_problem(value: str) -> str | None:
    """Describe why no HTTP header can carry this credential, without its text; None if one can."""
    if not value.strip():
        return "is blank"
    odd = next((number for number, letter in enumerate(value) if not (letter.isascii() and letter.isprintable())), None)
    if odd is None:
        return None
    if value[odd] in "\r\n":
        what = "a line break"
    else:
        what = "a control character" if unicodedata.category(value[odd]) == "Cc" else "a letter or sign outside ASCII"
    return f"has {what} as its character {odd + 1}"


class Secrets:
    """The credentials that must be in no text that is stored or shown, however a server has written them.

    A text is searched for each of them as it is, escaped as in JSON, URLs and HTML, and in hexadecimal and base64, without
    regard to case.
    """

    def __init__(self, values: Iterable[str | None] = ()) -> None:
        plain = {value.strip() for value in values if value and len(value.strip()) >= SHORTEST_IN_TEXTS}
        self._in_texts = _Writings(plain)
        self._in_data = _Writings(value for value in plain if len(value) >= SHORTEST_IN_DATA)

    def masked(self, text: str) -> str:
        """Return a text for people, such as a reason, with each credential replaced."""
        return self._in_texts.masked(text)

    def masked_data(self, value: Any) -> Any:
        """Return a value of JSON with each credential in its texts replaced, unless it is a short one."""
        if isinstance(value, str):
            return self._in_data.masked(value)
        if isinstance(value, list):
            return [self.masked_data(inner) for inner in value]
        if isinstance(value, dict):
            return {self._in_data.masked(key): self.masked_data(inner) for key, inner in value.items()}
        return value

    def __bool__(self) -> bool:
        return bool(self._in_texts)

    def __repr__(self) -> str:
        return "Secrets(***)"


class _Writings:
    """The ways in which a set of credentials can be written."""

    def __init__(self, values: Iterable[str]) -> None:
        found = {way for value in values for way in _ways_to_write(value)}
        ordered = sorted(found, key=len, reverse=True)  # a longer one may contain a shorter one
        self._lowered = tuple(dict.fromkeys(way.lower() for way in ordered))
        self._pattern = re.compile("|".join(map(re.escape, ordered)), re.IGNORECASE)

    def __bool__(self) -> bool:
        return bool(self._lowered)

    def masked(self, text: str) -> str:
        if not self._lowered:
            return text
        if self._is_in(text):
            text = self._pattern.sub(MASK, text)
        # What is escaped in an unusual way has no place of its own to replace.
        return MASK if any(map(self._is_in, _unescaped(text))) else text

    def _is_in(self, text: str) -> bool:
        lowered = text.lower()
        return any(way in lowered for way in self._lowered)


def _ways_to_write(value: str) -> set[str]:
    data = value.encode("utf-8", "surrogatepass")
    ways = {value, quote(value, safe="", errors="replace"), quote(value, errors="replace"), quote_plus(value, errors="replace")}
    ways |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], html.escape(value), data.hex()}
    return ways | {found for encode in (base64.b64encode, base64.urlsafe_b64encode) for found in _base64_parts(data, encode)}


def _base64_parts(data: bytes, encode: Any) -> set[str]:
    """Return the part of a text in base64 that depends on the data alone, for each place at which the data can begin in it."""
    found = set()
    for before in range(3):
        text = encode(bytes(before) + data).decode()
        first = -(-before * 8 // 6)  # the characters that also hold bits of what is before
        last = (before + len(data)) * 8 // 6
        found.add(text[first:last])
    return {text for text in found if len(text) >= SHORTEST_IN_DATA}


_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)", re.DOTALL)
_ROUNDS = 3  # an escaped text may be escaped again


def _unescaped(text: str) -> list[str]:
    """Return the text without its escapes, if it has any."""
    found = []
    for _ in range(_ROUNDS):
        if not any(sign in text for sign in "%&\\"):
            break
        plain = html.unescape(unquote(text))
        plain = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], plain)
        if plain == text:
            break
        found.append(text := plain)
    return found


NO_SECRETS = Secrets()
