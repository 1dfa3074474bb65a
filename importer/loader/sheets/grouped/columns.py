"""What the columns of a report hold, as far as that is needed to tell its heads, documents and totals apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from importer.domain.aliases import keys, names_of, system_of
from importer.domain.columns import columns_of, index_of, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.row_states import StateColumn, columns_for
from importer.domain.text_keys import fold, header_key
from importer.loader.profile import Profile, names_in
from importer.loader.sheets.amount_names import AMOUNT
from importer.loader.sheets.grouped.ages import age_columns, is_age
from importer.loader.sheets.shape import known_key, unit_of

_DEBIT = (
    "Soll, Sollbetrag, Betrag Soll, Soll-Betrag, Umsatz Soll, Debit, Debit amount, Amount debit, Debits, Debet, Debetbeløb, "
    "Debetbelopp, Debetbeløp, Debiteret, Soll EUR, Debet DKK"
)
_CREDIT = (
    "Haben, Habenbetrag, Betrag Haben, Haben-Betrag, Umsatz Haben, Credit, Credit amount, Amount credit, Credits, Kredit, "
    "Kreditbeløb, "
    "Kreditbelopp, Kreditbeløp, Krediteret, Haben EUR, Kredit DKK"
)
_SIDE = (
    "S/H, SH, S / H, Soll/Haben, Soll-Haben, Soll/Haben-Kennzeichen, Soll/Haben-Kz, SH-Kennzeichen, D/C, Dr/Cr, D/K, "
    "Debit/Credit, Debet/Kredit, Debet/Credit"
)
_BALANCE = (
    "Saldo, Balance, Running balance, Saldo EUR, Saldo DKK, Kontosaldo, Løbende saldo, Balance due, Saldo i alt, Offener Saldo"
)
_MORE_NAMES = (
    "Contact, Kontakt, Contact name, Account name, Debitor, Debitorbezeichnung, Bezeichnung, Firma, Kunde/Name, "
    "Customer full name"
)
_MORE_DOCUMENTS = (
    "Num, Transaction no., Belegnr, Beleg, Dokument, Document, Bilag, Doc no, Rechnungs-Nr., Invoice, Faktura, OP-Nr."
)
_MORE_MONEY = (
    "Total, Total due, Remaining amt., Remaining, Original, Rest, Restsaldo, OP-Saldo, Offen, Åben, Öppet, Åpent, Betrag, Beløb, "
    "Belopp, Beløp, Amount, Original amount, Original amt., Open amount, Amount due, Forfaldent, Outstanding, Sum, Summe"
)


@cache
def _listed(names: str) -> frozenset[str]:
    return frozenset(keys(name.strip() for name in names.split(",")))


@cache
def _asked() -> Mapping[str, str]:
    """Map the folded headings that are only suggested to the column of a case that they may mean."""
    columns = (one.name for one in columns_of(RecordKind.CASE))
    return {key: name for name in columns for key in keys(names_of(RecordKind.CASE, name).ask)}


def canonical(heading: str, system: Mapping[str, str]) -> str | None:
    """Return the column of a case that a heading may mean, however weakly; None if it means none."""
    key = known_key(heading)
    found = system.get(key) or index_of(RecordKind.CASE).get(key) or weak_index(RecordKind.CASE).get(key)
    return found or _asked().get(header_key(heading))


@dataclass(frozen=True)
class ReportColumns:
    """The positions of the columns of a report, counted from 0. A column may be of several kinds.

    ``amounts`` are those whose cells a total adds up; ``ages`` and ``debit`` and ``credit`` are among them. ``side`` is the
    column of marks such as S and H. ``balances`` may be running. ``opens`` are certain to be what is open.
    """

    header: tuple[str, ...]
    dates: tuple[int, ...] = ()
    documents: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    ages: tuple[int, ...] = ()
    names: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    currencies: tuple[int, ...] = ()
    types: tuple[int, ...] = ()
    balances: tuple[int, ...] = ()
    opens: tuple[int, ...] = ()
    debit: int | None = None
    credit: int | None = None
    side: int | None = None
    meanings: tuple[str | None, ...] = field(default=(), repr=False)

    @property
    def debtors(self) -> tuple[int, ...]:
        """The columns that name or number the debtor."""
        return (*self.names, *self.numbers)


def report_columns(header: tuple[str, ...], profile: Profile) -> ReportColumns:
    """Return what the columns below these headings hold, by the words of all languages and by the profile."""
    return _Headings(header, profile).columns()


class _Headings:
    """The headings of a report with the columns of a case that they may mean, by the profile, their system and their words."""

    def __init__(self, header: tuple[str, ...], profile: Profile) -> None:
        system = system_of(map(header_key, header))
        self._header, self._system = header, system.case if system else {}
        self._mapped = {header_key(heading): names_in(names) for heading, names in profile.columns.items()}
        self._meanings = tuple(map(self._meaning, header))
        self._ages = age_columns(header)

    def _meaning(self, heading: str) -> str | None:
        return next(iter(self._mapped.get(header_key(heading), ())), canonical(heading, self._system))

    def _of(self, *names: str, words: str = "") -> tuple[int, ...]:
        """Return the positions of the headings that mean one of these columns, or are one of these words."""
        meant = zip(self._header, self._meanings, strict=True)
        found = (at for at, (text, name) in enumerate(meant) if name in names or _is_word(text, words))
        return tuple(at for at in found if at not in self._ages)

    def _opens(self) -> tuple[int, ...]:
        found = self._of("amount_to_recover")
        return tuple(at for at in found if _is_sure_open(self._header[at], self._system))

    def columns(self) -> ReportColumns:
        """Return what the columns hold."""
        header = self._header
        debit, credit, side = (next(iter(_with_words(header, words)), None) for words in (_DEBIT, _CREDIT, _SIDE))
        sides = (debit, credit) if debit is not None and credit is not None else ()
        balances = _with_words(header, _BALANCE)
        money = {*self._of("amount_to_recover", words=_MORE_MONEY), *_invoiced(header), *self._ages, *balances, *sides}
        return ReportColumns(
            header,
            dates=self._of("date", "due_date"),
            documents=self._of("creditor_reference", "case_ref", words=_MORE_DOCUMENTS),
            amounts=tuple(sorted(money)),
            ages=self._ages,
            names=self._of("debtor_name", words=_MORE_NAMES),
            numbers=_of_states(header, StateColumn.CUSTOMER_NUMBER),
            currencies=self._of("currency"),
            types=_of_states(header, StateColumn.DOCUMENT_TYPE),
            balances=balances,
            opens=self._opens(),
            debit=debit if sides else None,
            credit=credit if sides else None,
            side=side,
            meanings=self._meanings,
        )


def _is_sure_open(heading: str, system: Mapping[str, str]) -> bool:
    """Return whether a heading is certain to be that of the open amount, by its words or in its system."""
    return (system.get(header_key(heading)) or index_of(RecordKind.CASE).get(known_key(heading))) == AMOUNT


def _is_word(heading: str, words: str) -> bool:
    return bool(words) and (header_key(heading) in _listed(words) or (unit_of(heading) or ("", None))[0] in _listed(words))


def _with_words(header: Sequence[str], words: str) -> tuple[int, ...]:
    return tuple(at for at, heading in enumerate(header) if _is_word(heading, words))


def _invoiced(header: Sequence[str]) -> Iterable[int]:
    return _of_states(header, StateColumn.INVOICED_AMOUNT)


def _of_states(header: Sequence[str], column: StateColumn) -> tuple[int, ...]:
    return tuple(at for at, heading in enumerate(header) if heading and column in _columns_of(fold(heading)))


@cache
def _columns_of(key: str) -> tuple[StateColumn, ...]:
    return (*columns_for(key), *columns_for(key, weak=True))


def is_report_heading(heading: str) -> bool:
    """Return whether a text may be a heading of a report: a known one, one that is only suggested, or an age."""
    if not heading or len(heading) > _LONGEST:
        return False
    tests: tuple[Callable[[str], object], ...] = (
        lambda text: canonical(text, {}),
        is_age,
        lambda text: _columns_of(fold(text)),
        lambda text: any(_is_word(text, words) for words in _ALL_WORDS),
    )
    return any(test(heading) for test in tests)


_ALL_WORDS = (_DEBIT, _CREDIT, _SIDE, _BALANCE, _MORE_NAMES, _MORE_DOCUMENTS, _MORE_MONEY)
_LONGEST = 60
