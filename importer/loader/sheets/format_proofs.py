"""Proofs on an error sheet: the cells of the original file that proved how its columns are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from importer.domain.cells import Cell
from importer.domain.records import PROOF_MARK, SUMMARY_SHEET, FormatProof
from importer.loader.values.parsers import display_text, is_blank

_COLUMNS = ("#what", "#status", "#column", "#values", "#example")  # mark, sheet, heading, text, row

_ROW = r"[0-9]{1,7}"


class _Sheet(Protocol):
    @property
    def name(self) -> str: ...

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]: ...


def carried_proofs(sheets: Iterable[_Sheet]) -> dict[str, list[FormatProof]]:
    """Return the proofs on the summary sheet of an ``errors.xlsx``, by the name of the sheet that they are about.

    A summary that the user has changed so that it cannot be read has no proofs; the columns are then decided again.
    """
    found: dict[str, list[FormatProof]] = {}
    for sheet in sheets:
        if sheet.name != SUMMARY_SHEET:
            continue
        places: list[int] | None = None
        for _, cells in sheet.rows():
            if places is None:
                places = _places(cells)
                if not places:
                    return found
            elif proof := _proof([cells[at] if at < len(cells) else None for at in places]):
                found.setdefault(proof[0], []).append(proof[1])
    return found


NOT_JOINED = "not joined or split"
"""The text of a proof that says that a column was left apart, since its cells contradict what its heading suggests."""


def headings_apart(proofs: Iterable[FormatProof]) -> frozenset[str]:
    """Return the headings that the original of an error sheet did not join or split."""
    return frozenset(proof.heading for proof in proofs if proof.text == NOT_JOINED)


def proofs_of_apart(headings: Iterable[str], header_row: int) -> tuple[FormatProof, ...]:
    """Return the proofs that carry such headings to an error sheet."""
    return tuple(FormatProof(heading, header_row, NOT_JOINED) for heading in headings)


def _places(header: Sequence[Cell]) -> list[int]:
    return [header.index(name) for name in _COLUMNS] if set(_COLUMNS) <= {str(cell) for cell in header} else []


def _proof(cells: list[Cell]) -> tuple[str, FormatProof] | None:
    mark, sheet, heading, text, row = ("" if is_blank(cell) else display_text(cell) for cell in cells)
    if mark != PROOF_MARK or not (sheet and heading and text and re.fullmatch(_ROW, row)):
        return None
    return sheet, FormatProof(heading, int(row), text)
