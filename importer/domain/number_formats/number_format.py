"""A whole number format: which of its sections applies to a value, and what the cell then shows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from importer.domain.number_formats.rendering import ENGLISH, Marks, general_text, is_shown_as_zero, round_to, shown_number
from importer.domain.number_formats.section import Condition, CurrencySign, FormatSection
from importer.domain.number_formats.tokens import TokenKind, sections_of

_MOST_SECTIONS = 3  # for numbers; a fourth one is that of texts
DIGITS = 15
"""The digits of a number that a spreadsheet keeps."""
_GENERAL = FormatSection.parse("General")


class ChosenSection:
    """The section that applies to a number, and whether the number's sign is shown by the format or not at all."""

    __slots__ = ("hides_sign", "section", "with_minus")

    def __init__(self, section: FormatSection, *, with_minus: bool, hides_sign: bool) -> None:
        self.section, self.with_minus, self.hides_sign = section, with_minus, hides_sign


@dataclass(frozen=True)
class NumberFormat:
    """A parsed format code.

    ``zeros_as_text``: a number with leading zeros is read as a text at once, and not only below an identifier.
    """

    code: str
    zeros_as_text: bool = True

    @cached_property
    def _sections(self) -> tuple[FormatSection, ...]:
        return tuple(map(FormatSection.parse, sections_of(self.code)))

    @cached_property
    def _of_numbers(self) -> tuple[FormatSection, ...]:
        """The sections for numbers; one for texts at the end is none of them."""
        found = self._sections[:_MOST_SECTIONS]
        return (found[:-1] if found[-1].is_of_text else found) or (_GENERAL,)

    @cached_property
    def _of_text(self) -> FormatSection | None:
        """The section for texts, or None if texts are shown as they are."""
        return self._sections[-1] if len(self._sections) > _MOST_SECTIONS or self._sections[-1].is_of_text else None

    def choose(self, value: Decimal) -> ChosenSection | None:
        """Return the section for a number; None if no condition holds, so that a spreadsheet shows ``####``."""
        sections = self._of_numbers
        if any(section.condition for section in sections):
            return _by_condition(sections, value)
        if value < 0:
            own = len(sections) > 1
            section = sections[1] if own else sections[0]
            return ChosenSection(section, with_minus=not own, hides_sign=own and not section.shows_sign)
        is_third = value == 0 and len(sections) >= _MOST_SECTIONS
        return ChosenSection(sections[2] if is_third else sections[0], with_minus=False, hides_sign=False)

    def show(self, value: Decimal, marks: Marks = ENGLISH) -> str | None:
        """Return all that the cell shows for a number; None for a date or time, or if no section applies to the number."""
        choice = self.choose(value)
        if choice is None or choice.section.is_date:
            return None
        shown = shown_number(choice.section, abs(value), marks)
        has_minus = choice.with_minus and not choice.section.is_without_number and not is_shown_as_zero(choice.section, value)
        return f"-{shown}" if has_minus else shown

    def show_text(self, text: str) -> str:
        """Return what the cell shows for a text."""
        section = self._of_text
        if section is None or section.is_plain:
            return text
        return "".join(_of_text(token.kind, token.text, text) for token in section.tokens)

    @cached_property
    def changes_texts(self) -> bool:
        """Whether texts are shown with something beside them. A format that hides texts does not change them."""
        section = self._of_text
        beside = (token.text for token in section.tokens if token.kind is TokenKind.LITERAL) if section else ()
        return section is not None and section.is_of_text and bool("".join(beside).strip())

    def signs(self, value: Decimal) -> tuple[CurrencySign, ...]:
        """Return the texts beside a number that may be its currency."""
        choice = self.choose(value)
        return choice.section.signs if choice else ()

    @cached_property
    def of_positives(self) -> tuple[FormatSection, ...]:
        """The sections by which numbers above zero may be shown."""
        conditions = [section.condition for section in self._of_numbers]
        if not any(conditions):
            return self._of_numbers[:1]
        return tuple(one for one in self._of_numbers if one.condition is None or not one.condition.is_of_negatives)

    @cached_property
    def sections(self) -> tuple[FormatSection, ...]:
        """The sections for numbers."""
        return self._of_numbers


@lru_cache(maxsize=4096)
def number_format(code: str) -> NumberFormat:
    """Return the format of a code, which is parsed once."""
    return NumberFormat(code)


def exact(value: float) -> Decimal:
    """Return a number with the 15 digits that a spreadsheet keeps."""
    return Decimal(f"{value:.{DIGITS}g}")


def _of_text(kind: TokenKind, shown: str, text: str) -> str:
    if kind is TokenKind.TEXT:
        return text
    if kind is TokenKind.BLANK:
        return " "
    return shown if kind is TokenKind.LITERAL else ""


def _by_condition(sections: tuple[FormatSection, ...], value: Decimal) -> ChosenSection | None:
    """Choose by the conditions. A section without one takes all other numbers, of three the second one those below zero."""
    for at, section in enumerate(sections):
        condition = section.condition or _implied(at, sections)
        if condition is None or condition.holds(value):
            is_below = condition is not None and condition.is_of_negatives
            is_hidden = value < 0 and is_below and not section.shows_sign
            return ChosenSection(section, with_minus=value < 0 and not is_below, hides_sign=is_hidden)
    return None


def _implied(at: int, sections: tuple[FormatSection, ...]) -> Condition | None:
    """Return the condition of a section that names none; None if it takes all other numbers."""
    if at == 0:
        return _ABOVE_ZERO if len(sections) >= _MOST_SECTIONS else _FROM_ZERO
    return _BELOW_ZERO if at == 1 and len(sections) >= _MOST_SECTIONS else None


_ABOVE_ZERO, _FROM_ZERO, _BELOW_ZERO = (Condition(sign, Decimal(0)) for sign in (">", ">=", "<"))


def keeps_digits(section: FormatSection, value: Decimal) -> bool:
    """Return whether a section shows all digits of a number: it neither rounds nor divides it, and has a place for them."""
    if section.has(TokenKind.GENERAL) or section.is_of_text:
        return True
    layout = section.digits
    if section.is_without_number or layout.thousands or layout.exponent or section.is_fraction:
        return False
    scaled = value.scaleb(2 * section.percents)
    return round_to(scaled, len(layout.decimals)) == scaled


__all__ = ["DIGITS", "ChosenSection", "NumberFormat", "exact", "general_text", "keeps_digits", "number_format"]
