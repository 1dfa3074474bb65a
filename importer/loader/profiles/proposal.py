"""A proposal for the headings of a sheet: which column each one probably fills, and whether that is sure.

Sure is a heading that is spelt as a column or one of its aliases, but for a slip that makes no other word, with cells
that such a column holds. Everything else is for a person to say: in many languages one letter tells the day on which
an invoice was paid from the day on which it is to be paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations

from importer.domain.cells import Cell
from importer.domain.code_lists import VoucherTypes
from importer.domain.columns import FLAT_PREFIX, PROPERTY_PREFIX, Column, ValueKind, columns_of, flat_index, weak_index
from importer.domain.kinds import Kind
from importer.domain.text_keys import header_key
from importer.loader.sheets.cell_tests import agreement, is_distinctive
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape, index_in
from importer.loader.values.parsers import display_text

EXACT, ALIKE, MOST = 100, 97, 95
SUGGEST_FROM = 70
"""From this score on a guess is worth being the answer to Enter."""
ASK_FROM = 50
CLEAR = 5  # how far behind a sure guess the second one is
AGREES, CONTRADICTS = 0.8, 0.5  # shares of cells
PART_COUNTS = 0.65  # of a heading that merely holds an alias, or is held by one
LEAST_TRANSPOSED = 8  # letters: in a shorter word a transposition makes another word too easily
MOST_CANDIDATES = 4
SAMPLES = 3
MOST_WORDS = 4
_SMALL_WORDS = frozenset(("of", "the", "for", "af", "på", "til", "von", "der", "des", "die", "das", "i", "av"))


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the sheet and cells from below it."""

    text: str
    cells: tuple[Cell, ...] = ()

    def samples(self) -> tuple[str, ...]:
        """Up to three different values, printable. They are personal data: to be shown, never to be logged or stored."""
        found: dict[str, None] = {}
        for cell in self.cells:
            found.setdefault(printable(display_text(cell)))
            if len(found) == SAMPLES:
                break
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ColumnCandidate:
    """A column that a heading may fill; ``score`` is 0 to 100."""

    name: str
    score: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What is guessed about a heading: its candidates, the best first, and whether the best one is sure.

    ``suggested`` is the candidate that is offered; no two headings are offered the same. ``repeated``: the heading stands
    in the sheet more than once, so that it cannot be mapped.
    """

    heading: Heading
    candidates: tuple[ColumnCandidate, ...] = ()
    sure: bool = False
    suggested: str | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Guesses for a sheet, in its own order; headings of the reports' own (``#…``) and blank ones are left out."""

    shape: Shape
    guesses: tuple[Guess, ...]

    def sure(self) -> dict[str, str]:
        """Heading → column, where nobody needs to be asked."""
        return {guess.heading.text: guess.suggested for guess in self.guesses if guess.sure and guess.suggested}

    def unsure(self) -> tuple[Guess, ...]:
        return tuple(guess for guess in self.guesses if guess.candidates and not guess.sure)


def propose(
    headings: Sequence[Heading], shape: Shape, types: VoucherTypes, by_themselves: Mapping[str, str] | None = None
) -> Proposal:
    """Guess what each heading fills in a sheet of this shape.

    ``by_themselves``: what the headings fill without a profile, where that is known of the sheet as a whole. A heading
    that could fill a column but gives way to another there is left alone.
    """
    keys = Counter(header_key(heading.text) for heading in headings)
    guesses = []
    for heading in headings:
        key = header_key(heading.text)
        if not key or heading.text.startswith("#"):
            continue
        if keys[key] > 1:
            guesses.append(Guess(heading, repeated=True))
        else:
            guesses.append(_known(heading, shape, by_themselves or {}) or _guess(heading, shape, types))
    return Proposal(shape, tuple(_suggest(_disputed(guesses))))


