"""The import of one claimed file, by the same commands that a person would run, and where the file goes then."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from importer.commands.approve import approve_by_folder, discard_staged
from importer.commands.report import rebuild_report
from importer.commands.resume import resume
from importer.commands.review import BatchReview, review_batch
from importer.commands.run import run
from importer.commands.source_batches import batches_of_source
from importer.domain.batches import BatchState
from importer.errors import ApprovalNeeded, ExitCode, FileRefused, ImporterError, LedgerError, UsageError, bug_text
from importer.ledger.queries.report_rows import BatchInfo
from importer.reporter.report import Report
from importer.watch.claims import ClaimedFile
from importer.watch.clock import Clock
from importer.watch.console import FileConsole, StoppedBeforeSending
from importer.watch.control_file import read_control
from importer.watch.endings import FileEnding, Imported, counts_text, ending_after, ending_of
from importer.watch.folder import WatchedFolder
from importer.watch.former_batches import approved_of, is_since, staged_of
from importer.watch.kept_files import ChangedFile, say_beside
from importer.watch.names import APPROVED, WAITING, without_stamp
from importer.watch.results import settle
from importer.watch.scanning.content import is_whole
from importer.workspace.approval import how_to_approve
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.request import ImportRequest, find_profiles
from importer.workspace.result import RunResult
from importer.workspace.sources import holds_only_vouchers
from importer.workspace.workspace import Workspace

UNDECIDED = frozenset({BatchState.STAGED, BatchState.VOID})
GROWN = "It has changed since it was taken: what was imported is what it held before. Drop it in the folder again, whole."
NO_MEMORY = "This computer has too little free memory to import it now. End other programs, or split the file."
TAKEN_AGAIN = "its file was taken again from the watched folder"
_AGAIN = "To import it, correct it if that is needed, and drop it in the folder again: {folder}"
_NOT_FILES = frozenset({ExitCode.QUOTA, ExitCode.API_STOPPED, ExitCode.INTERRUPTED, ExitCode.USAGE})


@dataclass(frozen=True)
class _Tried:
    """How an import has ended: the ending, the exit code, messages for the user, and the result of the command, if any."""

    ending: FileEnding
    exit_code: ExitCode
    messages: tuple[str, ...]
    result: RunResult | None = None

    @property
    def report(self) -> Report | None:
        """Return the report of the file's batch, if there is one."""
        return self.result.reports[0] if self.result and self.result.reports else None


