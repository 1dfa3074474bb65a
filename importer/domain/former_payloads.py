"""The payloads of earlier releases: how they wrote a case that is written in another way today.

A row that an earlier release imported must be found again, and must not look changed only because the importer writes its
values in another way now.

Earlier releases sent the state of any country as ``stateAlpha2`` if it was a code of two letters in ISO 3166-2, else as
``state``. Today US debtors have ``stateAlpha2``, and all others have ``state``.
"""

from __future__ import annotations

from importer.domain.code_lists import is_state_code
from importer.domain.models import Case


def former_state(country: str, text: str | None) -> dict[str, str | None]:
    """Return the fields of a debtor, ``state`` and ``state_alpha2``, as earlier releases filled them from a cell's text."""
    is_code = text is not None and is_state_code(country, text)
    return {"state": None if is_code else text, "state_alpha2": text.upper() if is_code and text else None}


def former_payload(case: Case, state: str | None) -> bytes:
    """Return the payload of a case as earlier releases wrote it. ``state`` is the text of the row's cell."""
    fields = former_state(case.debtor.country_alpha2, state)
    return case.model_copy(update={"debtor": case.debtor.model_copy(update=fields)}).wire()
