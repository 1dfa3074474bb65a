"""The attachment of a voucher: a file in the folder of its sheet."""

from __future__ import annotations

import hashlib
from pathlib import Path

from importer.domain.document_files import MOST_BYTES, DocumentFile, read_document
from importer.domain.personal_numbers.names import shown_name
from importer.domain.records import AppendixFile
from importer.loader.records.file_types import FILE_TYPES, Content, content_of
from importer.loader.values.parsers import ValueProblem

MAX_APPENDIX_BYTES = MOST_BYTES


def find_appendix(folder: Path, name: str) -> AppendixFile:
    """Return the file ``name`` in ``folder`` or below it. Raises ValueProblem if it does not exist or cannot be sent.

    The content of the file must be what its ending says.
    """
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise _problem("is not a file in the sheet's folder. Put it there, or correct the name")
    except (OSError, ValueError, RuntimeError):  # no permission, an impossible name, or a link to itself
        raise _problem(_UNREADABLE) from None
    return _appendix(path)


def appendix_of(document: DocumentFile) -> AppendixFile:
    """Return a document as the file of a voucher. Raises ValueProblem if it cannot be sent, as a file that a row names."""
    try:
        return _appendix(Path(document.path))
    except ValueProblem as problem:
        raise _problem(f"The document {shown_name(document.name)} {problem}") from None


def _appendix(path: Path) -> AppendixFile:
    file_type = FILE_TYPES.get(path.suffix.casefold())
    if file_type is None:
        raise _problem(f"is not a supported type of file. Use one of {' '.join(FILE_TYPES)}")
    try:
        data = read_document(path, MAX_APPENDIX_BYTES)
    except OSError:
        raise _problem(_UNREADABLE) from None
    except ValueError:
        raise _problem(f"is larger than {MAX_APPENDIX_BYTES // 1_000_000} MB. Make it smaller") from None
    if (found := content_of(data)) is not file_type.content:
        raise _problem(_contradiction(file_type.content, found))
    return AppendixFile(str(path), hashlib.sha256(data).hexdigest(), file_type.media_type)


_UNREADABLE = "cannot be read. Check the name, and that you may open the file"


def _contradiction(wanted: Content, found: Content) -> str:
    if found is Content.EMPTY:
        return "is an empty file. Put the right one in its place"
    return (
        f"should be {wanted.value} by its ending, but its content is {found.value}. Give it the right ending, or the right file"
    )


def _problem(message: str) -> ValueProblem:
    return ValueProblem("appendix", message)
