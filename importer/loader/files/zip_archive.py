"""Zip containers (xlsx, xlsb, ods): their parts and the real unpacked size.

Only the parts that are read are unpacked and checked: what a workbook holds besides them (queries, pictures, properties)
reaches no parser.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from importer.domain.cells import MAX_CELL_CHARACTERS
from importer.errors import FileRefused

BLOCK = 1 << 18
"""Bytes unpacked at a time."""

MAX_UNPACKED = 2 << 30
"""Unpacked bytes of all parts. A million rows of 25 columns unpack to about 1.2 GB."""

MAX_RATIO, RATIO_FROM = 250, 64 << 20
"""Ratio of unpacked to packed size, checked once a part exceeds 64 MB. Sheets reach about 60; a zip bomb has 1,000."""

MAX_PARTS = 10_000
"""Entries of an archive. A workbook has some dozens, with pictures some hundreds."""

MAX_RUN = 1 << 18
"""Bytes of XML between two tags: a character of a cell takes up to 6 bytes as ``&#...;``."""

FETCH_AGAIN = (
    "Fetch it again from where it comes from: a program that opens and repairs it may leave rows out without saying which."
)
"""What to do about a damaged workbook."""

_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
_CARRY = 16


class Archive:
    """A zip file in memory with a checked directory. Parts are unpacked in blocks, and the bytes are counted."""

    def __init__(self, name: str, data: bytes) -> None:
        """Read and check the directory. Raises FileRefused."""
        self.name = name
        self.sizes: dict[str, int] = {}  # bytes of the parts that were unpacked
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self._entries = self._zip.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, MemoryError) as error:
            raise self.broken() from error
        self._parts: dict[str, zipfile.ZipInfo] = {}
        self._check_entries()
        self.parts = set(self._parts)
        self._by_key = {name.casefold(): name for name in self._parts}
        self.has_odd_names = any("\\" in entry.orig_filename for entry in self._entries)

    def broken(self) -> FileRefused:
        """Return the error for an incomplete or damaged archive."""
        return FileRefused(f"{self.name} is cut short or damaged. {FETCH_AGAIN}")

    def _check_entries(self) -> None:
        if len(self._entries) > MAX_PARTS:
            raise FileRefused(f"{self.name} holds {len(self._entries):,} parts, which no workbook does. Export it again.")
        seen: set[str] = set()
        for entry in self._entries:
            part = entry.orig_filename.replace("\\", "/")  # some programs for Windows separate folders like that
            if _leads_out(part):
                raise FileRefused(f"{self.name} holds the part {part!r}, whose path leads out of it. Do not open it.")
            if part.casefold() in seen:
                raise FileRefused(
                    f"{self.name} holds the part {part!r} twice, so that it is not clear which one counts. Export it again."
                )
            seen.add(part.casefold())
            self._parts[part] = entry
            if entry.flag_bits & 1:
                raise FileRefused(f"{self.name} is encrypted. Save it without a password.")
            if part.casefold().endswith(("vbaproject.bin", "basic/script-lc.xml")):
                raise FileRefused(f"{self.name} is a workbook with macros. Save it as .xlsx, without them.")

    def find(self, part: str) -> str | None:
        """Return the name of a part in the spelling of the archive, or None. Case is ignored."""
        return self._by_key.get(part.casefold())

    def blocks(self, part: str, *, is_xml: bool = True) -> Iterator[bytes]:
        """Unpack a part, block by block. Raises FileRefused for damaged, too large or unsafe parts."""
        size = 0
        packed = max(self._parts[part].compress_size, 1)
        others = sum(unpacked for name, unpacked in self.sizes.items() if name != part)
        check = _XmlCheck(self.name, part) if is_xml else None
        try:
            with self._zip.open(self._parts[part]) as stream:
                while block := stream.read(BLOCK):
                    size += len(block)
                    if others + size > MAX_UNPACKED or (size > RATIO_FROM and size > MAX_RATIO * packed):
                        raise FileRefused(
                            f"{self.name} unpacks to more than {others + size >> 20:,} MB (a zip bomb, or far more "
                            "than can be read at once). Split it into smaller files."
                        )
                    if check:
                        check.feed(block)
                    yield block
            self.sizes[part] = size
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
            raise self.broken() from error

    def read(self, part: str, limit: int = 64 << 20, *, is_xml: bool = True) -> bytes:
        """Return the whole content of a small part. Raises FileRefused when it has more than ``limit`` bytes."""
        pieces, size = [], 0
        for block in self.blocks(part, is_xml=is_xml):
            size += len(block)
            if size > limit:
                raise FileRefused(
                    f"{self.name} holds a part of more than {limit >> 20} MB, {part!r}, which no workbook does. Export it again."
                )
            pieces.append(block)
        return b"".join(pieces)


def _leads_out(part: str) -> bool:
    return part.startswith("/") or any(letter in part for letter in ":\0") or ".." in part.split("/")


class _XmlCheck:
    """Checks for what ordinary workbooks do not contain: DTDs, entities, other encodings than UTF-8, endless text."""

    def __init__(self, name: str, part: str) -> None:
        self._name, self._part = name, part
        self._tail = b""
        self._run = 0
        self._first = True

    def feed(self, block: bytes) -> None:
        if self._first:
            self._first = False
            self._check_encoding(block)
        if (b"<!" in block or self._tail) and _DTD.search(self._tail + block):
            self._refuse("holds a DTD or entities, which can make a reader use unlimited memory")
        cut = block.rfind(b"<", -_CARRY)
        self._tail = block[cut:] if cut >= 0 and b"<!".startswith(block[cut : cut + 2]) else b""
        # A run without a tag that is longer than MAX_RUN covers a whole window of half that length, so each window is searched.
        for start in range(0, len(block), MAX_RUN // 2):
            window = min(start + MAX_RUN // 2, len(block))
            if block.find(b"<", start, window) < 0:
                self._run += window - start
                if self._run > MAX_RUN:
                    self._refuse(f"holds a cell with more text than the {MAX_CELL_CHARACTERS:,} characters that a cell can hold")
            else:
                self._run = 0

    def _check_encoding(self, block: bytes) -> None:
        declared = _DECLARED.match(block.removeprefix(b"\xef\xbb\xbf").lstrip())
        if b"\0" in block[:4] or (declared and declared[1].upper() not in (b"UTF-8", b"UTF8", b"US-ASCII", b"ASCII")):
            raise FileRefused(
                f"{self._name} is not written in UTF-8, as workbooks are, in its part {self._part!r}. Ask for a .csv."
            )

    def _refuse(self, what: str) -> None:
        raise FileRefused(f"{self._name} is unsafe: its part {self._part!r} {what}. Ask for another export, as .xlsx or .csv.")
