"""The folder of a batch's results: found again whenever the batch goes on, and updated without touching a person's work.

A sheet whose bytes are not those of the folder's manifest was changed by a person, and one with a lock file beside it is open:
neither is overwritten or removed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from filelock import FileLock, Timeout

from importer.domain.file_access import FileAccess
from importer.domain.timestamps import from_timestamp
from importer.reporter.manifest import MANIFEST, BatchIdentity, Manifest, read_manifest

LOCK, STAGING = ".lock", ".writing"
LOCK_SECONDS = 120.0
_MOST_FOLDERS = 10_000
_LONGEST_STEM = 200  # bytes; a folder's name may have 255
_MOST_SHEETS = 1000


@dataclass(frozen=True, slots=True)
class KeptSheet:
    """A sheet that was not overwritten or removed; ``replacement`` is the name of the new one, if there is one."""

    name: str
    is_open: bool
    replacement: str | None

    def sentence(self) -> str:
        """Return what to tell the user."""
        why = "is open in another program" if self.is_open else "was changed since it was written"
        then = f"the new one is {self.replacement}" if self.replacement else "it is not needed any more"
        return f"{self.name} {why} and is kept as it is; {then}."


class ResultFolder:
    """An open folder of results. New files are written to ``staging``, and take their places when they are published.

    Without a manifest (of a check, which is not recorded) the folder is new, and is not found again.
    """

    def __init__(self, path: Path, access: FileAccess, manifest: Manifest | None) -> None:
        self.path, self._access, self._manifest = path, access, manifest
        self.staging = path / STAGING

    def publish(self, sheets: Sequence[str], others: Sequence[str] = (), unneeded: Sequence[str] = ()) -> list[KeptSheet]:
        """Give the staged files their places, and return the sheets that had to be kept. Raises OSError.

        ``sheets`` are the names of workbooks, which persons work in; ``others`` are read by programs and keep their names.
        ``unneeded`` sheets, if they are there from before, are removed. All other files in the folder stay as they are.
        """
        kept: list[KeptSheet] = []
        written: list[str] = []
        for name in (*sheets, *others):
            self._access.finish(self.staging / name)
            is_sheet = name in sheets
            placed, passed_over = self._place(name, is_sheet=is_sheet)
            kept += [KeptSheet(one, is_open, placed) for one, is_open in passed_over]
            written.append(placed)
        kept += self._remove_former((*sheets, *unneeded), written, {one.name for one in kept})
        self._record()
        return kept

    def _place(self, name: str, *, is_sheet: bool) -> tuple[str, list[tuple[str, bool]]]:
        """Move a staged file to the first of its names that is free, and return that and the kept ones before it."""
        staged = self.staging / name
        digest = digest_of(staged)
        passed_over: list[tuple[str, bool]] = []
        for candidate in names_of(name):
            target = self.path / candidate
            if self._is_there(candidate, digest):
                return candidate, passed_over
            if is_sheet and (reason := self._reason_to_keep(target)):
                passed_over.append((candidate, reason == "open"))
                continue
            if self._manifest is not None:  # before the file: a crash in between must not make it look changed by a person
                known = self._manifest.files.get(candidate, [])
                self._manifest.files[candidate] = [*known, digest]
                self._record()
            try:
                replace_file(staged, target)
            except PermissionError:  # on Windows: a program has it open
                passed_over.append((candidate, True))
                continue
            if self._manifest is not None:
                self._manifest.files[candidate] = [digest]
            return candidate, passed_over
        raise FileExistsError(str(self.path / name))

    def _is_there(self, name: str, digest: str) -> bool:
        """Return whether the file has these bytes already, and was written by us: then it may be open, too."""
        path = self.path / name
        try:
            return bool(self._manifest and digest in self._manifest.files.get(name, ()) and digest_of(path) == digest)
        except OSError:
            return False

    def _reason_to_keep(self, path: Path) -> str | None:
        """Return why an existing file must stay: it is "open" or was "changed"; None if it may be replaced or removed."""
        if not path.exists() and not path.is_symlink():
            return None
        if is_open(path):
            return "open"
        try:
            known = self._manifest.files.get(path.name, ()) if self._manifest else ()
            return None if digest_of(path) in known else "changed"
        except PermissionError:  # on Windows: a program has it open for itself alone
            return "open"

    def _remove_former(self, sheets: Sequence[str], written: Sequence[str], kept: set[str]) -> list[KeptSheet]:
        """Remove what was written of these sheets before, under any of their names, and return what has to stay."""
        replacements = {_first_name(name): name for name in written}
        known = sorted(self._manifest.files) if self._manifest else []
        former = [name for name in known if name not in {*written, *kept} and _first_name(name) in sheets]
        stays = [(name, reason) for name in former if (reason := self._remove(name))]
        return [KeptSheet(name, reason == "open", replacements.get(_first_name(name))) for name, reason in stays]

    def _remove(self, name: str) -> str | None:
        """Remove a file, or return why it must stay."""
        path = self.path / name
        if reason := self._reason_to_keep(path):
            return reason
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            return "open"
        if self._manifest is not None:
            del self._manifest.files[name]
        return None

    def _record(self) -> None:
        if self._manifest is not None:
            self._access.write(self.path / MANIFEST, self._manifest.text(), durable=False)


@contextmanager
def open_result_folder(
    directory: Path, source_name: str, identity: BatchIdentity | None, access: FileAccess
) -> Iterator[ResultFolder]:
    """Open the folder of a batch in ``directory``, the one from before or a new one; for None always a new one.

    No other command writes it meanwhile. Raises OSError.
    """
    access.folders_to(directory)
    moment = datetime.now(UTC) if identity is None else from_timestamp(identity.taken_at)
    name = folder_name(moment, source_name)
    with ExitStack() as stack:
        if identity is None:
            path, manifest = _new_folder(directory, name, access), None
        else:
            path, manifest = _folder_of(directory, name, identity, access, stack)
        found = ResultFolder(path, access, manifest)
        shutil.rmtree(found.staging, ignore_errors=True)  # of a command that was interrupted
        access.new_folder(found.staging)
        stack.callback(shutil.rmtree, found.staging, ignore_errors=True)
        yield found


def folder_with(directory: Path, source_name: str, batches: Sequence[BatchIdentity]) -> tuple[Path, BatchIdentity] | None:
    """Return the folder of one of these batches of a source, of the first that has one, with the batch; None if none has."""
    pattern = re.compile(rf".*Z-{re.escape(_stem_of(source_name))}(?:-\d+)?")
    try:
        folders = sorted(entry for entry in directory.iterdir() if pattern.fullmatch(entry.name))
    except OSError:
        return None
    of = {found.identity: folder for folder in folders if (found := read_manifest(folder))}
    return next(((of[batch], batch) for batch in batches if batch in of), None)


def folder_name(moment: datetime, source_name: str) -> str:
    """Return the name of a folder, such as ``2026-11-21T10-15-30Z-invoices``."""
    return f"{moment.astimezone(UTC).strftime('%Y-%m-%dT%H-%M-%SZ')}-{_stem_of(source_name)}"


def _stem_of(source_name: str) -> str:
    stem = re.sub(r"[^\w.-]+", "_", Path(source_name).stem).strip("._") or "source"
    return stem[:80].encode()[:_LONGEST_STEM].decode(errors="ignore")


def _new_folder(directory: Path, name: str, access: FileAccess) -> Path:
    """Create a folder, with a number appended if there is one of this name."""
    for number in range(1, _MOST_FOLDERS):
        folder = directory / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            access.new_folder(folder)
            return folder
    raise FileExistsError(str(directory / name))


def _folder_of(
    directory: Path, name: str, identity: BatchIdentity, access: FileAccess, stack: ExitStack
) -> tuple[Path, Manifest]:
    """Return the batch's folder and its manifest, and keep it locked until ``stack`` is closed."""
    for folder in _candidates(directory, name, identity):
        with ExitStack() as locked:
            if not _prepare(folder, access):
                continue
            _lock(folder, access, locked)
            manifest = read_manifest(folder)
            if manifest is None and _is_unused(folder):
                manifest = Manifest(identity)
                access.write(folder / MANIFEST, manifest.text(), durable=False)
            if manifest is not None and manifest.identity == identity:
                stack.push(locked.pop_all())
                return folder, manifest
    raise FileExistsError(str(directory / name))


