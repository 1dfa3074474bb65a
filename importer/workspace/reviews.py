"""The review of a run's staged sources, and the place of its page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from importer.domain.accounts import Accounts
from importer.domain.file_access import FileAccess
from importer.errors import UsageError
from importer.ledger.storage.location import shown_url, sqlite_path
from importer.reporter.report import Report
from importer.reporter.review.build import build_review
from importer.reporter.review.files import write_review
from importer.reporter.review.model import AccountShown, FileReview, Review
from importer.workspace.connections import UNKNOWN_PARTNER
from importer.workspace.environment import Environment
from importer.workspace.staging import StagedSources
from importer.workspace.workspace import Workspace


def account_shown(environment: Environment, accounts: Accounts, company: str | None = None) -> AccountShown:
    """Return the account as a review shows it. ``company`` is the partner's name, if the API gave one."""
    partner = accounts.cases.rpartition(":")[2]
    is_known = not environment.is_sandbox and partner != UNKNOWN_PARTNER
    host = re.sub(r"^https?://", "", environment.debitura_url)
    return AccountShown(host, partner if is_known else None, company, environment.is_sandbox)


def review_of(
    files: Iterable[FileReview],
    workspace: Workspace,
    environment: Environment,
    account: AccountShown,
    staged: StagedSources | None = None,
    *,
    finish: str = "",
    is_check: bool = False,
) -> Review:
    """Return the review of a run with these files. ``staged`` has the others, which could not be read or have no rows."""
    path = sqlite_path(environment.ledger_url)
    return build_review(
        files,
        account,
        ledger=str(path.absolute()) if path else shown_url(environment.ledger_url),
        workspace=str(workspace.root.absolute()),
        unreadable=map(str, staged.refused if staged else ()),
        without_rows=staged.remarks if staged else (),
        finish=finish,
        is_check=is_check,
    )


def write_run_review(review: Review, reports: Sequence[Report], directory: Path, access: FileAccess) -> Path | None:
    """Write ``review.html`` and return its path: beside the sheets of the one file, or in a folder for several files.

    Without a new file there is no page, and None is returned. Raises UsageError if it cannot be written.
    """
    if not any(report.is_written for report in reports) and not review.unreadable:
        return None
    if len(reports) == 1 and not review.unreadable:
        return write_review(review, reports[0].folder, access)
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    files = len(review.files) + len(review.unreadable) + len(review.without_rows)
    for number in range(1, 1000):
        folder = directory / (f"{moment}-review-of-{files}-files" + (f"-{number}" if number > 1 else ""))
        try:
            access.folders_to(folder.parent)
            access.new_folder(folder)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{folder} cannot be created ({error.strerror}). Name another folder with --output.") from None
        return write_review(review, folder, access)
    raise UsageError(f"{directory} holds too many reviews of this second. Name another folder with --output.")
