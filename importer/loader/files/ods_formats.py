"""Number formats of OpenDocument cells: from the text that a cell shows, or else from its number style.

Both are given as a format code, as other workbooks have it: ``F-00123`` for 123 is ``"F-"00000``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from importer.domain.number_formats.number_format import NumberFormat
from importer.loader.files.number_formats import kept_format

_NUMBER = re.compile(r"[0-9](?:[0-9.,'\u00a0\u202f\u2009 ]*[0-9])?")
_DIGITS_ALONE = re.compile(r"(?:-(?=.*[1-9]))?(?:0|[1-9][0-9]{0,14})(?:\.([0-9]{1,12}))?")
_GROUP_MARKS = ".,'\u00a0\u202f\u2009 "
_CURRENCY = re.compile(r"\[\$[^\]-][^\]]*\]")
_EXPONENT = re.compile(r"-?([0-9]+)(?:[.,]([0-9]+))?[Ee]([+-]?[0-9]{1,3})")
_STYLES = frozenset(("number-style", "currency-style", "percentage-style"))
_COMMA_LOCALE = "[$-406]"  # Danish: it stands for any language with a decimal comma
_THOUSAND = 3


def format_shown(attributes: Mapping[str, str], text: str, style: str) -> NumberFormat | None:
    """Return the format of a number if the cell shows something else than the number, else None.

    ``text`` is what the cell shows, ``style`` the code of its number style, "" if it has none.
    """
    currency = attributes.get("office:currency", "").strip()
    return _format_shown(attributes.get("office:value", ""), text, style, currency)


@lru_cache(maxsize=1 << 14)
def _format_shown(value: str, text: str, style: str, currency: str) -> NumberFormat | None:
    if not text and style:
        code = style if _CURRENCY.search(style) or not currency else f"{style} [${currency}]"
        return kept_format(code, zeros_as_text=False)
    signs = f"[${currency}]" if currency else "".join(_CURRENCY.findall(style))
    code = code_of_text(value, text) if text else "General"
    return kept_format(f"{code} {signs}" if signs else code, zeros_as_text=text.isdecimal())


def code_of_text(value: str, text: str) -> str:
    """Return a format code by which a number shows this text; a text that is no form of the number is a code by itself."""
    if value == text and (found := _DIGITS_ALONE.fullmatch(text)):  # most numbers that a program writes
        return f"0.{'0' * len(found[1])}" if found[1] else "0"
    try:
        return _code_of_text(Decimal(value), text)
    except InvalidOperation:  # no number, or one with more digits than can be compared
        return "General"


def _code_of_text(number: Decimal, text: str) -> str:
    if code := _with_exponent(number, text):
        return code
    for match in _NUMBER.finditer(text):
        if code := _body(match[0], abs(number), is_percent="%" in text):
            before, behind = text[: match.start()], text[match.end() :]
            if number < 0:
                before = _without_minus(before)
            return f"{_literal(before)}{code}{_literal(behind)}"
    return _parted(text, number) or _literal(text) or "General"


def _with_exponent(number: Decimal, text: str) -> str | None:
    """Return the code of a number that is shown with an exponent, such as ``1,067E+03``."""
    found = _EXPONENT.fullmatch(text)
    if found is None:
        return None
    whole, decimals, power = found[1], found[2] or "", int(found[3])
    shown = abs(number).scaleb(-power).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    behind = f".{'0' * len(decimals)}" if decimals else ""
    return f"0{behind}E+00" if shown == Decimal(f"{whole}.{decimals or 0}") else None


def _parted(text: str, number: Decimal) -> str | None:
    """Return the code of a whole number whose digits have other signs between them, such as ``01-2345``."""
    digits = "".join(filter(str.isdecimal, text))
    if not digits.isascii() or not digits or Decimal(digits) != abs(number):
        return None
    return re.sub(r"[^0]+", lambda found: _literal(found[0]), re.sub(r"[1-9]", "0", text))


def _without_minus(before: str) -> str:
    return next((before.replace(minus, "", 1) for minus in ("-", "\u2212") if minus in before), before)


def _literal(text: str) -> str:
    """Return the code of a text beside a number. Percent signs count as such."""
    parts = text.split("%")
    return "%".join('"' + part.replace('"', "'") + '"' if part else "" for part in parts)


def _body(digits: str, number: Decimal, *, is_percent: bool) -> str | None:
    """Return the code of the digits if they are those of the number, perhaps rounded, with a point or a comma."""
    wanted = number * 100 if is_percent else number
    for point in (".", ","):
        whole, mark, decimals = digits.rpartition(point)
        if not mark:
            whole, decimals = digits, ""
        groups = whole.translate(str.maketrans("", "", _GROUP_MARKS))
        if not groups or (not decimals.isdecimal() and decimals):
            continue
        if Decimal(f"{groups}.{decimals or 0}") == wanted.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP):
            return _code_of_body(whole, groups, decimals, is_comma=bool(decimals) and point == ",")
    return None


def _code_of_body(whole: str, groups: str, decimals: str, *, is_comma: bool) -> str:
    behind = f".{'0' * len(decimals)}" if decimals else ""
    if len(groups) < len(whole) and _is_grouped(whole):
        return f"#,##0{behind}"
    return f"{_COMMA_LOCALE if is_comma else ''}{_whole_places(whole, groups)}{behind}"


def _whole_places(whole: str, groups: str) -> str:
    """Return the places of the whole digits, with the signs that part them."""
    if len(groups) < len(whole):
        return "".join("0" if sign.isdigit() else f"\\{sign}" for sign in whole)
    return "0" * len(groups) if groups.startswith("0") else "0"


def _is_grouped(whole: str) -> bool:
    """Return whether marks part the digits in groups of three."""
    first, *others = re.split(f"[{re.escape(_GROUP_MARKS)}]", whole)
    return 0 < len(first) <= _THOUSAND and not first.startswith("0") and all(len(one) == _THOUSAND for one in others)


@dataclass
class OdsStyles:
    """The number styles of a document and the cell styles that use them, collected while its XML is parsed."""

    codes: dict[str, str] = field(default_factory=dict)
    """Number style → format code."""
    of_cells: dict[str, str] = field(default_factory=dict)
    """Cell style → number style."""
    maps: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Number style → conditions, each with the number style that applies under it."""
    _name: str | None = None
    _parts: list[str] = field(default_factory=list)
    _text: list[str] | None = None
    _locale: str = ""

    def code_of(self, attributes: Mapping[str, str], default: str) -> str:
        """Return the format code of a cell, by its own style or the ``default`` of its row or column; "" without one."""
        return self._with_maps(self.of_cells.get(attributes.get("table:style-name") or default, ""))

    def _with_maps(self, name: str) -> str:
        """Return the code of a number style, with those that apply instead of it on a condition, such as ``value()>=0``."""
        main, others = self.codes.get(name, ""), self.maps.get(name, ())
        signs = [(condition.removeprefix("value()"), self.codes.get(style, main)) for condition, style in others]
        if [sign for sign, _ in signs] == [">=0"]:
            return f"{signs[0][1]};{main}"
        return "".join(f"[{sign}]{code};" for sign, code in signs) + main

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the start of an element."""
        prefix, _, name = tag.rpartition(":")
        if prefix == "number":
            self._start_number(name, attributes)
        elif tag == "style:map" and self._name is not None:
            condition, applied = attributes.get("style:condition", ""), attributes.get("style:apply-style-name", "")
            self.maps.setdefault(self._name, []).append((condition, applied))
        elif tag == "style:style" and (style := attributes.get("style:data-style-name")):
            self.of_cells[attributes.get("style:name", "")] = style

    def _start_number(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in _STYLES:
            self._name, self._parts = attributes.get("style:name", ""), []
        elif self._name is None:
            return
        elif name == "number":
            self._parts.append(_code_of_number(attributes))
        elif name in ("text", "currency-symbol"):
            self._text = []
            place = "-".join(filter(None, (attributes.get("number:language"), attributes.get("number:country"))))
            self._locale = f"-{place}" if place else ""

    def data(self, text: str) -> None:
        """Take characters of an element."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        prefix, _, name = tag.rpartition(":")
        if prefix != "number":
            return
        if self._text is not None and name in ("text", "currency-symbol"):
            text, self._text = "".join(self._text), None
            self._parts.append(_literal(text) if name == "text" else f"[${text}{self._locale}]" if text else "")
        elif name in _STYLES and self._name is not None:
            self.codes[self._name], self._name = "".join(self._parts), None


def _code_of_number(attributes: Mapping[str, str]) -> str:
    def count(name: str) -> int:
        text = attributes.get(f"number:{name}", "")
        return min(int(text), _MOST_PLACES) if text.isascii() and text.isdecimal() else 0

    whole, decimals = count("min-integer-digits"), count("min-decimal-places") or count("decimal-places")
    places = "0" * whole or "#"
    if attributes.get("number:grouping") == "true":
        places = f"#,##{places}" if whole <= 1 else f"#,{places}"
    return (f"{places}.{'0' * decimals}" if decimals else places) + _divisor(attributes.get("number:display-factor", "1"))


def _divisor(factor: str) -> str:
    """Return a comma for each thousand by which a number is divided before it is shown."""
    try:
        power = Decimal(factor).adjusted()
    except InvalidOperation:
        return ""
    return "," * min(max(power // _THOUSAND, 1), _MOST_PLACES) if power > 0 else ""


_MOST_PLACES = 30
