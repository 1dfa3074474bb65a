"""Propose the columns of a sheet: which column each heading probably fills, and whether that is certain.

What `run` reads by itself is proposed, and what it objects to is a question (`importer.loader.sheets.reading`). A heading that it
does not know is certain only if it is spelt as a column or one of its aliases, apart from a typing error that cannot make another
word, and its cells suit that column. The user decides everything else: in many languages the date on which an invoice was
paid and the date on which it must be paid differ in one letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations

from importer.domain.cells import Cell
from importer.domain.code_lists import VoucherTypes
from importer.domain.columns import FLAT_PREFIX, PROPERTY_PREFIX, Column, ValueKind, columns_of, flat_index
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import header_key
from importer.loader.profiles.open_column import OpenColumn
from importer.loader.sheets.amount_names import AMOUNT
from importer.loader.sheets.cell_tests import agreement, is_distinctive
from importer.loader.sheets.party_evidence import are_debtor_names
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.reading import NOT_READ, HeadingReading
from importer.loader.sheets.shape import Shape, index_in
from importer.loader.values.parsers import display_text

EXACT, ALIKE, MOST = 100, 97, 95
DEBTORS = 90
"""Score of the debtor's name for a column whose cells are names of companies and persons."""
SUGGEST_FROM = 70
"""Score from which a guess is offered as the default answer."""
ASK_FROM = 50
CLEAR = 5  # points by which a certain guess must lead
AGREES, CONTRADICTS = 0.8, 0.5  # shares of cells
PART_COUNTS = 0.65  # weight of a similarity to only a part of the heading or the alias
LEAST_TRANSPOSED = 8  # letters; in a shorter word a transposition may make another word
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
        """Return up to three different values, printable. They are personal data: they may be shown, never logged or stored."""
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
    """The guess about a heading: its candidates, the best first, and whether the best one is certain.

    ``suggested`` is the candidate that is offered; each column is offered to one heading only. ``repeated``: the heading
    appears more than once in the sheet, so that it cannot be mapped. ``state`` is the column of a state that it is read as
    without a profile. ``remark`` says what is against the best candidate, or what proves it.
    """

    heading: Heading
    candidates: tuple[ColumnCandidate, ...] = ()
    sure: bool = False
    suggested: str | None = None
    repeated: bool = False
    state: str | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class SheetProposal:
    """The guesses for a sheet, in the order of its headings. Report headings (``#…``) and blank ones are left out."""

    shape: Shape
    guesses: tuple[Guess, ...]

    def sure(self) -> dict[str, str]:
        """Map headings to columns for the certain guesses, which need no question."""
        return {guess.heading.text: guess.suggested for guess in self.guesses if guess.sure and guess.suggested}

    def unsure(self) -> tuple[Guess, ...]:
        """Return the guesses that need a question."""
        return tuple(guess for guess in self.guesses if guess.candidates and not guess.sure)


def propose(
    headings: Sequence[Heading],
    shape: Shape,
    types: VoucherTypes,
    reading: HeadingReading = NOT_READ,
    proved: OpenColumn | None = None,
) -> SheetProposal:
    """Guess what each heading fills in a sheet of this shape.

    ``reading`` is how the sheet is read without a profile. A heading that could fill a column there but is superseded by another
    gets no candidates. ``proved`` is the column of what is open, if every row proves it.
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
            guesses.append(_proved(heading, proved) or _known(heading, shape, reading) or _guess(heading, shape, types))
    return SheetProposal(shape, tuple(_suggest(_disputed(guesses))))


def printable(text: str) -> str:
    """Return the text with a blank for each character that is not printable, such as terminal control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def filled_by_itself(heading: str, shape: Shape) -> str | None:
    """Return the column that a heading fills without any profile, or None."""
    return index_in(shape).get(header_key(heading))


def shape_by(cases: SheetProposal, vouchers: SheetProposal, constants: Iterable[str] = ()) -> Shape | None:
    """Return what the sheet holds, or None if that stays open.

    It is derived from the proposals as cases and as vouchers, and from the columns that get one value for all rows.
    """
    case_names, voucher_names = ({c.name for c in columns_of(kind)} for kind in RecordKind)
    for_cases = _weight(cases, constants, case_names - voucher_names)
    for_vouchers = _weight(vouchers, constants, voucher_names - case_names)
    if for_cases >= 2 and for_cases >= for_vouchers:  # noqa: PLR2004  (a single one may be chance)
        flat = {flat_index().get(header_key(guess.heading.text), "") for guess in cases.guesses}
        return Shape.FLAT if any(name.startswith(FLAT_PREFIX) for name in flat) else Shape.CASES
    return Shape.VOUCHERS if for_vouchers >= 2 else None  # noqa: PLR2004


