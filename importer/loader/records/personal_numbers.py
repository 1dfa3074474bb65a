"""What becomes of a row in which personal numbers were masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from importer.domain.notes import Note, NoteKind
from importer.domain.personal_numbers.sheet_mask import REFERENCES, MaskedRow
from importer.domain.records import SheetHead
from importer.domain.text_keys import header_key
from importer.loader.profile import Profile
from importer.loader.records.row_values import RowValues

PERSONAL_NUMBER = "personal_number"
"""The code of a reference that cannot name its row."""

PERSONAL_REFERENCE = (
    "looks like a personal number, which is neither stored nor sent, so that it cannot name the row. Write another reference, "
    "or list the heading in no_personal_numbers of the profile if it is none"
)


def reject_references(found: RowValues, row: MaskedRow) -> None:
    """Reject the row if one of its references was a personal number: without it, the row would be another one."""
    masked = {one.position for one in row.found}
    for reader in found.readers:
        if reader.position in masked and reader.name in REFERENCES:
            found.reject_masked(PERSONAL_NUMBER, PERSONAL_REFERENCE, reader.name, row.cells)


def unmasked_positions(head: SheetHead, profile: Profile) -> frozenset[int]:
    """Return the positions of the columns of which the profile says that they hold no personal numbers."""
    listed = set(map(header_key, profile.no_personal_numbers))
    return frozenset(at for at, heading in enumerate(head.header) if listed and header_key(heading) in listed)


def masked_numbers_note(head: SheetHead, masked: Mapping[int, int]) -> Iterator[Note]:
    """Yield the note on the personal numbers of a sheet, if there were any: each heading with its count."""
    if masked:
        counts = ((_heading(head, at), str(masked[at])) for at in sorted(masked))
        pairs = tuple(pair for heading, count in counts for pair in (("heading", heading), ("count", count)))
        dropped = {at for at, names in enumerate(head.names) if _REGISTRATION in (names or "").split()}
        left = sum(count for at, count in masked.items() if at in dropped)
        yield Note(NoteKind.PERSONAL_NUMBERS, head.name, values=(*pairs, ("dropped", str(left))))


_REGISTRATION = "debtor_registration_number"


def _heading(head: SheetHead, position: int) -> str:
    return head.header[position] if position < len(head.header) and head.header[position] else f"column {position + 1}"
