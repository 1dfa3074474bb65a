"""The accounts to which entries are sent, as values: the same account is the same text, however its parts are spelt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from importer.domain.kinds import RecordKind

SANDBOX_ACCOUNT = "sandbox"
"""The account of the embedded sandbox in its ledger."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The Debitura account for cases and the Debbie tenant for vouchers."""

    cases: str
    vouchers: str

    def of(self, kind: RecordKind) -> str:
        """Return the account for entries of this kind."""
        return self.cases if kind is RecordKind.CASE else self.vouchers


def debitura_account(url: str, partner: str) -> str:
    """Return the account of a partner at Debitura."""
    return f"debitura:{normal_url(url)}:{normal_id(partner)}"


def debbie_account(url: str, tenant: str | None) -> str:
    """Return the account of a tenant at Debbie."""
    return f"debbie:{normal_url(url)}:{normal_id(tenant) if tenant else 'none'}"


def normal_id(text: str) -> str:
    """Return the usual spelling of a partner's or tenant's id: a UUID in lower case with hyphens; others in lower case."""
    stripped = text.strip()
    try:
        return str(UUID(stripped))
    except ValueError:
        return stripped.casefold()


def normal_url(text: str) -> str:
    """Return the usual spelling of a base URL, by which two spellings of one address can be compared.

    Scheme and host are in lower case, the host in its ASCII form without a final dot. The scheme's own port, dot segments
    and slashes at the end are left out. Raises ValueError for what is not a URL with a host.
    """
    stripped = text.strip().rstrip("/")
    if _NORMAL.fullmatch(stripped):
        return stripped
    from yarl import URL

    try:
        url = URL(stripped)
        host = (url.raw_host or "").rstrip(".")
        known = url.with_host(host).with_port(None if url.is_default_port() else url.port) if host else None
    except ValueError:  # its message may quote credentials
        known = None
    if known is None or _NOT_IN_HOSTS.search(host):
        raise ValueError("write it as https://host")
    return str(known).rstrip("/")


_NORMAL = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*")  # the usual case, for which no library need be loaded
_NOT_IN_HOSTS = re.compile(r"[\x00-\x20\x7f\s/\\@?#%<>^|]")


def normal_account(text: str) -> str:
    """Return an account that an earlier release stored in its present spelling; any other text is returned unchanged."""
    api, _, rest = text.partition(":")
    if api not in {"debitura", "debbie"}:
        return text
    # The URL may contain colons, and so may an id. Apart from an id's known beginning, the longest part that is a URL is one.
    for found in reversed(list(re.finditer(r":(?=urn:uuid:)", rest, re.IGNORECASE)) or list(re.finditer(":", rest))):
        try:
            return f"{api}:{normal_url(rest[: found.start()])}:{normal_id(rest[found.end() :])}"
        except ValueError:
            continue
    return text
