"""The sources of a request in the order of their import, each opened with the profile that matches its headings."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from importer.domain.confirmed_values import NOTHING_CONFIRMED, Confirmed
from importer.domain.notes import Note, NoteKind
from importer.domain.personal_numbers.names import shown_name
from importer.domain.records import LoadedSource
from importer.errors import FileRefused
from importer.ledger.intake.unchanged_source import SourceVersion
from importer.loader.context import LoadContext
from importer.loader.files.safety import TEXTS
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.profiles.recognition import (
    HeadingsBySheet,
    ProfileSet,
    SavedProfile,
    reader_of_headings,
    refuse_near_miss,
    the_only_match,
)
from importer.loader.sheets.sheet import is_report_sheet
from importer.loader.sheets.visibility import sheets_to_read
from importer.loader.source import load_raw, open_file, open_frames
from importer.workspace.documents import documents_beside, open_documents
from importer.workspace.environment import Environment
from importer.workspace.input_files import find_files
from importer.workspace.master_files import digests_of_named_files, part_master_files
from importer.workspace.request import ImportRequest
from importer.workspace.source_version import reader_version, version_of

if TYPE_CHECKING:
    import pandas as pd

    from importer.loader.files.reader import RawSource, ReadOptions

Opening = Callable[[], AbstractContextManager[LoadedSource]]


@dataclass(frozen=True)
class Source:
    """A file or the DataFrames to import: ``open`` reads it. ``version`` is None if it cannot be determined.

    ``path`` is that of a file; its ``name`` is shown, and has no personal number.
    """

    name: str
    open: Opening
    version: SourceVersion | None = None
    path: Path | None = None


def sources_of(
    request: ImportRequest,
    environment: Environment,
    has_cases: Callable[[SourceVersion], bool | None],
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> Iterator[Source]:
    """Yield the sources to import, those with cases first, since a voucher may belong to a case in another file.

    ``has_cases`` returns whether a file that was read before holds cases, and None for another file. ``confirmed`` are the
    values that persons have confirmed. Files of master data are no sources: they complete the others.
    """
    context = environment.load_context(test_cases=request.test_cases, folder=request.workspace.root)
    context = replace(context, confirmed=confirmed, parties=request.parties, list_is_current=request.list_is_current)
    context = replace(context, documents=open_documents(request.documents) if request.documents else None)
    read_with = reader_version(request.profile, request.profile_set, context) if request.paths else ""

    def is_list(path: Path) -> bool:
        version = _source(path, (), request, context, read_with).version
        return version is not None and has_cases(version) is not None

    paths, master_data = part_master_files(find_files(request.paths).files, request.profile, request.profile_set, is_list)
    if master_data:
        context = replace(context, master_data=master_data)
        read_with = reader_version(request.profile, request.profile_set, context)
    if request.frames:
        yield Source("DataFrame", lambda: _opened_frames(request.frames, request, context))
    later: list[Source] = []
    for path, others in without_copies(paths):
        source = _source(path, others, request, context, read_with)
        if len(paths) > 1 and _only_vouchers(source, has_cases):
            later.append(source)
        else:
            yield source
    yield from later


def _source(path: Path, others: Sequence[str], request: ImportRequest, context: LoadContext, read_with: str) -> Source:
    """Return a file as a source. Documents of its name beside it count if the request names none."""
    context = replace(context, folder=request.files_folder or path.parent)
    if request.completed_from and (first := request.completed_from.get(_digest(path))) is not None:
        context, read_with = replace(context, first_master_data=first), read_with + first.digest
    beside = digests_of_named_files(context.folder, request.profile, request.profile_set)
    try:
        documents = context.documents or documents_beside(context.folder, path.stem)
    except FileRefused as error:
        return Source(shown_name(path.name), partial(_refused, error), None, path)
    opening = _opener(path, request, replace(context, documents=documents))
    digests = read_with + beside + (documents.digest if documents else "")
    return Source(shown_name(path.name), _naming_copies(opening, others), version_of(path, digests, context.today), path)


@contextmanager
def _refused(error: FileRefused) -> Iterator[LoadedSource]:
    raise error
    yield  # type: ignore[unreachable]


def without_copies(paths: Sequence[Path]) -> list[tuple[Path, list[str]]]:
    """Return the files to read, each with the names of those in the same folder that hold exactly the same bytes.

    A file that cannot be read is returned too: reading it reports why.
    """
    found: dict[tuple[Path, str], tuple[Path, list[str]]] = {}
    sizes = Counter((path.parent, _size(path)) for path in paths)
    for path in paths:
        is_alone = sizes[path.parent, _size(path)] == 1
        first = found.setdefault((path.parent, str(path) if is_alone else _digest(path)), (path, []))
        if first[0] != path:
            first[1].append(shown_name(path.name))
    return list(found.values())


def _size(path: Path) -> int | str:
    try:
        return path.stat().st_size
    except OSError:
        return str(path)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return str(path)


def _naming_copies(opening: Opening, names: Sequence[str]) -> Opening:
    """Return an opening whose source notes the names of its copies."""
    if not names:
        return opening

    @contextmanager
    def opened() -> Iterator[LoadedSource]:
        copies = Note(NoteKind.SAME_FILE_AGAIN, values=tuple(("name", name) for name in names))
        with opening() as source:
            yield replace(source, notes=(copies, *source.notes))

    return opened


def _opener(path: Path, request: ImportRequest, context: LoadContext) -> Opening:
    if request.profile_set.profiles:
        return lambda: open_with_saved_profile(path, request.profile_set, context)
    return lambda: open_file(path, request.profile, context)


@contextmanager
def _opened_frames(frames: dict[str, pd.DataFrame], request: ImportRequest, context: LoadContext) -> Iterator[LoadedSource]:
    headings = {name: tuple(str(heading) for heading in frame.columns) for name, frame in frames.items()}
    known = the_only_match("The DataFrame", [one for one in request.profile_set.profiles if one.matches(headings)])
    if known is None:
        refuse_near_miss("The DataFrame", headings, request.profile_set)
    source = open_frames(frames, context, known.profile if known else request.profile)
    yield _with_note(source, known)


@contextmanager
def open_with_saved_profile(path: Path, profile_set: ProfileSet, context: LoadContext) -> Iterator[LoadedSource]:
    """Open a file as a source, with the profile that matches its headings, or without a profile if none does.

    Raises FileRefused if several match, if one nearly does, or if the file cannot be read.
    """
    with ExitStack() as stack:
        raw, known = _find(path, profile_set, stack)
        profile = known.profile if known else NO_PROFILE
        sheets = tuple(sheet for sheet in raw.sheets if sheet.name in profile.named_sheets() or is_report_sheet(sheet))
        sheets = sheets if profile.sheets() else raw.sheets
        yield _with_note(load_raw(replace(raw, sheets=sheets), profile, context), known)


@dataclass(frozen=True)
class _Opened:
    """A file opened with certain options: its headings as found without a profile, and the profiles that match."""

    raw: RawSource
    headings: HeadingsBySheet
    fitting: list[SavedProfile]


def _find(path: Path, profile_set: ProfileSet, stack: ExitStack) -> tuple[RawSource, SavedProfile | None]:
    """Open the file and find the profile that matches it. A text file is opened with the options of every profile."""
    from importer.loader.files.reader import ReadOptions, open_source

    usual = ReadOptions()
    ways: dict[ReadOptions, list[SavedProfile]] = {usual: []}
    for one in profile_set.profiles:
        ways.setdefault(_way(path, one.profile), []).append(one)
    opened: dict[ReadOptions, _Opened] = {}
    refusals: dict[ReadOptions, FileRefused] = {}
    for options, profiles in ways.items():
        try:
            raw = stack.enter_context(open_source(path, options))
        except FileRefused as error:
            refusals[options] = error
        else:
            opened[options] = _recognized(raw, profiles)
    if known := the_only_match(path.name, [one for way in opened.values() for one in way.fitting]):
        return opened[_way(path, known.profile)].raw, known
    refuse_near_miss(path.name, next((way.headings for way in opened.values() if way.headings), {}), profile_set)
    if usual in refusals:
        raise refusals[usual]
    return opened[usual].raw, None


def _recognized(raw: RawSource, profiles: Sequence[SavedProfile]) -> _Opened:
    headings = reader_of_headings(raw.sheets)

    def seen(profile: Profile) -> HeadingsBySheet:
        read = {sheet.name for sheet in sheets_to_read(raw.sheets, profile)}
        return {name: found for name, found in headings(profile).items() if name in read}

    return _Opened(raw, seen(NO_PROFILE), [one for one in profiles if one.matches(seen(one.profile))])


def _way(path: Path, profile: Profile) -> ReadOptions:
    from importer.loader.files.reader import ReadOptions

    if path.suffix.casefold() not in TEXTS:
        return ReadOptions(reads_covered=profile.covered_cells == "read")
    return ReadOptions(encoding=profile.encoding, delimiter=profile.delimiter, quote=profile.quote)


def _with_note(source: LoadedSource, known: SavedProfile | None) -> LoadedSource:
    return replace(source, notes=(known.note(), *source.notes)) if known else source


def holds_only_vouchers(path: Path, request: ImportRequest, environment: Environment) -> bool:
    """Return whether a file holds vouchers and no cases, so that it is to be imported after files with cases."""
    context = environment.load_context(test_cases=request.test_cases, folder=request.files_folder or path.parent)
    return _only_vouchers(Source(shown_name(path.name), _opener(path, request, context)), lambda _: None)


def _only_vouchers(source: Source, has_cases: Callable[[SourceVersion], bool | None]) -> bool:
    known = has_cases(source.version) if source.version else None
    if known is not None:
        return not known
    try:
        with source.open() as opened:
            return not opened.has_cases
    except FileRefused:
        return False  # it is refused when it is opened for the import