def printable(text: str) -> str:
    """The text with a blank for each character that is not printable, such as those that steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def column_called(text: str, shape: Shape) -> str | None:
    """The column that a person names in a sheet of this shape, by its own name; None if there is none."""
    if text.startswith((PROPERTY_PREFIX, FLAT_PREFIX + PROPERTY_PREFIX)):
        return None if shape is Shape.CASES else text
    return next((name for name in index_in(shape).values() if name == text.casefold()), None)


def filled_by_itself(heading: str, shape: Shape) -> str | None:
    """The column that a heading fills without any profile, or None."""
    return index_in(shape).get(header_key(heading))


def shape_by(cases: Proposal, vouchers: Proposal, constants: Iterable[str] = ()) -> Shape | None:
    """What the sheet holds, from its proposals as cases and as vouchers and the columns that get one value for all rows.

    None if all that does not tell.
    """
    case_names, voucher_names = ({c.name for c in columns_of(kind)} for kind in Kind)
    for_cases = _weight(cases, constants, case_names - voucher_names)
    for_vouchers = _weight(vouchers, constants, voucher_names - case_names)
    if for_cases >= 2 and for_cases >= for_vouchers:  # noqa: PLR2004  (one may be chance)
        flat = {flat_index().get(header_key(guess.heading.text), "") for guess in cases.guesses}
        return Shape.FLAT if any(name.startswith(FLAT_PREFIX) for name in flat) else Shape.CASES
    return Shape.VOUCHERS if for_vouchers >= 2 else None  # noqa: PLR2004


def _weight(proposal: Proposal, constants: Iterable[str], telling: set[str]) -> float:
    scores = (c.score for g in proposal.guesses for c in g.candidates[:1] if g.suggested == c.name and c.name in telling)
    return sum(scores) / EXACT + len(telling.intersection(constants))


def _known(heading: Heading, shape: Shape, by_themselves: Mapping[str, str]) -> Guess | None:
    """What the sheet as a whole tells of a heading, if that is more than the heading does."""
    own, read = filled_by_itself(heading.text, shape), by_themselves.get(heading.text)
    if not by_themselves or own == read:
        return None
    return Guess(heading, (ColumnCandidate(read, EXACT),), sure=True) if read else Guess(heading)


def _guess(heading: Heading, shape: Shape, types: VoucherTypes) -> Guess:
    if heading.text.casefold().startswith((PROPERTY_PREFIX, FLAT_PREFIX + PROPERTY_PREFIX)):
        known = shape is not Shape.CASES
        return Guess(heading, (ColumnCandidate(heading.text, EXACT),) if known else (), sure=known)
    rated, agreed = [], {}
    for name, score in _name_scores(heading.text, shape).items():
        column = column_in(shape, name)
        agreed[name] = share = agreement(column, heading.cells, types)
        rated.append(ColumnCandidate(name, _weighed(score, share, column)))
    rated.sort(key=lambda candidate: -candidate.score)
    best = tuple(candidate for candidate in rated if candidate.score >= ASK_FROM)[:MOST_CANDIDATES]
    return Guess(heading, best, sure=bool(best) and _is_sure(best, agreed[best[0].name]))


def _weighed(score: int, share: float | None, column: Column) -> int:
    """A score by name, with what the cells say: they can speak against every column, but for a few only."""
    if share is not None and share < CONTRADICTS:
        return score * 2 // 3 if score >= ALIKE else score // 3
    if is_distinctive(column) and share is not None and share >= AGREES and score < ALIKE:
        # Countries stand in a sheet for the creditor as well as for the debtor: there the heading must help.
        return min(MOST, max(score + 10, ASK_FROM if column.value_kind is ValueKind.COUNTRY else SUGGEST_FROM))
    return score


def _is_sure(best: Sequence[ColumnCandidate], share: float | None) -> bool:
    clear = len(best) == 1 or best[1].score <= best[0].score - CLEAR
    return best[0].score == EXACT or (best[0].score == ALIKE and clear and share is not None and share >= AGREES)


def _name_scores(text: str, shape: Shape) -> dict[str, int]:
    """Each column of the shape with the similarity of its names to a heading."""
    from rapidfuzz import fuzz, process

    spellings = _spellings(text)
    aliases = index_in(shape)
    scores: dict[str, int] = dict.fromkeys(aliases.values(), 0)
    names = list(aliases)
    for spelling in spellings:
        whole = process.cdist([spelling], names, scorer=fuzz.ratio)[0]
        part = process.cdist([spelling], names, scorer=fuzz.partial_ratio)[0]
        for alias, like, part_like in zip(names, whole, part, strict=True):
            score = min(MOST, int(max(like, part_like * PART_COUNTS if len(alias) > 3 else 0)))  # noqa: PLR2004
            scores[aliases[alias]] = max(scores[aliases[alias]], score)
        for name in _spelt_alike(spelling, shape):
            scores[name] = max(scores[name], ALIKE)
    if weak := _weak_name(text, shape):
        scores[weak] = max(scores.get(weak, 0), MOST)
    if exact := aliases.get(header_key(text)):
        scores[exact] = EXACT
    return scores


def _spellings(text: str) -> set[str]:
    """The heading with its words in every order: "Name of debtor" and "Debtor name" differ in little else."""
    words = [word for word in text.split() if word.casefold() not in _SMALL_WORDS] or [text]
    orders = permutations(words) if len(words) <= MOST_WORDS else [words]
    return {header_key("".join(order)) for order in orders}


def _weak_name(text: str, shape: Shape) -> str | None:
    return weak_index(Kind.VOUCHER if shape is Shape.VOUCHERS else Kind.CASE).get(header_key(text))


def _spelt_alike(spelling: str, shape: Shape) -> set[str]:
    """The columns with a name that differs only in letters written in two ways, doubled, or transposed once."""
    from rapidfuzz.distance import OSA

    plain = _plain(spelling)
    found = set()
    for alias, name in _plain_names(shape):
        same = plain == alias
        swapped = len(alias) >= LEAST_TRANSPOSED and sorted(plain) == sorted(alias) and OSA.distance(plain, alias) == 1
        if same or (swapped and not any(c.isdigit() for c in plain)):
            found.add(name)
    return found


@cache
def _plain_names(shape: Shape) -> tuple[tuple[str, str], ...]:
    return tuple((_plain(alias), name) for alias, name in index_in(shape).items())


_TWO_WAYS = (("å", "aa"), ("æ", "ae"), ("ä", "ae"), ("ø", "oe"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), (":", ""), ("*", ""))


def _plain(key: str) -> str:
    for written, letter in _TWO_WAYS:
        key = key.replace(written, letter)
    return "".join(c for i, c in enumerate(key) if c.isdigit() or i == 0 or c != key[i - 1])


def _disputed(guesses: Sequence[Guess]) -> list[Guess]:
    """The guesses, none of them sure that another heading fills the same column."""
    claims = Counter(guess.candidates[0].name for guess in guesses if guess.sure)
    return [replace(guess, sure=False) if guess.sure and claims[guess.candidates[0].name] > 1 else guess for guess in guesses]


def _suggest(guesses: Sequence[Guess]) -> list[Guess]:
    """Offer each column to the one heading that fits it best; what is sure is no longer offered to others."""
    taken = {guess.candidates[0].name for guess in guesses if guess.sure}
    offers = sorted(
        ((c.score, -at, c.name) for at, guess in enumerate(guesses) if not guess.sure for c in guess.candidates), reverse=True
    )
    offered: dict[int, str] = {}
    for score, at, name in offers:
        if score >= SUGGEST_FROM and name not in taken and -at not in offered:
            offered[-at] = name
            taken.add(name)
    return [_settled(guess, offered.get(at), taken) for at, guess in enumerate(guesses)]


def _settled(guess: Guess, offered: str | None, taken: set[str]) -> Guess:
    if guess.sure:
        return replace(guess, suggested=guess.candidates[0].name)
    left = tuple(c for c in guess.candidates if c.name == offered or c.name not in taken)
    return replace(guess, candidates=left, suggested=offered)
