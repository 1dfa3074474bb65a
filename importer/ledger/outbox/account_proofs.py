"""What probes have found out about accounts, as the ledger keeps it."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from importer.domain.proofs import AccountProof
from importer.ledger.storage.engine import Session
from importer.ledger.storage.schema import meta

MARK = "proof of "


class AccountProofs:
    """The findings of the newest probe of each account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, account: str) -> AccountProof | None:
        """Return what a probe has found out about this account, or None."""
        with self._session.transaction() as connection:
            found = connection.scalar(select(meta.c.value).where(meta.c.name == MARK + account))
        return AccountProof.from_text(found) if found else None

    def remember(self, account: str, proof: AccountProof) -> None:
        """Store the findings of a probe, in place of earlier ones."""
        with self._session.transaction() as connection:
            connection.execute(delete(meta).where(meta.c.name == MARK + account))
            connection.execute(insert(meta).values(name=MARK + account, value=proof.as_text()))