class Inbox:
    """Imports claimed files one after the other."""

    def __init__(
        self,
        workspace: Workspace,
        environment: Environment,
        console: Console,
        clock: Clock,
        stop: threading.Event,
        output: Path | None = None,
        *,
        list_is_current: bool = False,
    ) -> None:
        self._workspace, self._environment, self._console = workspace, environment, console
        self._clock, self._stop, self._output = clock, stop, output
        self._list_is_current = list_is_current

    def comes_last(self, watched: WatchedFolder, path: Path) -> bool:
        """Return whether a file holds only vouchers, whose cases may be in another file that was dropped with it."""
        try:
            return holds_only_vouchers(path, self._request_for(watched, path), self._environment)
        except (ImporterError, OSError):
            return False

    def take(self, watched: WatchedFolder, made: ClaimedFile) -> tuple[ClaimedFile, Imported]:
        """Import a claimed file and move it to its place. Returns what became of it, and the claim as it is noted now.

        No error of the file, of an API or of the disk is raised; a bug fails the file, so that the others go on.
        """
        try:
            tried, made = self._tried(watched, made)
        except (ImporterError, OSError) as error:
            tried = _Tried(ending_after(error), _code_of(error), (str(error),))
        except MemoryError as error:
            tried = _Tried(ending_after(error), ExitCode.USAGE, (NO_MEMORY,))
        except Exception as error:  # noqa: BLE001  (the border of a file: a bug in one must not keep the others waiting)
            more = "What was sent of it is recorded: `importer resume` goes on with it."
            tried = _Tried(FileEnding.FAILED, ExitCode.BUG, (bug_text(error), more))
        made = made.as_noted()  # an error may have come after the note of its batch
        return made, self._placed(watched, made, tried)

    def _tried(self, watched: WatchedFolder, made: ClaimedFile) -> tuple[_Tried, ClaimedFile]:
        console = FileConsole(self._console, made.name, self._stop)
        if not made.path.exists():
            _require_folder(watched)
            return _Tried(FileEnding.TAKEN_OVER, ExitCode.OK, ()), made
        if made.note.batch is None and (known := self._known_batch(made)) is not None:
            is_to_approve = made.note.origin == APPROVED and known.state in UNDECIDED
            if is_to_approve and (why := self._objection(known)):
                return self._waiting(known.id, why), made
            made = made.noted(watched, batch=known.id)
        if made.note.batch is not None:
            return self._gone_on(made.note.batch, console), made
        return self._run(watched, made, console)

    def _run(self, watched: WatchedFolder, made: ClaimedFile, console: Console) -> tuple[_Tried, ClaimedFile]:
        """Import a file that has no batch yet."""
        self._discard_former(watched, made)
        made = made.as_it_is(watched)  # what was written to it until now is imported with it
        if not is_whole(made.path):
            raise FileRefused(f"{made.name} is not complete: it ends in the middle, or in zeros. Nothing of it was imported.")
        request = replace(self._request_for(watched, made.path), expected=read_control(made.control))
        try:
            result = run(request, self._environment, console)
        except StoppedBeforeSending:
            if (approved := approved_of(self._environment, made)) is not None:
                made.noted(watched, batch=approved)  # the next watcher sends it
            self._discard_former(watched, made)
            raise
        if not result.reports:
            return _of_result(result, BatchState.APPROVED), made
        batch = result.reports[0].summary.batch
        made = made.noted(watched, batch=batch.id, sha256=batch.source_sha256)
        return _of_result(result, self._state_of(batch.id)), made

    def _known_batch(self, made: ClaimedFile) -> BatchInfo | None:
        """Return the batch that the file became before: one that a person decided on, or one of a watcher that was killed."""
        found = batches_of_source(self._environment, made.note.sha256)
        if made.note.origin:
            undecided = (one for one in found if one.state in UNDECIDED)
            return next(undecided, None) or next(
                (one for one in found[:1] if one.state is BatchState.APPROVED or made.note.origin == WAITING), None
            )
        return next((one for one in found if one.state is BatchState.VOID and is_since(one, made)), None)

    def _discard_former(self, watched: WatchedFolder, made: ClaimedFile) -> None:
        """Discard the staged batches of a file that is decided on again: no person approves them any more.

        They are those of a try that was cut short before the rules were applied to its end, and that of a file which has
        waited for an approval, and was moved back to be imported again.
        """
        if made.note.origin:
            return
        is_moved_back = without_stamp(made.name) != made.name and not (watched.root / WAITING / made.name).exists()
        if found := staged_of(self._environment, made, earlier=is_moved_back):
            discard_staged(self._environment, found, TAKEN_AGAIN)

    def _objection(self, staged: BatchInfo) -> str | None:
        """Approve a batch by its folder. Returns why that is not possible; it is then reviewed again as it is now."""
        try:
            approve_by_folder(self._environment, staged.id)
        except ApprovalNeeded as error:
            if staged.state is BatchState.STAGED:
                self._review(staged.id)
            return str(error)
        return None

    def _gone_on(self, batch: int, console: Console) -> _Tried:
        """Go on with a batch: send what is left of it, and report on it."""
        state = self._state_of(batch)
        if state is BatchState.STAGED:
            return self._waiting(batch)
        if state is BatchState.DISCARDED:
            return _Tried(FileEnding.FAILED, ExitCode.OK, (f"Batch {batch} was discarded: nothing of it is sent.",))
        sent = resume(self._environment, console, self._output, stop_at_quota=True)
        found = rebuild_report(self._environment, batch, self._output)
        ended = _of_result(found, self._state_of(batch))
        if ended.ending is FileEnding.LATER and sent.exit_code in _NOT_FILES:
            return replace(ended, exit_code=sent.exit_code, messages=sent.messages)
        return replace(ended, exit_code=ExitCode.INTERRUPTED) if sent.exit_code is ExitCode.INTERRUPTED else ended

    def _state_of(self, batch: int) -> BatchState:
        with open_ledger_read_only(self._environment) as ledger, ledger.queries() as queries:
            info = queries.batch(batch)
        if info is None:
            raise LedgerError(f"The ledger has no batch {batch}, which this file became. Is it a backup, or another ledger?")
        return info.state

    def _waiting(self, batch: int, why: str = "") -> _Tried:
        found = self._review(batch)
        reports = tuple(found.previewed.reports.values()) if found.previewed else ()
        result = RunResult(ExitCode.APPROVAL, reports)
        return _Tried(FileEnding.WAITING, ExitCode.APPROVAL, (*([why] if why else []), how_to_approve([batch])), result)

    def _review(self, batch: int) -> BatchReview:
        place = (self._workspace, self._environment, batch, self._output)
        return review_batch(*place, command="importer watch", seen=False)

    def _request_for(self, watched: WatchedFolder, path: Path) -> ImportRequest:
        profile, profile_set = find_profiles(watched.profile, self._workspace)
        return ImportRequest(
            self._workspace,
            (path,),
            profile=profile,
            profile_set=profile_set,
            output=self._output,
            stop_at_quota=True,
            confirmed=True,
            files_folder=watched.root,
            list_is_current=self._list_is_current,
        )

    def _placed(self, watched: WatchedFolder, made: ClaimedFile, tried: _Tried) -> Imported:
        """Move the file to its place. If the disk does not let it, it stays in ``working``."""
        moment = self._clock.now()
        imported = Imported(watched.root, made.name, tried.ending, tried.exit_code, tried.messages, moment, result=tried.result)
        if tried.ending in {FileEnding.LATER, FileEnding.TAKEN_OVER}:
            return imported
        try:
            grown = () if made.is_as_claimed() else (GROWN,)
            lines = _lines(watched, tried, grown)
            zone = self._environment.settings.zone()
            path = settle(watched, made, tried.ending.value, lines, report=tried.report, zone=zone)
            if not grown and _has_grown(watched, made, path):
                grown = (GROWN,)
        except FileNotFoundError as error:
            if made.folder.exists() or not watched.working.exists():
                return _later(imported, error)
            return replace(imported, ending=FileEnding.TAKEN_OVER, exit_code=ExitCode.OK)
        except OSError as error:
            return _later(imported, error)
        if grown:
            self._console.warn(f"{path}: {GROWN}")
        return replace(imported, path=path, messages=(*grown, *imported.messages))


