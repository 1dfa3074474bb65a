"""The names in a watched folder: which files are passed over, and how claims and results are called. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import PurePath

from importer.domain import file_names
from importer.reporter.sheets import SHEETS
from importer.setting_sections import WATCH_FOLDERS
from importer.workspace.input_files import SPREADSHEETS

WORKING, DONE, FAILED, WAITING, APPROVED = WATCH_FOLDERS
CONTROL, is_passed_over, lock_names = file_names.CONTROL, file_names.is_passed_over, file_names.lock_names
LONGEST_NAME = 255
"""Bytes of a file's name on the usual file systems."""

_REFUSED_WITH_ADVICE = (".xlsm", ".xltm", ".xltx", ".numbers")
"""Files of other programs that are taken, because the reader says what to save them as."""
_TAKEN = frozenset({*SPREADSHEETS, *_REFUSED_WITH_ADVICE})


def is_spreadsheet(name: str) -> bool:
    """Return whether a file of this name is taken: it is a spreadsheet, or something that can be saved as one.

    The texts that are written beside a file are none.
    """
    return PurePath(name).suffix.casefold() in _TAKEN and not (stamp_of(name) and _ends_as(name, _TEXTS))


def _shortened(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")


# Claims

_CLAIM = re.compile(r"(?P<host>.+?)-(?P<pid>\d+)(?:-(?P<token>[0-9a-f]{8}))?--(?P<time>\d{8}T\d{6}\.\d{6}Z)--.+", re.DOTALL)
_CLAIM_TIME = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Claimant:
    """The process that has claimed a file.

    ``token`` is of this process alone: two containers may have one host name, and the same process ids.
    """

    host: str
    pid: int
    token: str = ""

    def text(self) -> str:
        """Return the first part of the names of its claims."""
        return f"{self.host}-{self.pid}" + (f"-{self.token}" if self.token else "")


@dataclass(frozen=True, slots=True)
class ClaimName:
    """The name of a claim in ``working``: who has claimed a file, and when (UTC)."""

    claimant: Claimant
    at: datetime


def claim_name(claimant: Claimant, at: datetime, name: str) -> str:
    """Return the name of the folder in ``working`` for a claimed file."""
    start = f"{claimant.text()}--{at.astimezone(UTC).strftime(_CLAIM_TIME)}--"
    return start + _shortened(name, LONGEST_NAME - len(start.encode()))


def parse_claim(name: str) -> ClaimName | None:
    """Return what the name of a claim says; None if it is not one."""
    found = _CLAIM.fullmatch(name)
    if found is None:
        return None
    at = datetime.strptime(found["time"], _CLAIM_TIME).replace(tzinfo=UTC)
    return ClaimName(Claimant(found["host"], int(found["pid"]), found["token"] or ""), at)


# Results

SUMMARY, WHY, CHANGED, REVIEW = "summary.txt", "why.txt", "changed.txt", "review.html"
"""What is written beside a file, besides its sheets."""
_TEXTS = (SUMMARY, WHY, CHANGED)
_STAMP = re.compile(r"(?P<time>\d{4}-\d{2}-\d{2}T\d{4})-(?P<digest>[0-9a-f]{8})-(?P<name>.+)", re.DOTALL)
_MOST_SUFFIX = 60
"""Bytes that are kept free for what is appended to the name of a file: ``-left-out-2.xlsx`` and the like."""


def stamped_name(name: str, digest: str, at: datetime, zone: tzinfo) -> str:
    """Return the name under which a file is kept: ``2026-11-26T0230-ab12cd34-invoices.xlsx``.

    The time is that of the claim in ``zone``, the digest the first 8 of the file's SHA-256. A name that was stamped before
    gets a new stamp, and a corrected error sheet is called so, since its own results are beside it too. No file that was dropped
    has the name of a result.
    """
    plain = without_stamp(name)
    path = PurePath(plain)
    stem = path.stem
    if plain != name:
        stem = re.sub(r"-errors(-\d+)?$", "-corrected", stem)
    if _ends_as(f"-{stem}{path.suffix}", (*_TEXTS, *SHEETS)):
        stem += "-file"
    start = f"{at.astimezone(zone).strftime('%Y-%m-%dT%H%M')}-{digest[:8]}-"
    return start + _shortened(stem, LONGEST_NAME - len(start) - len(path.suffix.encode()) - _MOST_SUFFIX) + path.suffix


def without_stamp(name: str) -> str:
    """Return the name that a file had when it was dropped."""
    found = _STAMP.fullmatch(name)
    return found["name"] if found else name


def stamp_of(name: str) -> str | None:
    """Return the first 8 digits of the SHA-256 that the name of a kept file holds; None if it holds none."""
    found = _STAMP.fullmatch(name)
    return found["digest"] if found else None


def _ends_as(name: str, results: Sequence[str]) -> bool:
    return name.casefold().endswith(tuple(f"-{one}" for one in results))


def owner_of_result(name: str) -> str | None:
    """Return the stem of the kept file to which a sheet or a text belongs; None for a file that is not a result."""
    return next((name.removesuffix(f"-{one}") for one in (*_TEXTS, *SHEETS) if name.endswith(f"-{one}")), None)


def beside(kept: str, what: str) -> str:
    """Return the name of a result of a kept file: ``errors.xlsx`` of ``…-invoices.xlsx`` is ``…-invoices-errors.xlsx``."""
    return f"{PurePath(kept).stem}-{what}"
