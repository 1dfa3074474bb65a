"""How the sheets of a file were read, for its review: headings, constants, decided formats, unused columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.domain.aliases import claim_state_of
from importer.domain.notes import Note, NoteKind
from importer.domain.part_headings import looks_like
from importer.domain.records import SheetHead
from importer.reporter.notes import sentence
from importer.reporter.review.model import ColumnRead, SheetReading, UnusedColumn, ValueRead, ValuesOfColumn

_DECISIONS = frozenset({NoteKind.DECIMAL_MARK, NoteKind.DATE_ORDER})
_DEBTOR_TYPE_RULES = frozenset({NoteKind.TYPE_BY_NAME, NoteKind.TYPE_DERIVED})
_OF_OTHER_SECTIONS = frozenset(
    {
        *_DECISIONS,
        *_DEBTOR_TYPE_RULES,
        NoteKind.DIFFERING_TOTAL,
        NoteKind.HEADINGS_READ_AS,
        NoteKind.HEADINGS_UNUSED,
        NoteKind.VALUES_READ,
        NoteKind.LINES_READ,
    }
)


def sheet_readings(heads: Iterable[SheetHead], notes: Sequence[Note]) -> tuple[SheetReading, ...]:
    """Return how each sheet was read, and then the notes on sheets that hold no records."""
    found = [_reading(head, [note for note in notes if note.sheet == head.name]) for head in heads]
    names = {one.name for one in found}
    others: dict[str, list[str]] = {}
    for note in notes:
        if note.sheet is not None and note.sheet not in names:
            others.setdefault(note.sheet, []).append(sentence(note))
    return (*found, *(SheetReading(name, "", (), notes=tuple(sentences)) for name, sentences in others.items()))


def _reading(head: SheetHead, notes: Sequence[Note]) -> SheetReading:
    pairs = list(zip(head.header, head.names, strict=True))
    unused = _unused(pairs, notes)
    of_states = [UnusedColumn(heading, state) for heading in unused if (state := claim_state_of(heading))]
    of_debtors = [UnusedColumn(heading, looks_like(heading)) for heading in unused if not claim_state_of(heading)]
    return SheetReading(
        name=head.name,
        holds=_holds(head),
        columns=tuple(ColumnRead(heading, tuple(names.split())) for heading, names in pairs if names),
        constants=head.constants,
        decisions=tuple(sentence(note) for note in notes if note.kind in _DECISIONS),
        unused=(*of_states, *sorted(of_debtors, key=lambda one: one.seems is None)),
        notes=tuple(sentence(note) for note in notes if note.kind not in _OF_OTHER_SECTIONS),
        values=tuple(_values(note) for note in notes if note.kind is NoteKind.VALUES_READ),
    )


def _unused(pairs: Sequence[tuple[str, str | None]], notes: Sequence[Note]) -> list[str]:
    """Return the headings that are not used. An earlier release used one of documents without naming a column."""
    used = {note.value("heading") for note in notes if note.kind is NoteKind.CREDIT_NOTES_REJECTED}
    named = [(heading, names) for heading, names in pairs if heading and not heading.startswith("#")]
    return [heading for heading, names in named if not names and heading not in used]


def _values(note: Note) -> ValuesOfColumn:
    listed = zip(note.all("value"), note.all("taken"), note.all("count"), note.all("sure"), strict=True)
    values = tuple(ValueRead(text, taken, int(count), sure == "yes") for text, taken, count, sure in listed)
    return ValuesOfColumn(note.value("heading"), note.value("column"), values)


def _holds(head: SheetHead) -> str:
    if head.flat:
        return "cases and vouchers"
    names = {name for found in head.names for name in (found or "").split()}
    is_of_debtors = not names.isdisjoint(("debtor_name", "amount_to_recover")) or "debtor_name" in dict(head.constants)
    return "cases" if is_of_debtors else "vouchers"


def debtor_type_rule(heads: Iterable[SheetHead], notes: Sequence[Note]) -> str:
    """Return the sentence on how debtors were taken for companies or persons; empty if no sheet holds cases."""
    rules = [sentence(note) for note in notes if note.kind in _DEBTOR_TYPE_RULES]
    if rules:
        return " ".join(dict.fromkeys(rules))
    for head in heads:
        for heading, names in zip(head.header, head.names, strict=True):
            if "debtor_type" in (names or "").split():
                return f'Sheet "{head.name}": the column "{heading}" says which debtors are companies and which are persons.'
        if everywhere := dict(head.constants).get("debtor_type"):
            return f'Sheet "{head.name}": all debtors are {everywhere}, as the profile or the settings say.'
    return ""
