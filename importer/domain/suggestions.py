"""Suggestions for a value that is not on a list. They are shown in a reason and never applied.

Only good suggestions are made: a word must be nearly equal to one on the list, and must not mean many different things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from importer.domain.code_lists import (
    VOUCHER_CURRENCIES,
    VoucherSource,
    VoucherTypes,
    case_currencies,
    country_names,
    debtor_type_words,
    find_country,
)
from importer.domain.text_keys import fold
from importer.domain.us_states import us_state_names

MOST_SUGGESTIONS = 3
_SPELLINGS = 12  # the most names to compare, which are of a few countries in all languages
_REMEMBERED = 4096  # cached wrong words: a sheet has the same one in many rows
_ONE_SLIP, _TWO_SLIPS = 4, 8  # the letters that a word must have for one or two differences
_BEGINNING = 4  # the letters that the beginning of a name must have to be completed
_CURRENCY_WORDS = {
    **dict.fromkeys(("kr", "krone", "kroner", "kronor"), ("DKK", "SEK", "NOK")),
    **dict.fromkeys(("€", "euro", "euros"), ("EUR",)),
    **dict.fromkeys(("£", "pound", "pounds"), ("GBP",)),
    **dict.fromkeys(("$", "dollar", "dollars"), ("USD",)),
}
_OTHER_USUAL_CURRENCIES = ("PLN", "CZK", "ISK", "HUF", "RON", "CAD", "AUD", "JPY")  # not all: any code is similar to one of all
_YES = ("y", "yes", "j", "ja", "t", "true", "sand", "wahr")
_NO = ("n", "no", "nej", "nei", "nein", "f", "false", "falsk", "falsch")


def suggestions_for(code: str, text: str, *, for_vouchers: bool) -> tuple[str, ...]:
    """Return suggestions for the text of a cell that was rejected with the reason ``code``."""
    if code == "currency":
        return similar_currencies(text, for_vouchers=for_vouchers)
    similar = _SIMILAR.get(code)
    return similar(text) if similar else ()


@lru_cache(_REMEMBERED)
def similar_countries(text: str) -> tuple[str, ...]:
    """Return the names of countries that ``text`` may be a misspelling of, one for each country: that of the text's language."""
    word = fold(text)
    found = _nearest(word, _country_words(), beginning=_BEGINNING, most=_SPELLINGS)
    by_country: dict[str | None, list[str]] = {}
    for name in found:
        by_country.setdefault(find_country(name), []).append(name)
    return _few([_most_alike(word, names) for names in by_country.values()])


def _most_alike(word: str, names: Sequence[str]) -> str:
    """Return the one of several names, each with as many differences, whose letters agree most from the beginning on."""
    from rapidfuzz.distance import JaroWinkler

    return max(names, key=lambda name: JaroWinkler.similarity(word, fold(name)))


@cache
def _country_words() -> dict[str, str]:
    return {fold(name): name for name in country_names()}


@lru_cache(_REMEMBERED)
def similar_currencies(text: str, *, for_vouchers: bool) -> tuple[str, ...]:
    """Return the currencies that ``text`` may mean; none for an existing currency that vouchers cannot have."""
    word = fold(text)
    if word in _CURRENCY_WORDS:
        return _CURRENCY_WORDS[word]
    if text.strip().upper() in case_currencies() or len(word) != 3:  # noqa: PLR2004 - letters of a currency
        return ()
    usual = VOUCHER_CURRENCIES if for_vouchers else (*VOUCHER_CURRENCIES, *_OTHER_USUAL_CURRENCIES)
    return _misspelt(word, {code.casefold(): code for code in usual}, 1)


@lru_cache(_REMEMBERED)
def similar_us_states(text: str) -> tuple[str, ...]:
    """Return the names of states that ``text`` may be a misspelling of."""
    return _nearest(fold(text), {fold(name): name for name in us_state_names()}, beginning=_BEGINNING)


def similar_debtor_types(text: str) -> tuple[str, ...]:
    """Return the debtor types that a misspelt text may mean."""
    return _nearest(fold(text), debtor_type_words(), beginning=2)


def similar_sources(text: str) -> tuple[str, ...]:
    """Return the voucher sources that a misspelt text may mean."""
    return _nearest(fold(text), {source.value.casefold(): source.value for source in VoucherSource}, beginning=2)


def similar_voucher_types(text: str, types: VoucherTypes) -> tuple[str, ...]:
    """Return the voucher types that a misspelt or shortened text may mean."""
    word, words = fold(text), {fold(word): name for word, name in types.words().items()}
    named = [name for full, name in words.items() if word in full] if len(word) >= _BEGINNING else []
    return _nearest(word, words, beginning=_BEGINNING) or _few(named)


def similar_flags(text: str) -> tuple[str, ...]:
    """Return ``yes`` or ``no`` if a text of another language or a misspelt one may mean it."""
    word = fold(text)
    meant = ["yes"] * (word in _YES) + ["no"] * (word in _NO)
    return tuple(meant) or _misspelt(word, {"yes": "yes", "no": "no", "ja": "yes", "nej": "no", "nein": "no"}, len(word) > 2)  # noqa: PLR2004


_SIMILAR: dict[str, Callable[[str], tuple[str, ...]]] = {
    "country": similar_countries,
    "us_state": similar_us_states,
    "debtor_type": similar_debtor_types,
    "choice": similar_sources,
    "flag": similar_flags,
}


def _nearest(word: str, words: Mapping[str, str], *, beginning: int, most: int = MOST_SUGGESTIONS) -> tuple[str, ...]:
    """Return the meanings of the words most similar to ``word``, or the one meaning of all words that begin with it."""
    slips = (len(word) >= _ONE_SLIP) + (len(word) >= _TWO_SLIPS)
    begun = _few([suggested for full, suggested in words.items() if full.startswith(word)]) if len(word) >= beginning else ()
    return _misspelt(word, words, slips, most) or (begun if len(begun) == 1 else ())


def _misspelt(word: str, words: Mapping[str, str], slips: int, most: int = MOST_SUGGESTIONS) -> tuple[str, ...]:
    """Return the meanings of the words with the fewest differences, at most ``slips``.

    A difference is a wrong, missing or additional letter, or two swapped ones. Words that differ in the first letter
    rank lower, and are excluded if they differ in another letter too.
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    found = extract(word, words.keys(), scorer=OSA.distance, score_cutoff=slips, limit=None)
    near = [(distance, full[:1] != word[:1], words[full]) for full, distance, _ in found if distance < 2 or full[:1] == word[:1]]  # noqa: PLR2004
    best = min((rank[:2] for rank in near), default=None)
    return _few([suggested for *rank, suggested in near if tuple(rank) == best], most)


def _few(suggestions: Sequence[str], most: int = MOST_SUGGESTIONS) -> tuple[str, ...]:
    """Return the distinct ``suggestions``, or none if there are more than ``most``."""
    different = tuple(dict.fromkeys(suggestions))
    return different if len(different) <= most else ()
