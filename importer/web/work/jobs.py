"""Work that takes longer than a request: it goes on in a thread, and a page shows how far it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic

from importer.domain.batches import Person
from importer.errors import ExitCode, ImporterError, bug_text
from importer.web.work.console import PageConsole
from importer.web.work.limits import MOST_JOBS, TooMuchAtOnce
from importer.web.work.mapping_form import MapStep
from importer.workspace.operator_log import log_bug
from importer.workspace.person import acting_as

AT_ONCE = 2
KEPT_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class JobResult:
    """How a job has ended: the batches that it has made, and what to say about it. ``refused``: it made nothing.

    ``asks_parties``: the first page of its one batch may be the question what the debtors are.
    """

    batches: tuple[int, ...] = ()
    messages: tuple[str, ...] = ()
    refused: bool = False
    to_map: tuple[str, ...] = ()
    asks_parties: bool = True


@dataclass
class PageJob:
    """A piece of work: what it is about, by whom, its notes so far, and its result once it has ended.

    ``steps`` are the answers to the questions about its files, by the number of the file, in the order in which they were sent.
    ``reads`` is the id of the job whose files it reads: its own, or that of the drop that it reads again.
    """

    id: str
    about: str
    person: Person
    begun: float
    console: PageConsole = field(default_factory=PageConsole)
    result: JobResult | None = None
    ended: Event = field(default_factory=Event)
    steps: dict[int, list[MapStep]] = field(default_factory=dict)
    reads: str = ""


class Jobs:
    """The jobs of this server. They end with it; what they have recorded is in the ledger."""

    def __init__(self, forget: Callable[[str], None]) -> None:
        """``forget`` removes what was kept for a job, by its id."""
        self._jobs: dict[str, PageJob] = {}
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="page-job")
        self._forget = forget

    def new_id(self) -> str:
        """Return an id that nobody can guess."""
        return secrets.token_hex(16)

    def require_few(self, person: Person) -> None:
        """Raise TooMuchAtOnce if a person has as many jobs as one may have that are not done."""
        waiting = sum(one.person == person and not one.ended.is_set() for one in list(self._jobs.values()))
        if waiting >= MOST_JOBS:
            raise TooMuchAtOnce(
                f"{waiting} of your drops and corrections are not done yet. Wait for one of them, then do this again. Nothing "
                f"was begun."
            )

    def is_read(self, job_id: str) -> bool:
        """Return whether a job that is not done reads the files of this one, or if it was not begun yet."""
        jobs = list(self._jobs.values())
        return job_id not in self._jobs or any(one.reads == job_id and not one.ended.is_set() for one in jobs)

    def start(
        self, job_id: str, about: str, person: Person, work: Callable[[PageJob], JobResult], *, reads: str | None = None
    ) -> PageJob:
        """Begin a job in a thread, on behalf of a person; ``reads`` is that of the job. Raises TooMuchAtOnce."""
        job = PageJob(job_id, about, person, monotonic(), reads=reads or job_id)
        with self._lock:
            self.require_few(person)
            old = [one for one in self._jobs.values() if monotonic() - one.begun > KEPT_SECONDS and one.result]
            for one in old:
                del self._jobs[one.id]
            self._jobs[job_id] = job
        for one in old:
            self._forget(one.id)
        self._threads.submit(_run, job, work)
        return job

    def find(self, job_id: str) -> PageJob | None:
        """Return a job of this server; None if there is none with this id."""
        return self._jobs.get(job_id)

    def close(self) -> None:
        """Wait for the jobs under way, and begin no other."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _run(job: PageJob, work: Callable[[PageJob], JobResult]) -> None:
    """Do the work of a job. Whatever goes wrong becomes its result."""
    try:
        with acting_as(job.person):
            job.result = work(job)
    except ImporterError as error:
        job.result = JobResult(messages=(str(error),), refused=error.exit_code is not ExitCode.OK)
    except MemoryError:
        job.result = JobResult(messages=("The server has too little free memory for this file. Split it.",), refused=True)
    except Exception as error:  # noqa: BLE001  (the border of a job: a bug must end in a message, and not in silence)
        number = f"In the log of the server it has the number {log_bug(error)}."
        job.result = JobResult(messages=(f"{bug_text(error)} {number}",), refused=True)
    finally:
        job.ended.set()
