"""The trail of the page: what each user does, as events of the operator's log. It holds no data of debtors and no contents."""

from __future__ import annotations

from starlette.requests import Request

from importer.domain.batches import Person
from importer.errors import bug_text
from importer.workspace.operator_log import log_event

NOBODY_YET = Person("", "")
SUCCESS = 400


def record(action: str, person: Person, request: Request, status: int = 200) -> None:
    """Record what a person has done or tried: the action, by whom, from which address, the batch, and how it was answered."""
    batch = request.path_params.get("batch")
    facts = {} if batch is None else {"batch": batch}
    subject = {"subject": person.subject} if person.subject else {}
    address = request.client.host if request.client else ""
    result = "done" if status < SUCCESS else "refused"
    log_event("page", action=action, person=person.name, address=address, result=result, status=status, **facts, **subject)


def record_bug(error: BaseException) -> None:
    """Record where a bug is, without values, which may be personal data."""
    log_event("bug", place=bug_text(error))
