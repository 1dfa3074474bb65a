"""Writing ``review.html``. Only its owner can read it, because it holds debtors' data."""

from __future__ import annotations

from pathlib import Path

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import UsageError
from importer.reporter.review.html import review_html
from importer.reporter.review.model import Review

REVIEW_FILE = "review.html"


def write_review(review: Review, folder: Path, access: FileAccess = OWNER_ALONE) -> Path:
    """Write ``review.html`` into an existing folder, in place of an earlier one, and return its path.

    Raises UsageError if it cannot be written.
    """
    path = folder / REVIEW_FILE
    try:
        access.write(path, review_html(review), durable=False)
    except OSError as error:
        raise UsageError(
            f"The review cannot be written to {folder} ({error.strerror}). Make room or name another folder with --output."
        ) from None
    return path
