"""The options of `importer map` that keep or drop rows by column and value, checked against the sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from importer.domain.text_keys import fold, header_key
from importer.errors import UsageError
from importer.loader.profile import RowFilter
from importer.loader.profiles.proposal import Heading, printable
from importer.loader.profiles.sampling import SAMPLED_ROWS, SheetSample
from importer.loader.values.parsers import display_text

MOST_SHOWN = 15


def row_filter(sample: SheetSample, only: Sequence[str], skip: Sequence[str], show: Callable[[str], None]) -> RowFilter:
    """Return the filter that these texts, ``COLUMN=VALUE``, describe.

    Raises UsageError if the sheet has no such column, or none of its sampled rows has that value; ``show`` then gets the values
    that there are.
    """
    kept = _by_heading("--only", sample, only, show)
    return RowFilter(only=kept, skip=_by_heading("--skip", sample, skip, show))


def filter_lines(rows: RowFilter) -> list[str]:
    """Return what a filter does, in words."""
    lines = []
    for heading, values in rows.only.items():
        lines.append(f'Only rows with {_listed(values)} below "{heading}" are read.')
    for heading, values in rows.skip.items():
        lines.append(f'Rows with {_listed(values)} below "{heading}" are left out.')
    return lines


def _listed(values: str | Sequence[str]) -> str:
    texts = [values] if isinstance(values, str) else values
    return " or ".join(f'"{text}"' for text in texts)


def _by_heading(
    option: str, sample: SheetSample, pairs: Sequence[str], show: Callable[[str], None]
) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for pair in pairs:
        heading, value = _parted(option, sample, pair)
        _refuse_unknown(option, heading, value, show)
        found.setdefault(heading.text, []).append(value)
    return {heading: values[0] if len(values) == 1 else values for heading, values in found.items()}


def _parted(option: str, sample: SheetSample, pair: str) -> tuple[Heading, str]:
    """Return the heading and the value of a pair. A heading may hold a sign of equality itself."""
    signs = [at for at, sign in enumerate(pair) if sign == "="]
    if not signs:
        raise UsageError(f'{option} {pair}: write it as COLUMN=VALUE, such as {option} "Company=Nordlys A/S".')
    for at in signs:
        key = header_key(pair[:at])
        named = [one for one in sample.headings if key and header_key(one.text) == key]
        if len(named) == 1:
            return named[0], pair[at + 1 :].strip()
    listed = ", ".join(f'"{printable(one.text)}"' for one in sample.headings if one.text)
    raise UsageError(f'{option} {pair}: sheet "{sample.name}" has no column "{pair[: signs[0]].strip()}". It has {listed}.')


def _refuse_unknown(option: str, heading: Heading, value: str, show: Callable[[str], None]) -> None:
    texts = dict.fromkeys(display_text(cell).strip() for cell in heading.cells)
    if not value or fold(value) in map(fold, texts):
        return
    show(f'Values below "{printable(heading.text)}": {" | ".join(map(printable, list(texts)[:MOST_SHOWN]))}')
    raise UsageError(
        f'{option}: none of the first {SAMPLED_ROWS} rows has "{value}" below "{heading.text}"; nothing was written. '
        f"Write the value as the sheet has it."
    )