def _candidates(directory: Path, name: str, identity: BatchIdentity) -> Iterator[Path]:
    """Yield the folders that may be the batch's: the one whose manifest says so, then those of its name in order."""
    pattern = re.compile(rf"{re.escape(name)}(?:-\d+)?")
    for entry in sorted(directory.iterdir()):
        if pattern.fullmatch(entry.name) and (found := read_manifest(entry)) and found.identity == identity:
            yield entry
    yield directory / name
    yield from (directory / f"{name}-{number}" for number in range(2, _MOST_FOLDERS))


def _prepare(folder: Path, access: FileAccess) -> bool:
    """Create the folder unless it exists. Returns whether it is new, or may be this importer's own."""
    try:
        access.new_folder(folder)
    except FileExistsError:
        return folder.is_dir() and (read_manifest(folder) is not None or _is_unused(folder))
    return True


def _is_unused(folder: Path) -> bool:
    """Return whether nothing was written to the folder yet: a command was interrupted, or has just made it."""
    return {entry.name for entry in folder.iterdir()} <= {LOCK, STAGING}


def _lock(folder: Path, access: FileAccess, stack: ExitStack) -> None:
    """Lock the folder until ``stack`` is closed. A file system without locks is used without."""
    lock = FileLock(folder / LOCK, timeout=LOCK_SECONDS, mode=access.file_mode)
    try:
        access.create(folder / LOCK)
        stack.enter_context(lock)
    except Timeout:
        raise BlockingIOError(None, "another command is writing it") from None
    except (OSError, NotImplementedError):
        return


def names_of(name: str) -> Iterator[str]:
    """Yield the names that a file may have: ``errors.xlsx``, ``errors-2.xlsx``, ``errors-3.xlsx``, ..."""
    path = Path(name)
    yield name
    yield from (f"{path.stem}-{number}{path.suffix}" for number in range(2, _MOST_SHEETS))


def _first_name(name: str) -> str:
    """Return the first of the names of which this is one."""
    return re.sub(r"-\d+(?=\.\w+$)", "", name)


def is_open(path: Path) -> bool:
    """Return whether a spreadsheet program has the file open: Excel and LibreOffice leave a file beside it meanwhile."""
    return any(path.with_name(lock).exists() for lock in (f"~${path.name}", f".~lock.{path.name}#"))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def replace_file(source: Path, target: Path) -> None:
    """Move a file to its place at once, also over another one. Raises OSError."""
    source.replace(target)
