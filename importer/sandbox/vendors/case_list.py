"""The list of managed cases: its parameters, its order and its pages."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from importer.sandbox.responses import Errors
from importer.sandbox.vendors.case_view import LIFECYCLE

if TYPE_CHECKING:
    from importer.sandbox.storage.world import StoredCase, World

_DEFAULT_PAGE_SIZE: Final = 10
_MAX_PAGE_SIZE: Final = 100
_FILTERS: Final = frozenset({"statuses", "divisionids", "debtorids", "ids"})
_PARAMETERS: Final = _FILTERS | {"page", "pagesize", "sort"}
_DATE_CREATED: Final = "datecreated"
_NEWEST_FIRST: Final = (_DATE_CREATED, True)
_SORT_VALUES: Final[dict[str, Callable[[dict[str, str]], object]]] = {
    "date": lambda received: received["date"][:10],
    "duedate": lambda received: (received.get("dueDate") or received["date"])[:10],
    "grossamount": lambda received: received["amountToRecover"],
    "remainder": lambda received: received["amountToRecover"],
    "lifecycle": lambda _: LIFECYCLE,
    **dict.fromkeys(
        (
            "dateupdated", "datefinished", "datecollectionstarted", "interestfees", "collectionfees", "reminderfees", "closecode"
        ),
        lambda _: 0,  # equal for all cases
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The parameters of a list: the page, the fields to sort by (descending or not), and the filters."""

    page: int
    size: int
    order: tuple[tuple[str, bool], ...]
    filters: dict[str, frozenset[str]]


def read_query(parameters: Iterable[tuple[str, str]]) -> ListQuery | Errors:
    """Read the parameters of a list, whose names are compared without case; those that are not documented are refused.

    Unknown fields to sort by are ignored, as documented. Without any, the newest case comes first.
    """
    query: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name, value in parameters:
        names.setdefault(name.lower(), name)
        query.setdefault(name.lower(), []).extend(value.split(","))
    errors: Errors = {names[name]: ["is not a known parameter"] for name in query.keys() - _PARAMETERS}
    page = _whole(errors, query, names, "page", default=1)
    size = _whole(errors, query, names, "pagesize", default=_DEFAULT_PAGE_SIZE, most=_MAX_PAGE_SIZE)
    if errors:
        return errors
    filters = {name: frozenset(_filter_value(name, value) for value in query[name]) for name in _FILTERS & query.keys()}
    return ListQuery(page, size, _order(query.get("sort", [])), filters)


def page_of(world: World, query: ListQuery, *, test_cases: bool) -> tuple[dict[str, int], list[StoredCase]]:
    """Return the page numbers and the cases of one page."""
    field, descending = query.order[0]
    if field == _DATE_CREATED and not query.filters:  # later fields never count, as no two cases are created at once
        cases, total = world.page(query.page, query.size, newest_first=descending, test_cases=test_cases)
    else:
        listed, _ = world.listed(test_cases=test_cases)
        matching = _sorted([case for case in listed if _matches(case, query.filters)], query.order)
        total = len(matching)
        cases = matching[(query.page - 1) * query.size : query.page * query.size]
    about = {
        "currentPage": query.page,
        "pageSize": query.size,
        "totalResults": total,
        "responseCount": len(cases),
        "totalPages": math.ceil(total / query.size),
    }
    return about, cases


def _order(fields: list[str]) -> tuple[tuple[str, bool], ...]:
    known = [(name.strip().lower(), way.strip().lower() == "desc") for name, _, way in (text.partition(":") for text in fields)]
    return tuple(item for item in known if item[0] == _DATE_CREATED or item[0] in _SORT_VALUES) or (_NEWEST_FIRST,)


def _sorted(newest_first: list[StoredCase], order: tuple[tuple[str, bool], ...]) -> list[StoredCase]:
    cases = newest_first
    for field, descending in reversed(order):  # the sort is stable: the first field is sorted by last
        if field == _DATE_CREATED:
            cases = sorted(cases, key=lambda case: case.created, reverse=descending)
        else:
            value = _SORT_VALUES[field]
            cases = sorted(cases, key=lambda case: value(json.loads(case.body)), reverse=descending)  # type: ignore[arg-type, return-value]
    return cases


def _filter_value(name: str, value: str) -> str:
    """Return a value as it is compared: a status may be a name or a label, in capital or small letters."""
    return value.strip().lower().replace(" ", "") if name == "statuses" else value.strip().lower()


def _matches(case: StoredCase, filters: dict[str, frozenset[str]]) -> bool:
    """Return whether a case passes all filters. Cases have no division, and ids of debtors are not shown."""
    values = {"ids": case.id, "statuses": _filter_value("statuses", LIFECYCLE)}
    return all(values.get(name) in wanted for name, wanted in filters.items())


def _whole(
    errors: Errors, query: dict[str, list[str]], names: dict[str, str], name: str, *, default: int, most: int = 10**9
) -> int:
    text = query.get(name, [str(default)])[-1]
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(most)) else 0
    if not 1 <= number <= most:
        errors[names[name]] = [f"must be a whole number from 1 to {most}"]
        return default
    return number
