"""Letters with accents where no language has them: ``Dvoøák`` is a Czech name of Windows-1250 that was read as Windows-1252.

The encodings of Windows have letters at the same bytes, so that only their neighbours show which one a text was written in.
"""

from __future__ import annotations

import re

_LETTER = r"[^\W\d_]"
_PLACES = re.compile(
    "|".join(
        (
            # Danish and Norwegian have no accent beside this letter (Czech r with a caron: Jiří)
            "ø(?=[áíéýúìè])|(?<=[íáéýìè])ø",
            # in French, Italian and Catalan a consonant or the end of the word follows (č: Čapek)
            "è(?=[aeiouyáéíóúý])",
            # in Italian and French these end a word (ě: Němec; ů: Důl)
            f"[ìù](?={_LETTER})",
            # in Spanish a vowel follows (ń: Gdańsk)
            "ñ(?![aeiouyáéíóúü])",
            # in French it stands before u, i and few consonants (ś: Śliwa)
            "œ(?=[lwkmzpbj])",
            # Danish words do not end so (ć: Petrović)
            f"(?<=i)æ(?!{_LETTER})",
            # in Portuguese o, e, i, s or the end of the word follows (ă: Brăila)
            "ã(?=[bcdfghjklmnpqrtvwxz])",
            # Estonian has neither y nor z nor c, and in Portuguese e follows (ő: Kőszegi)
            r"õ(?!e)(?=\w*[yzc])|(?<=[yz])õ(?!e)",
            # in French these consonants do not follow (ű: Tűz)
            "û(?=[zskvgdfjpx])",
            # in Icelandic it begins a word or a part of one, before a vowel, r, j or v (ş: Beşiktaş)
            rf"(?-i:þ)(?!{_LETTER})|þ(?=[bcdfgklmnpstxz]|\w*ü)",
            # in Icelandic it begins no word (Š: Šveits), and in Turkish neither
            f"(?<!{_LETTER})[ðğ](?={_LETTER})",
            r"(?<=o)ð(?=lu\b)",
            # Turkish ı and İ: Yılmaz, Yıldız, Kılıç, İbrahim
            rf"(?<=y)ý|ý(?=[a-z]{{1,2}}ý[a-zç]|\w?ç)|(?<!{_LETTER})ý(?=[blnk]|s[tmh])",
            # in Croatian a vowel or r follows
            "đ(?=[bcdfghklmnpqstvwxz])",
            # letters of Baltic and Slavic languages in a word with Turkish ones
            rf"[šžż](?=\w*[üçğ])|[üçğ]\w*?[šžż]|(?<!{_LETTER})y\w*?ż|(?<!{_LETTER})ż(?=br|sm)",
        )
    ),
    re.IGNORECASE,
)


def odd_letters(text: str) -> frozenset[int]:
    """Return the places of the letters with an accent which no language has between these neighbours."""
    return frozenset(found.end() - 1 for found in _PLACES.finditer(text)) if not text.isascii() else frozenset()
