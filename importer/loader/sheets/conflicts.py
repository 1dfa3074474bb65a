"""Refuse a sheet in which two headings, or a heading and a profile, fill the same column."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from importer.domain.profile_lines import profile_lines
from importer.errors import FileRefused
from importer.loader.sheets.amount_names import AMOUNT, is_remaining_name
from importer.loader.sheets.heading_matches import HeadingMatches, SheetHeadings


def refuse_conflicts(
    headings: SheetHeadings, matches: HeadingMatches, constants: Iterable[str], composed: Collection[str]
) -> None:
    """Raise FileRefused if a column is filled twice. ``composed`` are the columns that several headings may fill together."""
    sheet = headings.sheet
    first: dict[str, str] = {}
    for heading, found in zip(headings.header, matches.names, strict=True):
        for name in (one for one in found if one not in composed):
            if name in constants:
                raise FileRefused(
                    f'Sheet "{sheet}": the column "{heading}" holds {name}, which the profile sets to a constant. '
                    f"Remove one of them, or add the heading to ignore in the profile."
                )
            if name in first and first[name] == heading:
                raise FileRefused(
                    f'Sheet "{sheet}": there are two columns "{heading}", which both hold {name}. If these are two tables '
                    f"side by side, put the second on a sheet (or in a file) of its own; else remove one of the columns."
                )
            if name in first:
                raise FileRefused(
                    f'Sheet "{sheet}": the columns "{first[name]}" and "{heading}" both hold {name}. '
                    f"Remove one of them, or add its heading to ignore in the profile.{_which(name, first[name], heading)}"
                )
            first[name] = heading


def _which(name: str, first: str, second: str) -> str:
    """Return which of two amounts is probably what is open, and how to say so; empty for other columns."""
    left = [heading for heading in (second, first) if is_remaining_name(heading)]
    if name != AMOUNT or len(left) != 1:
        return ""
    other = first if left[0] == second else second
    return (
        f' The claim is what is still open, probably "{left[0]}"; `importer map FILE` asks for it, or say so in a profile:'
        f"{profile_lines({'ignore': [other]})}"
    )
