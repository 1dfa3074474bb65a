"""A run or check without a row to import: it ends well, and says so in one line."""

from __future__ import annotations

from dataclasses import replace

from importer.errors import ExitCode, FileRefused
from importer.workspace.approval import unmet_gates
from importer.workspace.input_files import find_files
from importer.workspace.operator_log import log_event
from importer.workspace.request import ImportRequest
from importer.workspace.result import RunResult
from importer.workspace.staging import StagedSources


def without_files(request: ImportRequest) -> RunResult | None:
    """Return the result of a request whose folders are all empty; None if there is something to read.

    Raises FileRefused if a folder cannot be read or holds no spreadsheet but other files, or if rows are expected.
    """
    if request.frames or not request.paths:
        return None
    found = find_files(request.paths)
    if found.files:
        return None
    for folder in found.empty_folders:
        log_event("empty_folder", folder=str(folder))
    unmet = request.expected.unmet([]) if request.expected else None
    return without_rows(StagedSources((), (), remarks=tuple(found.remarks())), request, unmet)


def without_rows(staged: StagedSources, request: ImportRequest, unmet: str | None = None) -> RunResult:
    """Return the result of a request of whose sources no row is to be imported. ``unmet``: how they differ from what is expected.

    Raises FileRefused if they do, or if a gate such as ``--confirm`` requires rows.
    """
    if unmet is None and (gates := unmet_gates(request.gates, [])):
        unmet = f"Nothing was sent: {'; '.join(gates)}."
    if unmet:
        raise FileRefused("\n".join([*staged.remarks, unmet]))
    return RunResult(ExitCode.OK, messages=staged.remarks, empty=staged.empty)


def with_remarks(result: RunResult, staged: StagedSources) -> RunResult:
    """Return the result of a run with what is to be said about the sources that were empty."""
    return replace(result, messages=(*result.messages, *staged.remarks), empty=staged.empty)