def _weight(proposal: SheetProposal, constants: Iterable[str], distinctive: set[str]) -> float:
    scores = (c.score for g in proposal.guesses for c in g.candidates[:1] if g.suggested == c.name and c.name in distinctive)
    return sum(scores) / EXACT + len(distinctive.intersection(constants))


def _proved(heading: Heading, proved: OpenColumn | None) -> Guess | None:
    if proved is None or heading.text != proved.heading:
        return None
    return Guess(heading, (ColumnCandidate(AMOUNT, EXACT),), sure=True, remark=proved.proof())


def _known(heading: Heading, shape: Shape, reading: HeadingReading) -> Guess | None:
    """Return the guess that follows from the whole sheet, if it differs from that of the heading alone, else None."""
    if (objected := reading.objected.get(heading.text)) is not None:
        return Guess(heading, (ColumnCandidate(objected.name, MOST),), remark=objected.reason)
    if (state := reading.states.get(heading.text)) is not None:
        return Guess(heading, state=state.value)
    own, read = filled_by_itself(heading.text, shape), reading.columns.get(heading.text)
    if heading.text in reading.superseded or (own and not read and reading is not NOT_READ):
        return Guess(heading)
    return Guess(heading, (ColumnCandidate(read, EXACT),), sure=True) if read and read != own else None


def _guess(heading: Heading, shape: Shape, types: VoucherTypes) -> Guess:
    if heading.text.casefold().startswith((PROPERTY_PREFIX, FLAT_PREFIX + PROPERTY_PREFIX)):
        known = shape is not Shape.CASES
        return Guess(heading, (ColumnCandidate(heading.text, EXACT),) if known else (), sure=known)
    rated, agreed = [], {}
    for name, score in _name_scores(heading.text, shape).items():
        column = column_in(shape, name)
        agreed[name] = share = agreement(column, heading.cells, types)
        rated.append(ColumnCandidate(name, _weighed(score, share, column)))
    if agreed.get("debtor_name") and are_debtor_names(heading.cells):
        rated = [replace(one, score=max(one.score, DEBTORS)) if one.name == "debtor_name" else one for one in rated]
    rated.sort(key=lambda candidate: -candidate.score)
    best = tuple(candidate for candidate in rated if candidate.score >= ASK_FROM)[:MOST_CANDIDATES]
    return Guess(heading, best, sure=bool(best) and _is_sure(best, agreed[best[0].name]))


def _weighed(score: int, share: float | None, column: Column) -> int:
    """Return the score of a name, corrected by the cells: lower if they contradict it, higher for distinctive columns only."""
    if share is not None and share < CONTRADICTS:
        return score * 2 // 3 if score >= ALIKE else score // 3
    if is_distinctive(column) and share is not None and share >= AGREES and score < ALIKE:
        # Countries may be those of the creditor or the debtor, so the heading must be similar too.
        return min(MOST, max(score + 10, ASK_FROM if column.value_kind is ValueKind.COUNTRY else SUGGEST_FROM))
    return score


def _is_sure(best: Sequence[ColumnCandidate], share: float | None) -> bool:
    clear = len(best) == 1 or best[1].score <= best[0].score - CLEAR
    return best[0].score == EXACT or (best[0].score == ALIKE and clear and share is not None and share >= AGREES)


def _name_scores(text: str, shape: Shape) -> dict[str, int]:
    """Return the score of each column of the shape: the similarity (0 to 100) of its names to the heading."""
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
    if exact := aliases.get(header_key(text)):
        scores[exact] = EXACT
    return scores


def _spellings(text: str) -> set[str]:
    """Return the keys of the heading with its words in every order, so that "Name of debtor" matches "Debtor name"."""
    words = [word for word in text.split() if word.casefold() not in _SMALL_WORDS] or [text]
    orders = permutations(words) if len(words) <= MOST_WORDS else [words]
    return {header_key("".join(order)) for order in orders}


def _spelt_alike(spelling: str, shape: Shape) -> set[str]:
    """Return the columns with a name that differs only in alternative spellings, doubled letters, or one transposition."""
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
    """Return the guesses, without certainty for those that claim the same column."""
    claims = Counter(guess.candidates[0].name for guess in guesses if guess.sure)
    return [replace(guess, sure=False) if guess.sure and claims[guess.candidates[0].name] > 1 else guess for guess in guesses]


def _suggest(guesses: Sequence[Guess]) -> list[Guess]:
    """Offer each column to the heading that fits it best. Columns with a certain heading are not offered to others."""
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
