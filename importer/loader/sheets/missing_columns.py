"""Report missing columns with the nearest heading and the line to write in a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from importer.domain.aliases import keys
from importer.domain.columns import Requirement, column, columns_of, flat_name, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.profile_lines import profile_lines
from importer.domain.text_keys import header_key
from importer.errors import HeadingsRefused
from importer.loader.sheets.heading_matches import HeadingObjection
from importer.loader.sheets.shape import Shape

_CONSTANTS = {  # columns that often have one value for all rows, with an example
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "currency": "DKK",
    "debtor_type": "Company",
    "debtor_country": "DK",
    "voucher_type": "invoice",
    "source": "CREDITOR",
    "voucher_source": "CREDITOR",
}
_REMARKS = {"debtor_type": 'or "Person", or "by name"'}

_ALIKE = 75
"""Similarity (0 to 100) of a heading to the name of a column from which the heading is suggested."""


def refuse_missing(
    sheet: str,
    free: Sequence[str],
    shape: Shape,
    present: set[str],
    objections: Mapping[str, HeadingObjection],
    title_code: str | None,
    debtors: Sequence[str] = (),
) -> None:
    """Refuse a sheet that lacks required columns. Raises HeadingsRefused with the nearest ``free`` heading for each.

    ``objections`` are by canonical name. ``title_code`` is the currency that a title or unit names. ``debtors`` are the free
    headings above names of companies and persons.
    """
    missing = missing_in(shape, present)
    if not missing:
        return
    near = _nearest_of(missing, shape, free, objections, debtors)
    listed = "; ".join(_describe(name, near[name], objections.get(name)) for name in missing)
    answers = {name: objections[name].answer if name in objections else heading for name, heading in near.items()}
    raise HeadingsRefused(
        f'Sheet "{sheet}" has no column for: {listed}. Rename the columns, or map them in a profile ([columns]), '
        f"or give a value for all rows ([constants]); `importer map FILE` asks for what is missing.{_lines(answers, title_code)}"
    )


def _nearest_of(
    missing: Sequence[str],
    shape: Shape,
    free: Sequence[str],
    objections: Mapping[str, HeadingObjection],
    debtors: Sequence[str],
) -> dict[str, str | None]:
    """Return the heading that each missing column is probably below, no heading twice."""
    found: dict[str, str | None] = {name: objections[name].heading for name in missing if name in objections}
    if "debtor_name" in missing and "debtor_name" not in found and len(debtors) == 1:
        found["debtor_name"] = debtors[0]
    for name in missing:
        if name not in found:
            left = [heading for heading in free if heading not in found.values()]
            found[name] = _nearest(name, shape, left)
    return {name: found[name] for name in missing}


def missing_in(shape: Shape, present: set[str]) -> list[str]:
    """Return the names that a sheet of this shape must have and that are not ``present``."""
    kinds = {
        Shape.CASES: (RecordKind.CASE,),
        Shape.VOUCHERS: (RecordKind.VOUCHER,),
        Shape.FLAT: (RecordKind.CASE, RecordKind.VOUCHER),
    }[shape]
    missing = [
        flat_name(c.name) if shape is Shape.FLAT and kind is RecordKind.VOUCHER else c.name
        for kind in kinds
        for c in columns_of(kind)
        if c.requirement is Requirement.REQUIRED
    ]
    # A flat row's voucher uses the currency and date of its case unless it has its own columns.
    inherited = {"voucher_currency", "voucher_date"} if shape is Shape.FLAT else set()
    missing = [name for name in missing if name not in present | inherited]
    if shape is Shape.VOUCHERS and not {"case_ref", "case_id"} & present:
        missing.insert(0, "case_ref")
    return missing


def _describe(name: str, near: str | None, objection: HeadingObjection | None) -> str:
    if near is None:
        return name
    return f'{name} (is it "{near}"? But {objection.reason})' if objection else f'{name} (is it "{near}"?)'


def _lines(near: Mapping[str, str | None], title_code: str | None) -> str:
    """Return example lines for a profile that fill the missing columns, each of them valid TOML."""
    examples = _CONSTANTS | ({"currency": title_code} if title_code else {})
    remarks = _REMARKS | ({"currency": "as the sheet says"} if title_code else {})
    columns = {heading: name for name, heading in near.items() if heading}
    constants = {name: examples[name] for name, heading in near.items() if not heading and name in examples}
    instead = " A value for every import can be set in importer.toml instead, under [defaults]." if constants else ""
    lines = profile_lines({"columns": columns, "constants": constants}, remarks)
    return f"{instead} In the profile, for instance:{lines}" if lines else ""


def _nearest(name: str, shape: Shape, headings: Iterable[str]) -> str | None:
    from rapidfuzz import fuzz, process

    by_key = {header_key(h): h for h in headings}
    for key in _asked(name, shape):
        if key in by_key:
            return by_key[key]
    found = process.extractOne(header_key(name), list(by_key), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return by_key[found[0]] if found else None


def _asked(name: str, shape: Shape) -> list[str]:
    """Return the folded headings that may mean the column but are never matched to it without an answer."""
    kind = RecordKind.VOUCHER if shape is Shape.VOUCHERS else RecordKind.CASE
    if not any(c.name == name for c in columns_of(kind)):
        return []
    return [*keys(column(kind, name).elsewhere.ask), *(key for key, weak in weak_index(kind).items() if weak == name)]
