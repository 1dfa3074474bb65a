"""The keys that earlier releases derived from the same row.

A later release may read a row better, or derive other keys. The row is still the same case or voucher, so that it is looked
up by these keys as well, and then by its raw cells.

- Until version 4 of the ledger the key of a voucher without a ``unique_id`` was a fingerprint of its content, also if it had
  a reference: :func:`former_keys`.
- Until version 4 a state of the United States was sent as it was written. The match key of a case without a reference
  contains its code, for old entries as well.
- The key of a case with a reference has not changed: it is the entry's ``base``.
"""

from __future__ import annotations

from importer.domain.match_keys import content_key


def former_keys(owner: str, unique_id: str | None, content: str) -> tuple[str, ...]:
    """Return the keys that earlier releases gave to a voucher with this content below the case ``owner``."""
    return () if unique_id else (content_key(owner, content),)
