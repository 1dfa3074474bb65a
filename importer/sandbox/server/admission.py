"""The checks before an endpoint handles a request: credentials, rate limits and the size of the body."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from importer.sandbox import responses
from importer.sandbox.fault_plan import Endpoint
from importer.sandbox.vendors.rate_limits import Limiter

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request
    from starlette.responses import Response

    from importer.sandbox.server.active_faults import ActiveFaults
    from importer.sandbox.settings import SandboxSettings


_DEBITURA: Final = frozenset({Endpoint.ME, Endpoint.CASES, Endpoint.LIST, Endpoint.CASE, Endpoint.TEST_CASES})


class Credential(NamedTuple):
    """The credential of a request: ``XApiKey`` at Debitura, a bearer token at Debbie."""

    is_api_key: bool
    value: str


class Admission:
    """The accepted credentials, which may be replaced at any time, and the rate windows of each."""

    def __init__(self, settings: SandboxSettings, faults: ActiveFaults) -> None:
        self.api_keys = frozenset(settings.api_keys)
        self.tokens = frozenset(settings.tokens)
        self.refused_by_limit = 0
        self._settings = settings
        self._faults = faults
        self._limiters: dict[Credential, Limiter] = {}

    def accept(self, api_keys: Collection[str] | None = None, tokens: Collection[str] | None = None) -> None:
        """Replace the accepted credentials; None leaves them as they are."""
        self.api_keys = self.api_keys if api_keys is None else frozenset(api_keys)
        self.tokens = self.tokens if tokens is None else frozenset(tokens)

    def refusal(self, endpoint: Endpoint, request: Request, size: int) -> Response | None:
        """Return the 401, 429 or 413 that a request gets, or None if it passes; ``size`` is that of its body."""
        credential = credential_of(endpoint, request)
        if credential is None or not self._is_accepted(credential):
            refuse = responses.debitura_problem if endpoint in _DEBITURA else responses.problem
            return refuse(401, "The credentials are missing or invalid.")
        if (wait := self._seconds_to_wait(credential)) > 0:
            self.refused_by_limit += 1
            header = wait if self._settings.retry_after_header else None
            return responses.too_many({"retryAfter": round(wait + 0.0005, 3)}, header=header)
        if size > self._settings.max_body_bytes:
            return responses.problem(413, f"The body is larger than {self._settings.max_body_bytes} bytes.")
        return None

    def _is_accepted(self, credential: Credential) -> bool:
        accepted = self.api_keys if credential.is_api_key else self.tokens
        return credential.value in accepted and credential not in self._faults.revoked

    def _seconds_to_wait(self, credential: Credential) -> float:
        limits = self._settings.limits if credential.is_api_key else self._settings.debbie_limits
        if not limits:
            return 0.0
        return self._limiters.setdefault(credential, Limiter(limits)).admit(time.time())


def credential_of(endpoint: Endpoint, request: Request) -> Credential | None:
    """Return the credential that a request to ``endpoint`` carries, if it carries one."""
    if endpoint in _DEBITURA:
        key = request.headers.get("xapikey")
        return None if key is None else Credential(is_api_key=True, value=key)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return Credential(is_api_key=False, value=token) if scheme.lower() == "bearer" else None
