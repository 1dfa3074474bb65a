"""The tables ``[joins]`` and ``[splits]`` of a profile: what they may say, and what each of them means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from importer.domain.part_headings import PartKind, part_of
from importer.domain.text_keys import header_key

JOINABLE = (
    *("debtor_name", "debtor_contact_person", "debtor_address", "debtor_city", "debtor_email", "claim_description", "comments"),
    *("text", "voucher_text"),
)
"""Columns whose values can be joined: texts. An identity, an amount and a date are one cell."""

SIGNS = (",", ";", "-", "/")
"""What may stand between two headings of a join: it is written between their values. Without one it is a blank."""

CODE, TOWN, STREET = "debtor_zip_code", "debtor_city", "debtor_address"
SPLITTABLE = (frozenset((CODE, TOWN)), frozenset((STREET, CODE, TOWN)))
"""The columns that one cell can be split into."""

_LISTS = {"debtor_email": "; ", "comments": "; ", "claim_description": "; ", "text": "; ", "voucher_text": "; "}
"""What stands between the values of columns that are lists of texts."""


@dataclass(frozen=True, slots=True)
class JoinItem:
    """A heading of a join, and the text that is written in front of its value."""

    heading: str
    before: str = ""


def items_of(target: str, listed: Sequence[str]) -> tuple[JoinItem, ...]:
    """Return the headings of a join, each with the text before it.

    That is the sign that the list names; else a comma before a further line of an address, a semicolon in a column of
    several texts, and a blank.
    """
    items: list[JoinItem] = []
    sign = ""
    for entry in listed:
        if entry.strip() in SIGNS:
            sign = entry.strip()
        else:
            items.append(JoinItem(entry, _before(target, entry, sign) if items else ""))
            sign = ""
    return tuple(items)


def company_or_person(company: str, persons: Sequence[str]) -> str:
    """Return how a name is read from the heading of a company and those of a person, as a sentence without a full stop."""
    names = " and ".join(f'"{heading}"' for heading in persons)
    return (
        f'"{company}" is the debtor\'s name where it is filled, with {names} as the contact person; elsewhere {names} is the name'
    )


def listed(target: str, items: Iterable[JoinItem]) -> list[str]:
    """Return the list of a join for a profile, with a sign where another text than the usual one is between two values."""
    found: list[str] = []
    for item in items:
        if found and item.before != _before(target, item.heading, ""):
            found.append(item.before.strip())
        found.append(item.heading)
    return found


def _before(target: str, heading: str, sign: str) -> str:
    if sign:
        return f"{sign} " if sign in ",;" else f" {sign} " if sign == "-" else sign
    if target == STREET and part_of(heading) in {PartKind.ADDRESS_LINE, PartKind.FLOOR}:
        return ", "
    return _LISTS.get(target, " ")


def targets_of(value: str | Sequence[str]) -> list[str]:
    """Return the columns that a heading is split into: a list, or the names with blanks between them."""
    return value.split() if isinstance(value, str) else list(value)


def objection_to_joins(
    joins: Mapping[str, Sequence[str]],
    splits: Mapping[str, str | Sequence[str]],
    *,
    filled: Collection[str],
    ignored: Iterable[str],
) -> str | None:
    """Return why a profile cannot have these joins and splits, as a sentence without a full stop; None if it can.

    ``filled`` are the columns that it maps or gives one value, ``ignored`` the headings that it leaves out.
    """
    left_out = frozenset(map(header_key, ignored))
    parts = frozenset(header_key(item.heading) for target, entries in joins.items() for item in items_of(target, entries))
    wrong = (
        *(_of_join(target, entries, left_out) for target, entries in joins.items()),
        *(_of_split(heading, targets_of(value), left_out, parts) for heading, value in splits.items()),
    )
    return next(filter(None, wrong), None) or _filled_twice(
        [*joins, *(t for v in splits.values() for t in targets_of(v))], filled
    )


def _filled_twice(made: Sequence[str], filled: Collection[str]) -> str | None:
    twice = next((name for at, name in enumerate(made) if name in filled or name in made[:at]), None)
    return f'"{twice}" is filled twice: by [joins] or [splits], and by another line. Keep one of them' if twice else None


def _of_join(target: str, entries: Sequence[str], left_out: Collection[str]) -> str | None:
    if target not in JOINABLE:
        return f'"{target}" cannot be joined from several columns; these can: {", ".join(JOINABLE)}'
    keys = [header_key(item.heading) for item in items_of(target, entries)]
    if len(set(keys)) < 2:  # noqa: PLR2004  (a join has at least two parts)
        return f"{target} joins fewer than two headings. Name two or more, or write a single one under [columns]"
    if len(set(keys)) < len(keys):
        return f"{target} joins one heading twice. Name each once"
    if any(one.strip() in SIGNS and two.strip() in SIGNS for one, two in zip((",", *entries), (*entries, ","), strict=True)):
        return f'{target} has a sign that does not stand between two headings. Write it like: ["Street", "No.", ",", "Floor"]'
    gone = next((item.heading for item in items_of(target, entries) if header_key(item.heading) in left_out), None)
    return f'"{gone}" is both joined and ignored. Keep one of them' if gone else None


def _of_split(heading: str, targets: Sequence[str], left_out: Collection[str], parts: Collection[str]) -> str | None:
    if frozenset(targets) not in SPLITTABLE or len(set(targets)) < len(targets):
        ways = " or ".join(f'"{names}"' for names in (f"{CODE} {TOWN}", f"{STREET} {CODE} {TOWN}"))
        return f'"{heading}" cannot be split into {" ".join(targets) or "nothing"}. Write {ways}'
    if header_key(heading) in left_out:
        return f'"{heading}" is both split and ignored. Keep one of them'
    return f'"{heading}" is both split and joined. Keep one of them' if header_key(heading) in parts else None
