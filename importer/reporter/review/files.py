"""Writing ``review.html``. Only its owner can read it, because it holds debtors' data."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from importer.errors import UsageError
from importer.reporter.review.html import review_html
from importer.reporter.review.model import Review

REVIEW_FILE = "review.html"


def write_review(review: Review, folder: Path) -> Path:
    """Write ``review.html`` into an existing folder, in place of an earlier one, and return its path.

    Raises UsageError if it cannot be written.
    """
    path = folder / REVIEW_FILE
    try:
        # Named when complete, so that a crash leaves no incomplete page. A temporary file has the mode 0600 from the start.
        with NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".review-", suffix=".partial", delete=False) as file:
            file.write(review_html(review))
        os.replace(file.name, path)  # noqa: PTH105  (Path.replace of a Path that is built for it says no more)
    except OSError as error:
        raise UsageError(
            f"The review cannot be written to {folder} ({error.strerror}). Make room or name another folder with --output."
        ) from None
    return path
