"""The attachment of a voucher: a file in the folder of its sheet."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from importer.domain.records import AppendixFile
from importer.loader.values.parsers import ValueProblem

MAX_APPENDIX_BYTES = 15_000_000  # 20 MB in base64, a usual limit for one request
APPENDIX_TYPES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".txt", ".docx", ".xlsx")


def find_appendix(folder: Path, name: str) -> AppendixFile:
    """Return the file ``name`` in ``folder`` or below it. Raises ValueProblem if it does not exist or cannot be sent."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise _problem("is not a file in the sheet's folder. Put it there, or correct the name")
        if path.suffix.casefold() not in APPENDIX_TYPES:
            raise _problem(f"is not a supported type of file. Use one of {' '.join(APPENDIX_TYPES)}")
        if path.stat().st_size > MAX_APPENDIX_BYTES:
            raise _problem(f"is larger than {MAX_APPENDIX_BYTES // 1_000_000} MB. Make it smaller")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError, RuntimeError):  # no permission, an impossible name, or a link to itself
        raise _problem("cannot be read. Check the name, and that you may open the file") from None
    return AppendixFile(str(path), digest, mimetypes.guess_type(path.name)[0] or "application/octet-stream")


def _problem(message: str) -> ValueProblem:
    return ValueProblem("appendix", message)
