"""What the pages share: the environments, the jobs, the uploads, the sender and the sessions of one server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import anyio

from importer.errors import ImporterError
from importer.web.rendering import Rendering
from importer.web.sessions import Sessions
from importer.web.work.attachments import forget_attachments, sweep_attachments
from importer.web.work.correction_sweep import sweep_corrections
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import Jobs
from importer.web.work.kept_master_data import sweep_master_data
from importer.web.work.leftovers import sweep_leftovers
from importer.web.work.limits import UploadsUnderWay
from importer.web.work.progress import ProgressFeed
from importer.web.work.row_files import sweep_rows
from importer.web.work.sender import SenderProcess
from importer.web.work.uploads import Uploads

SWEEPS = (sweep_leftovers, sweep_rows, sweep_attachments, sweep_corrections, sweep_master_data)


@dataclass
class PageServices:
    """One server's own things. ``stopping`` is set when it ends, so that streams end too."""

    environments: PageEnvironments
    rendering: Rendering
    sessions: Sessions
    uploads: Uploads
    jobs: Jobs
    sender: SenderProcess
    feed: ProgressFeed
    stopping: anyio.Event
    under_way: UploadsUnderWay = field(default_factory=UploadsUnderWay)

    @classmethod
    def of(cls, environments: PageEnvironments, rendering: Rendering) -> PageServices:
        """Return the services of a server in this workspace."""
        rendering.zone = environments.settings.zone()
        uploads = Uploads(environments)
        sessions = Sessions(environments.settings.web.session_hours * 3600)
        stopping = anyio.Event()
        feed = ProgressFeed(environments, stopping, rendering.texts)
        jobs = Jobs(partial(_forget_drop, environments, uploads))
        return cls(environments, rendering, sessions, uploads, jobs, SenderProcess(environments), feed, stopping)

    def close(self) -> None:
        """End what ends with the server. A sender that was started goes on."""
        self.jobs.close()
        self.uploads.close()
        self.clean_up()

    def clean_up(self) -> None:
        """Remove the files that no batch and no running server needs, such as those of a server that was killed."""
        sweeps: list[Callable[[], None]] = [self.uploads.sweep, *(partial(one, self.environments) for one in SWEEPS)]
        for sweep in sweeps:
            with suppress(ImporterError, OSError):  # a ledger or a file that cannot be read: what is there stays
                sweep()


def _forget_drop(environments: PageEnvironments, uploads: Uploads, job_id: str) -> None:
    """Remove the files of a drop, with its documents unless a batch needs them."""
    uploads.forget(job_id)
    with suppress(ImporterError, OSError):
        forget_attachments(environments, job_id)
