"""Companies, sole traders and persons in a review: how many, by which rule, with names to look at."""

from __future__ import annotations

from collections.abc import Iterable

from importer.domain.parties.kinds import PartyKind
from importer.ledger.queries.claims import ClaimGroup
from importer.ledger.queries.parties import party_in
from importer.reporter.review.model import FileReview, Parties
from importer.reporter.review.text import counted, wrapped

_ORDER = list(PartyKind)
_PLURAL = {"company": "companies", "sole trader": "sole traders", "person": "persons"}
_SOLE_TRADERS = "Sole traders are sent as companies, with the owner as contact person where the name shows it."


def debtor_groups(groups: Iterable[ClaimGroup]) -> tuple[Parties, ...]:
    """Return the groups of debtors: companies, then sole traders, then persons, each by rule."""
    found = [(party_in(one.name), one) for one in groups if one.name]
    found.sort(key=lambda pair: (_ORDER.index(pair[0].kind), -pair[1].cases, pair[0].rule))
    return tuple(Parties(party.kind, one.cases, dict(one.money), one.examples, party.rule) for party, one in found)


def debtor_lines(file: FileReview) -> list[str]:
    """Return the section on the debtors."""
    lines = wrapped(file.debtor_type_rule, "  ", "    ") if file.debtor_type_rule else []
    for one in file.debtor_types:
        shown = f", such as {', '.join(one.examples)}" if one.examples else ""
        by = f" by {one.rule}" if one.rule else ""
        lines += wrapped(f"{counted(one.cases, 'case')} against {_PLURAL.get(one.name, one.name)}{by}{shown}", "  ", "    ")
    if any(one.name == PartyKind.SOLE_TRADER for one in file.debtor_types):
        lines += wrapped(_SOLE_TRADERS, "  ", "    ")
    return ["Companies and persons", *lines] if file.debtor_types else []
