"""The tables of docs/columns.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from generator.text import code, table
from importer.domain.code_lists import VOUCHER_TYPES
from importer.domain.columns import Column, Requirement
from importer.domain.text_keys import fold

_REQUIREMENTS = {Requirement.REQUIRED: "required", Requirement.CONDITIONAL: "sometimes", Requirement.OPTIONAL: "optional"}


def columns(columns: Sequence[Column]) -> str:
    rows = ([code(c.name), _REQUIREMENTS[c.requirement], c.help, code(c.example) if c.example else ""] for c in columns)
    return table(("column", "required", "holds", "example"), rows)


def headings(columns: Sequence[Column]) -> str:
    rows = []
    for c in columns:
        sure = _distinct((*c.aliases, c.path, *c.elsewhere.sure), without=c.name)
        if sure or c.elsewhere.weak or c.elsewhere.ask:
            rows.append([code(c.name), _listed(sure), _listed(c.elsewhere.weak), _listed(c.elsewhere.ask)])
    return table(("column", "taken", "taken if no other heading contradicts it", "only offered as an answer"), rows)


def _distinct(names: Iterable[str], without: str) -> list[str]:
    """Return the names of which none folds to the same as another, or as the column's own name."""
    by_key = {fold(name): name for name in reversed([*names]) if name}
    by_key.pop(fold(without), None)
    return list(by_key.values())[::-1]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def voucher_types() -> str:
    rows = ([t.name, t.danish, t.direction.name.lower(), code(t.id)] for t in VOUCHER_TYPES)
    return table(("type", "Danish", "counts as", "id"), rows)
