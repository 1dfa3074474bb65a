"""What a request authenticates with: ``XApiKey`` at Debitura, a bearer token at Debbie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from importer.sandbox.fault_plan import Endpoint

if TYPE_CHECKING:
    from importer.sandbox.messages import Request

_DEBITURA: Final = frozenset({Endpoint.ME, Endpoint.CASES, Endpoint.LIST, Endpoint.CASE})


class Credential(NamedTuple):
    """A key of Debitura or a token of Debbie."""

    is_api_key: bool
    value: str


def credential_of(endpoint: Endpoint, request: Request) -> Credential | None:
    """Return the credential that a request to ``endpoint`` carries, if it carries one."""
    if endpoint in _DEBITURA:
        key = request.header(b"xapikey")
        return None if key is None else Credential(is_api_key=True, value=key)
    scheme, _, token = (request.header(b"authorization") or "").partition(" ")
    return Credential(is_api_key=False, value=token) if scheme.lower() == "bearer" else None
