"""The reference of a case as people know it: that of a case of a list is made for the ledger, and in no sheet."""

from __future__ import annotations

import re

import orjson

from importer.domain.identity import TEST_PREFIX

_OF_LIST = re.compile(r"(?s)(.+) ([A-Z]{3})(-\d+)?")
"""The reference of a case of a list: that of its debtor with the currency, and the ending of a further case."""


def shown_reference(ref: str | None, payload: bytes) -> str | None:
    """Return the reference by which people know a case: its creditor reference if that of the ledger is made for a list.

    ``payload`` is the request of the case.
    """
    named = _OF_LIST.fullmatch(ref or "")
    if named is None or ref is None:
        return ref
    wire = orjson.loads(payload)
    reference = wire.get("creditorReference")
    is_of_list = named[2] == wire.get("currencyCode") and isinstance(reference, str)
    if not is_of_list or not reference.startswith(named[1].removeprefix(TEST_PREFIX)):
        return ref
    return str(reference)
