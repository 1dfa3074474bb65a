"""What somebody may have meant by a word that is on no list: offered in a reason, never applied.

Better no offer than a silly one: a word must be nearly the same as one on the list, and mean few things.
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

MOST_OFFERS = 3
_SPELLINGS = 12  # of few countries, in all languages
_REMEMBERED = 4096  # wrong words; a sheet has the same one in many rows
_ONE_SLIP, _TWO_SLIPS = 4, 8  # letters from which on a word may differ by as many
_BEGINNING = 4  # letters from which on the beginning of a name counts for it
_PARTS_OF_BRITAIN = dict.fromkeys(("England", "Scotland", "Wales", "Northern Ireland"), "United Kingdom")
_CURRENCY_WORDS = {
    **dict.fromkeys(("kr", "krone", "kroner", "kronor"), ("DKK", "SEK", "NOK")),
    **dict.fromkeys(("€", "euro", "euros"), ("EUR",)),
    **dict.fromkeys(("£", "pound", "pounds"), ("GBP",)),
    **dict.fromkeys(("$", "dollar", "dollars"), ("USD",)),
}
_OTHER_USUAL_CURRENCIES = ("PLN", "CZK", "ISK", "HUF", "RON", "CAD", "AUD", "JPY")  # any code is near to one of all
_YES = ("y", "yes", "j", "ja", "t", "true", "sand", "wahr")
_NO = ("n", "no", "nej", "nei", "nein", "f", "false", "falsk", "falsch")


def offers_for(code: str, text: str, *, for_vouchers: bool) -> tuple[str, ...]:
    """What may be meant by a cell that was rejected with the reason ``code``."""
    if code == "currency":
        return currencies_like(text, for_vouchers=for_vouchers)
    like = _LIKE.get(code)
    return like(text) if like else ()


@lru_cache(_REMEMBERED)
def countries_like(text: str) -> tuple[str, ...]:
    """Names of countries that ``text`` may be a misspelling of, one for each country."""
    found = _nearest(fold(text), _country_words(), beginning=_BEGINNING, most=_SPELLINGS)
    return _few(list({find_country(name): name for name in reversed(found)}.values())[::-1])


@cache
def _country_words() -> dict[str, str]:
    names = {name: name for name in country_names()} | _PARTS_OF_BRITAIN
    return {fold(name): offered for name, offered in names.items()}


@lru_cache(_REMEMBERED)
def currencies_like(text: str, *, for_vouchers: bool) -> tuple[str, ...]:
    """Currencies that ``text`` may stand for. One that exists, but not for vouchers, is no misspelling."""
    word = fold(text)
    if word in _CURRENCY_WORDS:
        return _CURRENCY_WORDS[word]
    if text.strip().upper() in case_currencies() or len(word) != 3:  # noqa: PLR2004 - letters of a currency
        return ()
    usual = VOUCHER_CURRENCIES if for_vouchers else (*VOUCHER_CURRENCIES, *_OTHER_USUAL_CURRENCIES)
    return _misspelt(word, {code.casefold(): code for code in usual}, 1)


def debtor_types_like(text: str) -> tuple[str, ...]:
    return _nearest(fold(text), debtor_type_words(), beginning=2)


def sources_like(text: str) -> tuple[str, ...]:
    return _nearest(fold(text), {source.value.casefold(): source.value for source in VoucherSource}, beginning=2)


def voucher_types_like(text: str, types: VoucherTypes) -> tuple[str, ...]:
    word, words = fold(text), {fold(word): name for word, name in types.words().items()}
    named = [name for full, name in words.items() if word in full] if len(word) >= _BEGINNING else []
    return _nearest(word, words, beginning=_BEGINNING) or _few(named)


def flags_like(text: str) -> tuple[str, ...]:
    word = fold(text)
    meant = ["yes"] * (word in _YES) + ["no"] * (word in _NO)
    return tuple(meant) or _misspelt(word, {"yes": "yes", "no": "no", "ja": "yes", "nej": "no", "nein": "no"}, len(word) > 2)  # noqa: PLR2004


_LIKE: dict[str, Callable[[str], tuple[str, ...]]] = {
    "country": countries_like,
    "debtor_type": debtor_types_like,
    "choice": sources_like,
    "flag": flags_like,
}


def _nearest(word: str, words: Mapping[str, str], *, beginning: int, most: int = MOST_OFFERS) -> tuple[str, ...]:
    """What the words mean that ``word`` nearly is, or the one that all words mean which begin with it."""
    slips = (len(word) >= _ONE_SLIP) + (len(word) >= _TWO_SLIPS)
    begun = _few([offered for full, offered in words.items() if full.startswith(word)]) if len(word) >= beginning else ()
    return _misspelt(word, words, slips, most) or (begun if len(begun) == 1 else ())


def _misspelt(word: str, words: Mapping[str, str], slips: int, most: int = MOST_OFFERS) -> tuple[str, ...]:
    """The meanings of the words with the fewest slips (a letter wrong, missing, too many, or two swapped) up to ``slips``.

    The first letter of a word is seldom wrong, and never if there is another slip.
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    found = extract(word, words.keys(), scorer=OSA.distance, score_cutoff=slips, limit=None)
    near = [(distance, full[:1] != word[:1], words[full]) for full, distance, _ in found if distance < 2 or full[:1] == word[:1]]  # noqa: PLR2004
    best = min((rank[:2] for rank in near), default=None)
    return _few([offered for *rank, offered in near if tuple(rank) == best], most)


def _few(offers: Sequence[str], most: int = MOST_OFFERS) -> tuple[str, ...]:
    """The different ones among ``offers``; none if they are so many that they say nothing."""
    different = tuple(dict.fromkeys(offers))
    return different if len(different) <= most else ()
