"""The trail of the page: what each user does, as events of the operator's log. It holds no data of debtors and no contents."""

from __future__ import annotations

import logging

from starlette.requests import Request

from importer.domain.batches import Person
from importer.workspace.operator_log import log_bug, log_event

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


def record_bug(error: BaseException) -> str:
    """Record where a bug is, without values, which may be personal data. Returns its number in the log."""
    return log_bug(error)


class BugFilter(logging.Filter):
    """Records the errors that a library would print with their texts and values, which may be personal data."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the library may print a record: one without an error."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            record_bug(error)
        return error is None


_BUGS = BugFilter()
LOUD = ("uvicorn.error", "asyncio", "concurrent.futures")
"""The loggers of libraries that print errors which nobody has caught."""


def record_bugs_of_libraries() -> None:
    """Have the errors recorded that reach the libraries below the page, in place of their tracebacks on stderr."""
    for name in LOUD:
        logging.getLogger(name).addFilter(_BUGS)  # once: the same filter is not added again
