"""Which of two heads above each other is the debtor: the outer one or the inner one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from itertools import chain

from importer.domain.text_keys import fold
from importer.errors import FileRefused
from importer.loader.sheets.grouped.analysis import Span
from importer.loader.sheets.grouped.heads import Head, with_numbers
from importer.loader.sheets.labels import summed_up_in

_ACCOUNT = re.compile(
    r"(?:[0-9]{3,6}\s*[-:.]?\s*)?(?:accounts? receivable|trade (?:debtors|receivables)|debtors|receivables|debitorer|"
    r"debitorkonto|samlekonto.*|varedebitorer|tilgodehavender.*|kundefordringer|kundfordringar|kundreskontra|forderungen.*|debitoren|"
    r"sammelkonto.*|account|konto)\b.*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\S*[0-9]{3}")
_FEW = 0.2


class DebtorLevel(Enum):
    """Which head of a group names the debtor."""

    INNER = auto()
    OUTER = auto()


def debtor_heads(sheet: str, spans: Sequence[Span], labels: Iterable[str]) -> dict[int, Head]:
    """Return the head that names the debtor of each span, by the first row of the span, with its number apart.

    ``labels`` are the texts of the totals. Raises FileRefused if heads have two levels and nothing shows which one is the debtor.
    """
    level = _level(spans, labels)
    if level is None:
        outer, inner = (_nested(spans)[0].heads[at].row for at in (0, -1))
        raise FileRefused(
            f'Sheet "{sheet}": rows {outer} and {inner} are heads above the same rows, and nothing shows which of them '
            "is the debtor. Export the list with a column for the customer, or delete the heads that are no customers."
        )
    chosen = [(span.first, span.heads[0 if level is DebtorLevel.OUTER else -1]) for span in spans if span.heads]
    numbered = {head.row: head for head in with_numbers(list({head.row: head for _, head in chosen}.values()))}
    return {first: numbered[head.row] for first, head in chosen}


def are_unclear(spans: Sequence[Span], labels: Iterable[str]) -> bool:
    """Return whether heads have two levels, and nothing shows which one is the debtor."""
    return _level(spans, labels) is None


def _nested(spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if len(span.heads) > 1]


def _level(spans: Sequence[Span], labels: Iterable[str]) -> DebtorLevel | None:
    """Return which of two heads is the debtor; None if nothing shows it."""
    nested = _nested(spans)
    if not nested:
        return DebtorLevel.INNER
    outer, inner = ([_text(span.heads[at]) for span in nested] for at in (0, -1))
    named = set(chain.from_iterable(map(summed_up_in, labels)))
    is_outer, is_inner = (not named.isdisjoint(map(fold, texts)) for texts in (outer, inner))
    tests = (
        (DebtorLevel.INNER, all(map(_ACCOUNT.fullmatch, outer))),
        (DebtorLevel.INNER, is_inner and not is_outer),
        (DebtorLevel.OUTER, is_outer and not is_inner),
        (DebtorLevel.OUTER, _are_numbered_alone(outer, inner)),
        (DebtorLevel.INNER, len(set(outer)) < min(2, len(set(inner)))),
        (DebtorLevel.OUTER, _are_repeated(outer, inner)),
        (DebtorLevel.INNER, len(nested) <= _FEW * len(spans)),
    )
    return next((level for level, applies in tests if applies), None)


def _text(head: Head) -> str:
    return f"{head.number or ''} {head.name or ''}".strip()


def _are_numbered_alone(outer: Iterable[str], inner: Iterable[str]) -> bool:
    """Return whether the outer heads begin with a number, and no inner one does: those are addresses, or the like."""
    return all(map(_NUMBER.match, outer)) and not any(map(_NUMBER.match, inner))


def _are_repeated(outer: Sequence[str], inner: Sequence[str]) -> bool:
    """Return whether the same inner head is below several outer ones."""
    pairs = set(zip(outer, inner, strict=True))
    return len({one for _, one in pairs}) < len(pairs)
