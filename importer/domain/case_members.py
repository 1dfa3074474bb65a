"""The members of the request of a case, read back from its bytes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from importer.domain.models import BY_NAME


def members_of(payload: bytes) -> dict[str, Any]:
    """Return the members of the request of a case as its model takes them: the inverse of ``Case.wire``."""
    for code, name in BY_NAME:
        payload = payload.replace(name, code)
    found: dict[str, Any] = json.loads(payload, parse_float=Decimal)
    return found
