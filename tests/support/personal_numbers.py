"""Invented personal numbers of each kind, and a search for them in everything that a run leaves."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hypothesis import strategies as st

SEPARATORS = re.compile(r"[\s./+-]")
_DAYS = st.dates(min_value=date(1925, 1, 1), max_value=date(2009, 12, 31))
_FOUR, _FIVE = st.integers(1, 9999).map("{:04}".format), st.integers(1, 99999).map("{:05}".format)
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"


@dataclass(frozen=True)
class Invented:
    """A number as it is written; ``headings`` say what it is, so that it may be in digits alone below them."""

    written: str
    country: str
    headings: tuple[str, ...]
    is_sure: bool = True


def norwegian(first: str) -> str | None:
    """A Norwegian number with its check digits; None if these first nine digits have none."""
    digits = first
    for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
        left = -sum(int(one) * weight for one, weight in zip(digits, weights, strict=True)) % 11
        if left == 10:
            return None
        digits += str(left)
    return digits


def _danish(day, four, draw):
    is_sure = draw(st.booleans())
    return Invented(f"{day:%d%m%y}{'-' if is_sure else ''}{four}", "DK", ("CPR", "CPR-nr.", "CVR/CPR-nr.", "Cprnummer"), is_sure)


def _swedish(day, four, draw):
    more = draw(st.sampled_from((0, 60)))
    text = f"{day:%y%m}{day.day + more:02}"
    century, mark = draw(st.sampled_from(("", f"{day:%Y}"[:2]))), draw(st.sampled_from(("-", "+", "")))
    headings = ("Personnummer", "Pers.nr", "Org.nr/Pers.nr", "Organisationsnummer", "debtor_registration_number")
    return Invented(f"{century}{text}{mark}{four}", "SE", headings, bool(mark))


def _swedish_vat(day, four, _):
    return Invented(f"SE{day:%y%m%d}{four}01", "SE", ("VAT no.", "Momsreg.nr"))


def _norwegian(day, four, draw):
    more = draw(st.sampled_from((0, 40)))
    number = norwegian(f"{day.day + more:02}{day:%m%y}{four[:3]}") or norwegian("010180001") or "01018000000"
    return Invented(number, "NO", ("Fødselsnummer", "Fødselsnr.", "Personnummer", "Org.nr"))


def _finnish(day, four, draw):
    sign = draw(st.sampled_from("-+ABCDEFY"))
    return Invented(f"{day:%d%m%y}{sign}{four[:3]}{_HETU[int(four) % 31]}", "FI", ("Henkilötunnus", "Hetu"))


def _american(_, four, draw):
    return Invented(f"{draw(st.integers(1, 665)):03}-{draw(st.integers(1, 99)):02}-{four}", "US", ("SSN", "Social security no."))


def _polish(day, four, draw):
    return Invented(f"{day:%y%m%d}{four}{draw(st.integers(0, 9))}", "PL", ("PESEL", "Nr PESEL"), is_sure=False)


def _dutch(_, four, draw):
    return Invented(f"{draw(st.integers(10000, 99999))}{four}", "NL", ("BSN", "Burgerservicenummer"), is_sure=False)


def _italian(day, four, _):
    month = "ABCDEHLMPRST"[day.month - 1]
    return Invented(f"ZBRBDL{day:%y}{month}{day.day:02}H{four[:3]}X", "IT", ("Codice fiscale",))


def _belgian(day, four, draw):
    return Invented(f"{day:%y.%m.%d}-{four[:3]}.{draw(st.integers(10, 97))}", "BE", ("Rijksregisternummer", "NISS"))


def _british(_, four, draw):
    return Invented(f"AB {draw(st.integers(10, 99))} {four[:2]} {four[2:]} C", "GB", ("National Insurance no.", "NI number"))


def _spanish(_, four, draw):
    digits = f"{draw(st.integers(1000, 9999))}{four}"
    return Invented(f"{digits}-{'TRWAGMYFPDXBNJZSQVHLCKE'[int(digits) % 23]}", "ES", ("DNI", "NIE"))


def _swiss(_, four, draw):
    digits = f"756{draw(st.integers(10000, 99999))}{four}"
    check = -sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(digits)) % 10
    return Invented(f"{digits[:3]}.{digits[3:7]}.{digits[7:11]}.{digits[11]}{check}", "CH", ("AHV", "AHV-Nummer"))


def _french(day, four, draw):
    digits = f"{draw(st.integers(1, 2))}{day:%y%m}{draw(st.integers(10, 95))}{draw(st.integers(100, 999))}{four[1:]}"
    return Invented(f"{digits}{97 - int(digits) % 97:02}", "FR", ("NIR", "Numéro de sécurité sociale"))


def _below(pattern: str, country: str, *headings: str):
    """A kind of which digits alone are one below its own headings: day, month, year, and random digits for ``#``."""

    def make(day, _, draw):
        text = f"{day:{pattern}}"
        filled = "".join(str(draw(st.integers(1, 9))) if one == "#" else one for one in text)
        return Invented(filled, country, headings, is_sure=False)

    return make


_KINDS = {
    "danish": _danish,
    "swedish": _swedish,
    "swedish vat": _swedish_vat,
    "norwegian": _norwegian,
    "finnish": _finnish,
    "american": _american,
    "polish": _polish,
    "dutch": _dutch,
    "italian": _italian,
    "belgian": _belgian,
    "british": _british,
    "spanish": _spanish,
    "swiss": _swiss,
    "french": _french,
    "icelandic": _below("%d%m%y-####", "IS", "Kennitala"),
    "german": _below("###########", "DE", "Steuer-ID", "Steueridentifikationsnummer"),
    "austrian": _below("#### %d%m%y", "AT", "SVNR", "SV-Nummer"),
    "czech": _below("%y%m%d/####", "CZ", "Rodné číslo"),
    "slovak": _below("%y%m%d####", "SK", "Rodné číslo"),
    "bulgarian": _below("%y%m%d####", "BG", "EGN"),
    "romanian": _below("1%y%m%d######", "RO", "CNP"),
    "croatian": _below("###########", "HR", "OIB"),
    "estonian": _below("3%y%m%d####", "EE", "Isikukood"),
    "latvian": _below("%d%m%y-#####", "LV", "Personas kods"),
    "lithuanian": _below("3%y%m%d####", "LT", "Asmens kodas"),
    "portuguese": _below("########", "PT", "Cartão de cidadão"),
    "irish": _below("#######T", "IE", "PPS number", "PPSN"),
}


@st.composite
def one_of_each(draw: st.DrawFn) -> list[Invented]:
    """A number of every kind, most of them with check digits that do not fit."""
    return [_KINDS[kind](draw(_DAYS), draw(_FOUR), draw) for kind in sorted(_KINDS)]


def secrets_of(number: Invented) -> set[bytes]:
    """The texts that must not be found: as it is written, and without separators."""
    compact = SEPARATORS.sub("", number.written)
    bare = compact[2:-2] if compact.startswith("SE") else compact
    return {one.encode() for one in (number.written, compact, bare)}


def texts_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield everything in the files of a folder, that inside of workbooks too."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path.name}/{name}", archive.read(name)
        else:
            yield path.name, path.read_bytes()


def found_in(folder: Path, number: Invented) -> list[str]:
    """The files of a folder that hold a number."""
    return [name for name, text in texts_in(folder) if any(secret in text for secret in secrets_of(number))]
