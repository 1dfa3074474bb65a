"""Where a file ends: in ``done``, ``failed`` or ``needs approval``, with its results beside it.

Results are written first and the file is moved last, so that a file that is there has its results. A crash in between is
repeated, under the name that the claim has reserved.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path

from importer.reporter.report import Report
from importer.watch.claims import ClaimedFile, close
from importer.watch.folder import WatchedFolder
from importer.watch.moves import copy, move, numbered
from importer.watch.names import APPROVED, CHANGED, DONE, REVIEW, SUMMARY, WAITING, WHY, beside, stamped_name

_BEING_WRITTEN = "The results are being written.\n"


def settle(
    watched: WatchedFolder, made: ClaimedFile, place: str, lines: Iterable[str], *, report: Report | None, zone: tzinfo
) -> Path:
    """Write the results of a claimed file into the folder ``place``, and move the file there. Returns its path.

    ``lines`` become ``…-summary.txt``, and in ``failed`` ``…-why.txt``. The sheets of the ``report`` are copied. Raises OSError:
    FileNotFoundError if the claimed file is not there.
    """
    folder = watched.root / place
    made.path.stat()  # nothing is written beneath a mount point whose drive is away, where nobody would find it
    if not folder.is_dir():
        watched.access.new_folder(folder)
    text = SUMMARY if report or place == DONE else WHY
    made, kept = _reserve(watched, made, folder, text, zone)
    for name, path in _results(report, place).items():
        copy(path, folder / beside(kept, name), watched.access)
    watched.access.write(folder / beside(kept, text), "\n".join(lines) + "\n", durable=False)
    with suppress(OSError):  # a file of another user keeps its rights
        watched.access.extend_to(made.path)
    move(made.path, folder / kept)
    close(made)
    if made.note.origin in {WAITING, APPROVED}:
        _remove_former(watched, made.name)
    return folder / kept


def _results(report: Report | None, place: str) -> dict[str, Path]:
    """Return the files to copy, by the names that they get: the sheets, or the review while an approval is awaited."""
    if report is None:
        return {}
    if place == WAITING:
        page = report.folder / REVIEW
        return {REVIEW: page} if page.is_file() else {}
    return {_plain(name): report.folder / name for name in report.sheets}


def _plain(name: str) -> str:
    """Return the usual name of a sheet: ``errors.xlsx`` for ``errors-2.xlsx``."""
    stem, dot, suffix = name.partition(".")
    first, _, number = stem.rpartition("-")
    return f"{first}{dot}{suffix}" if first and number.isdigit() else name


def _reserve(watched: WatchedFolder, made: ClaimedFile, folder: Path, text: str, zone: tzinfo) -> tuple[ClaimedFile, str]:
    """Reserve a name for the file and its results in the folder, unless that was done before a crash."""
    place, _, reserved = made.note.kept.partition("/")
    if place == folder.name:
        return made, reserved
    for name in numbered(stamped_name(made.name, made.note.sha256, made.at, zone)):
        if (folder / name).exists():
            continue
        try:
            descriptor = watched.access.open(folder / beside(name, text), os.O_WRONLY | os.O_EXCL)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_BEING_WRITTEN)
        return made.noted(watched, kept=f"{folder.name}/{name}"), name
    raise FileExistsError(str(folder / made.name))


def _remove_former(watched: WatchedFolder, name: str) -> None:
    """Remove what was beside a file that has waited for an approval."""
    for place in (WAITING, APPROVED):  # a person may have moved all of it
        for what in (SUMMARY, REVIEW, CHANGED):
            with suppress(OSError):
                (watched.root / place / beside(name, what)).unlink(missing_ok=True)
