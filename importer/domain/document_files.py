"""Documents of invoices in a folder or a ZIP: which of them belongs to which number, and their bytes."""

from __future__ import annotations

import errno
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from importer.domain.identity import match_text

DOCUMENT_ENDINGS = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".doc", ".docx"})
"""Endings, in lower case, of files that can be the document of an invoice."""
MOST_BYTES = 15_000_000
"""Bytes of a document: 20 MB in base64, a usual limit for one request."""
MOST_WORDS = 12
"""Words of a file's name that may make one number."""


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document: its ``name`` below the folder or in the ZIP, with slashes, and the ``path`` by which it is read."""

    name: str
    path: str

    @property
    def is_document(self) -> bool:
        """Whether a file with this ending can be the document of an invoice."""
        return PurePosixPath(self.name).suffix.casefold() in DOCUMENT_ENDINGS


@dataclass(frozen=True)
class DocumentFolder:
    """The files of a folder or a ZIP. ``name`` is what people know it by; ``digest`` differs if the files are others."""

    name: str
    digest: str
    files: tuple[DocumentFile, ...] = field(repr=False)


class DocumentDoubt(StrEnum):
    """Why a document is sent with no voucher although a number is in its name."""

    TWO_NUMBERS = "two_numbers"
    PART_OF_ANOTHER = "part_of_another"
    UNCERTAIN = "uncertain"
    SEVERAL_DOCUMENTS = "several_documents"
    SEVERAL_VOUCHERS = "several_vouchers"


@dataclass(frozen=True)
class Assignment:
    """Documents by the folded number of their invoice, those in doubt with the reason, and those that belong to none."""

    by_number: Mapping[str, DocumentFile] = field(default_factory=dict)
    doubtful: tuple[tuple[DocumentFile, DocumentDoubt], ...] = ()
    left: tuple[DocumentFile, ...] = ()


def document_number(text: str) -> str:
    """Return the form in which numbers of invoices are looked for in names: without letter case and what cannot be seen."""
    return match_text(text).casefold()


def assign(numbers: Iterable[str], files: Sequence[DocumentFile]) -> Assignment:
    """Assign documents to the invoices whose number their name holds as a whole word, or whose number names their folder.

    ``numbers`` are those of all invoices, each as often as it occurs. A document is assigned only if nothing else is possible:
    one number in its name, no part of a longer one and beside no other one, one invoice with it, and no other document for it.
    """
    counts = Counter(filter(None, map(document_number, numbers)))
    spellings = {spelling: number for number in counts for spelling in _spellings(number)}
    found: dict[str, list[DocumentFile]] = {}
    doubtful: list[tuple[DocumentFile, DocumentDoubt]] = []
    left: list[DocumentFile] = []
    for file in files:
        number = _number_of(file, spellings)
        if number is None:
            left.append(file)
        elif isinstance(number, DocumentDoubt):
            doubtful.append((file, number))
        else:
            found.setdefault(number, []).append(file)
    for number, of_it in found.items():
        if doubt := _doubt_about(counts[number], len(of_it)):
            doubtful += [(file, doubt) for file in of_it]
    sure = {number: of_it[0] for number, of_it in found.items() if not _doubt_about(counts[number], len(of_it))}
    return Assignment(sure, tuple(doubtful), tuple(left))


def _number_of(file: DocumentFile, spellings: Mapping[str, str]) -> str | DocumentDoubt | None:
    """Return the number of the invoice that a file belongs to, the doubt about it, or None if it belongs to none."""
    named, doubt = _numbers_in(file.name, spellings) if file.is_document else (frozenset[str](), None)
    if len(named) > 1:
        return DocumentDoubt.TWO_NUMBERS
    return doubt or next(iter(named), None)


def _doubt_about(vouchers: int, documents: int) -> DocumentDoubt | None:
    if vouchers > 1:
        return DocumentDoubt.SEVERAL_VOUCHERS
    return DocumentDoubt.SEVERAL_DOCUMENTS if documents > 1 else None


_NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|]')
"""Characters that no file name may have on some system, so that others take their place."""
_WORD = re.compile(r"[^\W_]+")
_JOINTS = frozenset("-./,")
"""Characters that join the parts of a number without a blank: ``2024-1067``."""


def _spellings(number: str) -> Iterator[str]:
    """Yield how a number may be written in the name of a file."""
    yield number
    if _NOT_IN_NAMES.search(number):
        yield from (_NOT_IN_NAMES.sub(sign, number) for sign in "-_")


def _numbers_in(name: str, spellings: Mapping[str, str]) -> tuple[frozenset[str], DocumentDoubt | None]:
    """Return the numbers that a name holds, and why the file may belong to another invoice all the same.

    Short numbers, days and years are in names for other reasons, and count as the name of a folder alone.
    """
    *folders, last = PurePosixPath(name).parts
    by_folder = {spellings[folded] for folder in folders if (folded := document_number(folder)) in spellings}
    text = document_number(PurePosixPath(last).stem)
    found = [(start, end) for start, end in _phrases(text) if text[start:end] in spellings]
    certain = [(start, end) for start, end in found if not _is_common(text[start:end])]
    named = frozenset(by_folder | {spellings[text[start:end]] for start, end in certain})
    return named, _doubt_in(text, found, certain, is_named=bool(named))


_Span = tuple[int, int]
"""Where a number begins and ends in a name."""


def _doubt_in(text: str, found: Sequence[_Span], certain: Sequence[_Span], *, is_named: bool) -> DocumentDoubt | None:
    """Return why a file may belong to another invoice than its name says. ``certain`` are the numbers that are not common."""
    if any(_goes_on(text, start, end) for start, end in certain or found):
        return DocumentDoubt.PART_OF_ANOTHER
    is_common_alone = bool(found) and not is_named
    if is_common_alone or any(_has_other_number(text, start, end) for start, end in certain):
        return DocumentDoubt.UNCERTAIN
    return None


_SHORTEST = 3
"""Characters from which on a number in the name of a file is more than a count, a month or the day of one."""
_YEAR = re.compile(r"(19|20)[0-9]{2}")
_DAY = re.compile(r"(19|20)[0-9]{2}([-.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])([0-9]{4}|[0-9]{6})?")
_DAY_FIRST = re.compile(r"(0[1-9]|[12][0-9]|3[01])([-.]?)(0[1-9]|1[0-2])\2(19|20)[0-9]{2}")


def _is_common(number: str) -> bool:
    return len(number) < _SHORTEST or _is_time(number)


def _is_time(text: str) -> bool:
    """Return whether a text is a year or a day, perhaps with the time of the day behind it."""
    return any(pattern.fullmatch(text) for pattern in (_YEAR, _DAY, _DAY_FIRST))


def _has_other_number(text: str, start: int, end: int) -> bool:
    """Return whether another word of a name has at least as many digits as a number in it, and is no day or year."""
    fewest = max(1, _digits(text[start:end]))
    others = (match for match in _WORD.finditer(text) if match.end() <= start or match.start() >= end)
    return any(_digits(match[0]) >= fewest and not _is_time(match[0]) for match in others)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _phrases(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each run of whole words begins and ends, with signs at its ends that belong to no word."""
    words = [match.span() for match in _WORD.finditer(text)]
    for first, (start, _) in enumerate(words):
        for _, end in words[first : first + MOST_WORDS]:
            yield start, end


