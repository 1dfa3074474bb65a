"""The creditors whose cases are refused until they have signed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from importer.sandbox.responses import BusinessError, business

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.sandbox.settings import Refusals

_SIGNING: Final = "https://app.debitura.example/sign/"
_TO_SIGN: Final = {
    "MissingDebtCollectionContract": ("has not signed the debt collection agreement", "contract"),
    "MissingPowerOfAttorney": ("has not signed the power of attorney", "power-of-attorney"),
    "MissingKycVerification": ("has not been verified (KYC)", "kyc"),
}


class Creditors:
    """What each creditor lacks, by its company name. ``sign`` is what the creditor does on the signing page."""

    def __init__(self, refusals: Refusals) -> None:
        self._lacking: dict[str, list[str]] = {}
        self.refuse(refusals)

    def refuse(self, refusals: Refusals) -> None:
        """Replace the refusals of all creditors."""
        self._lacking = {}
        for creditor, kind in refusals:
            self._lacking.setdefault(_folded(creditor), []).append(kind)

    def sign(self, creditors: Iterable[str]) -> None:
        """Accept the cases of these creditors from now on."""
        for creditor in creditors:
            self._lacking.pop(_folded(creditor), None)

    def errors_of(self, creditor: str) -> tuple[list[BusinessError], str | None]:
        """Return the business errors of a creditor's cases, and one link for everything that it has to sign."""
        kinds = self._lacking.get(_folded(creditor), [])
        has_to_sign = any(kind in _TO_SIGN for kind in kinds)
        return [_error(creditor, kind) for kind in kinds], _SIGNING + "all" if has_to_sign else None


def _error(creditor: str, kind: str) -> BusinessError:
    if kind not in _TO_SIGN:
        return business(kind, f"Cases of the creditor {creditor} are not accepted ({kind}).")
    what, page = _TO_SIGN[kind]
    return business(kind, f"The creditor {creditor} {what}.", _SIGNING + page)


def _folded(creditor: str) -> str:
    return " ".join(creditor.split()).casefold()