def _require_folder(watched: WatchedFolder) -> None:
    """Raise UsageError if the folder is away, and the file is with it."""
    if not watched.working.is_dir():
        raise UsageError(f"The folder {watched.root} is not there now. It is looked at again.")


def _has_grown(watched: WatchedFolder, made: ClaimedFile, path: Path) -> bool:
    """Return whether a file was written to until it was moved to ``path``; it is said beside it then."""
    with suppress(OSError):
        if not made.is_as_claimed(path):
            say_beside(watched, ChangedFile(path, is_source=True))
            return True
    return False


def _later(imported: Imported, error: OSError) -> Imported:
    message = f"Its results cannot be written to {imported.folder} ({error.strerror or error}). Make room, or give the rights."
    return replace(imported, ending=FileEnding.LATER, exit_code=ExitCode.USAGE, messages=(message,))


def _code_of(error: ImporterError | OSError) -> ExitCode:
    return error.exit_code if isinstance(error, ImporterError) else ExitCode.USAGE


def _of_result(result: RunResult, state: BatchState) -> _Tried:
    ending, messages = ending_of(result, state), result.messages
    if ending is FileEnding.LATER and result.reports and not messages:
        summary = result.reports[0].summary
        messages = (f"It stays in working: {counts_text(summary)}. `importer status` shows batch {summary.batch.id}.",)
    return _Tried(ending, result.exit_code, messages, result)


def _lines(watched: WatchedFolder, tried: _Tried, grown: tuple[str, ...]) -> list[str]:
    """Return the text beside the file, for those who have dropped it: what became of it, why, and what to do."""
    report = tried.result.reports[0] if tried.result and tried.result.reports else None
    counts = [line for line in report.text if not line.startswith(_FOR_OPERATORS)] if report else []
    return [*grown, *_first_lines(watched, tried, report), *tried.messages, *counts]


def _first_lines(watched: WatchedFolder, tried: _Tried, report: Report | None) -> list[str]:
    """Return what is to be done with the file, and nothing if there is nothing to do."""
    if tried.ending is FileEnding.FAILED:
        return [_AGAIN.format(folder=watched.root)]
    if tried.ending is FileEnding.WAITING:
        return [_NOT_YET, *([_HOW_BY_FOLDER.format(folder=watched.root / APPROVED)] if watched.by_folder else [])]
    if report is None:
        return [_WITHOUT_ROWS]
    return [_TO_CORRECT.format(folder=watched.root)] if any(name.startswith("errors") for name in report.sheets) else []


_FOR_OPERATORS = ("  sheets: ", "  next: ")
"""How the lines of a report begin that name folders and commands of the server."""
_NOT_YET = "Nothing of it is sent yet: a person who may approve it has to look at it first. The review beside this file shows it."
_WITHOUT_ROWS = "There are no rows in it: nothing was imported."
_TO_CORRECT = (
    "Some rows were not imported. They are in the errors sheet beside this file, with the reasons. Correct them there, and save "
    "that sheet in {folder}."
)
_HOW_BY_FOLDER = "To approve it, move the file to {folder}."