def _goes_on(text: str, start: int, end: int) -> bool:
    """Return whether what is before or behind a number is joined to it and has a digit: ``2024-1067`` is another number."""
    before, behind = text[:start], text[end:]
    ahead = _WORD.match(behind, 1) if behind[:1] in _JOINTS else None
    if ahead and any(map(str.isdigit, ahead[0])):
        return True
    if before[-1:] not in _JOINTS:
        return False
    last = re.search(r"[^\W_]+\Z", before[:-1])
    return last is not None and any(map(str.isdigit, last[0]))


# Bytes


def read_document(path: Path, most: int) -> bytes:
    """Return the bytes of a file, or of one in a ZIP, whose path is then that of the ZIP and its name there.

    Raises OSError if it cannot be read, and ValueError if it has more than ``most`` bytes.
    """
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is not None:
        return _read_member(archive, path.relative_to(archive).as_posix(), most)
    if path.stat().st_size > most:
        raise ValueError(f"more than {most} bytes")
    return path.read_bytes()


def _read_member(archive: Path, name: str, most: int) -> bytes:
    try:
        with zipfile.ZipFile(archive) as opened:
            info = next((one for one in opened.infolist() if member_name(one) == name), None)
            if info is None:
                raise FileNotFoundError(errno.ENOENT, "it is not in the ZIP", name)
            with opened.open(info) as stream:
                content = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise OSError(errno.EIO, "the ZIP is damaged or encrypted") from error
    if len(content) > most:
        raise ValueError(f"more than {most} bytes")
    return content


def member_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member with slashes: some programs for Windows write backslashes."""
    return info.orig_filename.replace("\\", "/")
