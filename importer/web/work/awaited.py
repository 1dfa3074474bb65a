"""What the rows of approved batches wait for, as keys of texts with their values: a sender, a quota, a while, or a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importer.domain.states import RowStatus
from importer.web.texts import Texts
from importer.workspace.sending_status import SendingStatus

TextWithValues = tuple[str, dict[str, object]]


@dataclass(frozen=True)
class SendingPace:
    """How the account's sender gets on: whether it has sent lately, when it ends, and the quota that it waits for until then."""

    has_sent: bool = False
    outlook: str = ""
    quota: str = ""
    quota_until: str = ""


def awaited(counts: Mapping[RowStatus, int], pace: SendingPace, *, is_sent: bool) -> list[TextWithValues]:
    """Return what the rows wait for, that which a process does first. ``is_sent``: a process sends now."""
    found: list[TextWithValues] = []
    if pending := counts[RowStatus.PENDING]:
        found.append(_pending(pending, pace, is_sent=is_sent))
    if doubted := counts[RowStatus.IN_DOUBT]:
        found.append(("progress.in_doubt_sent" if is_sent else "progress.in_doubt", {"count": f"{doubted:,}"}))
    if held := counts[RowStatus.HELD]:
        found.append(("progress.held", {"count": f"{held:,}"}))
    if questioned := counts[RowStatus.QUESTIONED]:
        found.append(("progress.questioned", {"count": f"{questioned:,}"}))
    return found


def _pending(pending: int, pace: SendingPace, *, is_sent: bool) -> TextWithValues:
    left: dict[str, object] = {"count": f"{pending:,}"}
    if pace.quota:
        key = "progress.quota" if is_sent else "progress.quota_unsent"
        return key, {**left, "api": pace.quota, "until": pace.quota_until}
    if not is_sent:
        return "progress.not_sent", left
    return ("progress.sent", {**left, "outlook": pace.outlook}) if pace.has_sent else ("progress.begins", left)


def sender_line(sending: SendingStatus, texts: Texts) -> str:
    """Return which process sends; empty if none does."""
    if sending.sender is None:
        return ""
    owner = sending.sender.owner
    return texts("progress.process", pid=owner.pid, host=owner.host) if owner else texts("status.process_unnamed")
