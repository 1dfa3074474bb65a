"""Who sends for an account now, and what was left to that sender, for `importer status`."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from importer.domain.accounts import Accounts
from importer.ledger.ledger import Ledger
from importer.ledger.storage.lock import OtherSender


@dataclass(frozen=True, slots=True)
class SendingStatus:
    """The account's sender, if it has one now, and the batches that other runs have left to it or to an earlier one."""

    sender: OtherSender | None = None
    handed_over: tuple[int, ...] = ()

    def lines(self) -> list[str]:
        """Return the lines for the terminal."""
        names = ", ".join(f"batch {batch}" for batch in self.handed_over)
        if self.sender is not None:
            found = [f"{self.sender.text().rstrip(',')} sends, or waits for a quota.{self.sender.silence()}"]
            return [*found, f"Left to it: {names}."] if names else found
        return [f"Left to a sender that has ended: {names}. `importer resume` sends what waits."] if names else []

    def as_json(self) -> dict[str, object]:
        """Return the members of `importer status --json`. The sender is null if there is none now."""
        owner = self.sender.owner if self.sender else None
        return {"sender": asdict(owner) if owner else None, "handed_over": list(self.handed_over)}


NOT_SENDING = SendingStatus()


def sending_status(ledger: Ledger, accounts: Accounts) -> SendingStatus:
    """Return who sends for the account, and what is left to that process or was left to one that has ended."""
    return SendingStatus(ledger.sender(accounts.cases), tuple(ledger.hand_overs.waiting(accounts)))
