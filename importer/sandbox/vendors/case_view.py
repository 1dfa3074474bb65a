"""A case as Debitura shows it: in the answer to its creation, in the list and in look-ups."""

from __future__ import annotations

import json
import uuid
from typing import Final

from importer.sandbox.storage.world import StoredCase
from importer.sandbox.vendors.case_rules import DEBTOR_FIELDS
from importer.sandbox.vendors.checks import country_name, country_names

LIFECYCLE: Final = "Pending Verification Internal"
"""The label of a new case; filters take the name without spaces as well."""
_PARTNER: Final = "Sandbox Collections Ltd"
_NEEDED: Final = ("address", "city", "email", "phone")
_UNKNOWN: Final = dict.fromkeys(
    (
        "dateUpdated", "dateFinished", "dateCollectionStarted", "closeCode", "currentEngagementPhase", "creditorDivisionId",
        "bankAccount", "blendedAgeUpliftPoints", "preLegalSuccessFee", "solutionUrl", "signingHandoff",
        "exclusivePeriodEndDate", "disputeStatus", "assignedUser",
    )
)  # fmt: skip


def case_content(case: StoredCase, company_name: str) -> dict[str, object]:
    """Return all members of a case; ``company_name`` is that of the partner, to whom test cases are assigned."""
    received = json.loads(case.body)
    amount, is_test = received["amountToRecover"], bool(received.get("isTest"))
    debtor = _debtor(received["debtor"])
    return {
        "id": case.id,
        "dateCreated": case.created,
        "reference": case.reference,
        "creditorReference": received.get("creditorReference"),
        "creditorComments": received.get("comments"),
        "claimDescription": received.get("claimDescription"),
        "grossAmount": amount,
        "remainder": amount,
        **dict.fromkeys(("interestFees", "reminderFees", "collectionFees", "totalAddedFees"), 0.0),
        "currency": received["currencyCode"],
        "isTestCase": is_test,
        "lifecycle": LIFECYCLE,
        "date": _day(received["date"]),
        "dueDate": _day(received.get("dueDate") or received["date"]),
        "claimType": "Unpaid Invoice",
        "debtor": debtor,
        "creditor": _creditor(case, received),
        "collectionPartner": _collection_partner(company_name if is_test else _PARTNER),
        "validation": {"needsInfo": any(not debtor[name] for name in _NEEDED)},
        "allocationOutstanding": {"principal": amount, "interest": 0.0, "reminderFees": 0.0, "collectionFees": 0.0},
        **_UNKNOWN,
    }


def _day(text: str) -> str:
    """Return a date as the date and time that .NET makes of it."""
    return f"{text[:10]}T00:00:00"


def _debtor(received: dict[str, str | None]) -> dict[str, str | None]:
    country = _country(received.get("countryAlpha2"), received.get("country"))
    return {name: received.get(name) for name in sorted(DEBTOR_FIELDS)} | country


def _country(alpha2: str | None, english: str | None) -> dict[str, str | None]:
    alpha2 = alpha2 or country_names().get((english or "").strip().casefold())
    return {"countryAlpha2": alpha2, "country": english or (country_name(alpha2) if alpha2 else None)}


def _creditor(case: StoredCase, received: dict[str, str | None]) -> dict[str, object]:
    """Return the creditor record, of which each case has one of its own."""
    unknown = ("companyRegistrationNumber", "officeEmail", "officePhone", "address", "city", "zipCode", "state", "division")
    country = _country(received.get("creditorCountryAlpha2"), received.get("creditorCountry"))["country"]
    return {
        "id": str(uuid.UUID(int=uuid.UUID(case.id).int ^ 1)),
        "companyName": received["creditorCompanyName"],
        "country": country,
        **dict.fromkeys(unknown),
    }


def _collection_partner(name: str) -> dict[str, object]:
    return {
        "name": name,
        "officeEmail": "office@collections.example",
        "officePhone": "+45 10 00 00 99",
        "publicSite": None,
        "surveyCadenceMode": 0,
    }
