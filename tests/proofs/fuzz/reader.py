"""Damaged and random files against the reader and ``check``: each must come to a table or to a refusal, in time.

    python tests/proofs/fuzz/reader.py --seconds 600 --seed 1

Every input has a number; a number and the seed make the same file again (``--only N``). Files are read in a child that
may use a bounded memory; one that does not come back in time is killed and counted as hanging.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import multiprocessing.connection
import random
import re
import resource
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import xlwt

from importer import check, read_table
from importer.errors import FileRefused, ImporterError
from importer.loader.context import LoadContext
from importer.loader.files.reader import open_source
from importer.loader.profile import NO_PROFILE
from importer.loader.profiles.sampling import sample_file
from importer.loader.source import open_file
from importer.settings import Settings

GOLDEN = Path(__file__).parents[2] / "golden"
FORMATS = (".csv", ".tsv", ".xlsx", ".xls", ".xlsb", ".ods")
SECONDS_EACH = 20
MOST_SECONDS = 300
MEMORY = 3 * 2**30
FROM_THE_START = 60  # most of a format's rules stand in its first bytes
CONTEXT = LoadContext(
    today=date(2026, 6, 15),
    timezone=ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_country": "DK",
        "debtor_type": "Person",
        "currency": "DKK",
        "debtor_contact_person": "Mette Holm",
    },
)
NASTY = (
    *("", " ", "\u00a0", "\ufeff", "\x00", '"', "'", ";", ",", "\t", "\r", "\n", "\\", "=1+1", "#N/A", "#REF!", "E+9", "1E400"),
    *("1.234", "1,234", "99,95", "(1)", "-", "1.234.567,8", "9" * 40, "0" * 400, "NaN", "inf", "٣", "１２", "½", "²", "kr. 1"),
    *("31/01/2026", "00/00/0000", "29-02-1900", "2026-02-30", "99999999", "I alt", "Summe", "Saldo", "Beløb", "Fakturanr."),
    *("Navn", "Restbeløb (DKK)", "#row", "#entry", "C1-abcdef", "\U0001f600", "\ud7ff", "\u202e", "\u2028", "\x1a", "a" * 40_000),
)
XML_NASTY = (
    *(b"", b"<", b">", b"&", b"&amp;", b"&#0;", b"&#x110000;", b"<c/>", b"</row>", b"<row>", b'r="A1"', b'r="XFD1048576"'),
    *(b'r="ZZZZ9"', b'r="0"', b't="s"', b't="e"', b't="d"', b't="b"', b't="n"', b's="9999"', b's="-1"', b"<v>999999999</v>"),
    *(b"<v>-1</v>", b"<v>1e308</v>", b"<v>NaN</v>", b"<v></v>", b"<v>x</v>", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>", b"<!--"),
    *(b"\x00", b"\xff\xfe", b"<mergeCell ref='A1:XFD9'/>", b"<is><t>x</t></is>", b"date1904='1'", b"xml:space='preserve'"),
)


@dataclass
class Found:
    """What came of the inputs; ``bad`` are the numbers of those that ended otherwise, each with what happened."""

    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[int, str]] = field(default_factory=list)


def golden_inputs() -> list[Path]:
    return sorted(path for path in GOLDEN.rglob("*") if path.suffix in FORMATS)


def make(number: int, seed: int, inputs: list[Path]) -> tuple[str, bytes]:
    """The name and the bytes of one input."""
    chance = random.Random(f"{seed}:{number}")
    if chance.random() < 0.2:
        return f"{number}.csv", _random_csv(chance)
    if chance.random() < 0.15:
        return f"{number}.xls", _random_xls(chance)
    path = chance.choice(inputs)
    data = path.read_bytes()
    other = chance.choice(inputs).read_bytes()
    name = f"{number}{path.suffix if chance.random() < 0.95 else chance.choice(FORMATS)}"
    if zipfile.is_zipfile(io.BytesIO(data)) and chance.random() < 0.7:
        return name, _changed_members(data, chance)
    if path.suffix in {".csv", ".tsv"} and chance.random() < 0.6:
        return name, _changed_cells(data, chance)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        data = _changed_bytes(data, other, chance)
    return name, data


def _changed_bytes(data: bytes, other: bytes, chance: random.Random) -> bytes:
    if not data:
        return other[: chance.randrange(1 + len(other))]
    top = len(data) if chance.random() < 0.7 else min(len(data), FROM_THE_START)
    at = chance.randrange(top)
    length = chance.choice((1, 1, 2, 4, 64, 1000))
    ways: list[Callable[[], bytes]] = [
        lambda: data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
        lambda: data[:at] + data[at + length :],
        lambda: data[:at] + data[at : at + length] * chance.choice((2, 50)) + data[at + length :],
        lambda: data[:at] + chance.randbytes(length) + data[at:],
        lambda: data[:at],
        lambda: data[:at] + other[chance.randrange(1 + len(other)) :][: length * 20] + data[at:],
        lambda: data[:at] + chance.choice((b"\x00", b"\xff", b"\r", b"\n", b'"', b";")) * length + data[at + length :],
    ]
    return chance.choice(ways)()


def _changed_members(data: bytes, chance: random.Random) -> bytes:
    """A workbook whose parts are changed, dropped, doubled or exchanged: a whole zip file with other things in it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(members))
        name, text = members[at]
        what = chance.random()
        if what < 0.7:
            members[at] = (name, _changed_xml(text, chance))
        elif what < 0.8:
            del members[at]
        elif what < 0.9:
            members[at] = (name, chance.choice(members)[1])
        else:
            members.append((chance.choice((name, "../" + name, "xl/worksheets/sheet9.xml", "x" * 300)), text))
        if not members:
            break
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            with warnings.catch_warnings(action="ignore"):  # a name that stands there twice is meant
                archive.writestr(zipfile.ZipInfo(name), text)
    return target.getvalue()


def _changed_xml(text: bytes, chance: random.Random) -> bytes:
    pieces = re.split(rb"(?<=>)|(?=<)", text)
    at = chance.randrange(len(pieces))
    what = chance.random()
    if what < 0.3:
        pieces[at] = chance.choice(XML_NASTY)
    elif what < 0.5:
        pieces.insert(at, chance.choice(XML_NASTY))
    elif what < 0.65:
        pieces[at] = b""
    elif what < 0.8:
        pieces[at : at + 1] = pieces[at : at + chance.choice((1, 20))] * chance.choice((2, 3, 300))
    else:
        pieces[at] = re.sub(rb'"[^"]*"', b'"' + chance.choice(NASTY)[:40].encode() + b'"', pieces[at], count=1)
    return b"".join(pieces)


def _changed_cells(data: bytes, chance: random.Random) -> bytes:
    pieces = re.split(rb"([;,\t|\r\n]+)", data)
    for _ in range(chance.choice((1, 2, 5, 50))):
        at = chance.randrange(len(pieces))
        pieces[at] = chance.choice((chance.choice(NASTY).encode(), chance.choice(pieces)))
    encoding = chance.choice(("", "", "utf-16", "cp1252", "utf-8-sig"))
    whole = b"".join(pieces)
    return whole.decode("utf-8", "replace").encode(encoding, "replace") if encoding else whole


def _random_csv(chance: random.Random) -> bytes:
    mark, end = chance.choice(";,\t|"), chance.choice(("\n", "\r\n", "\r"))
    width = chance.choice((1, 2, 5, 13, 300))
    known = ("Navn", "Fakturanr.", "Fakturadato", "Valuta", "Restbeløb", "Land", "Beløb", "Kunde", "voucher_amount", "case_ref")
    lines = [mark.join(chance.choice((*known, *NASTY[:40])) for _ in range(width))]
    for _ in range(chance.choice((0, 1, 5, 60, 300))):
        cells = [chance.choice(NASTY) if chance.random() < 0.5 else str(chance.randrange(10**6)) for _ in range(width)]
        quote = chance.choice(("", "", '"'))
        lines.append(mark.join(f"{quote}{cell[:200]}{quote}" for cell in cells))
    return end.join(lines).encode(chance.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1")), "replace")


def _random_xls(chance: random.Random) -> bytes:
    """An old workbook with cells of every kind, of which some bytes are changed in most cases."""
    book = xlwt.Workbook()
    codes = ("General", "0.00", "00000", "yyyy-mm-dd", "hh:mm", "[h]:mm", '#,##0.00 "kr."', "@", "0.00 SEK", ";;", "[$-406]d", "")
    styles = [xlwt.easyxf(num_format_str=code) for code in codes]
    numbers = (0, 1, -5, 60, 60.5, 0.5, 45717.25, 1e15, 1e300, -1e300, 3e6, 1234.5)
    for number in range(chance.choice((1, 1, 3))):
        sheet = book.add_sheet(f"S{number}", cell_overwrite_ok=True)
        sheet.visibility = chance.choice((0, 0, 0, 1, 2))
        for _ in range(chance.choice((0, 3, 60))):
            row, column = chance.choice((chance.randrange(9), 65_535)), chance.choice((chance.randrange(9), 255))
            text = chance.choice((*NASTY, "Navn", "Restbeløb", "case_ref"))[:32_767]
            formula = xlwt.Formula(chance.choice(("1+1", "A1&B2")))
            value = chance.choice((text, text, chance.choice(numbers), True, None, formula, date(2026, 1, 31)))
            sheet.write(row, column, value, chance.choice(styles))
        if chance.random() < 0.2:
            sheet.row(0).set_cell_error(2, chance.choice((7, 42)))
            sheet.row(1).hidden = sheet.col(1).hidden = True
            sheet.merge(3, 4, 3, 4)
    target = io.BytesIO()
    book.save(target)
    data = target.getvalue()
    for _ in range(chance.choice((0, 1, 2, 5, 20))):
        data = _changed_bytes(data, data, chance)
    return data


def read(path: Path, *, whole_check: bool) -> str:
    """What comes of a file, in a word. Raises whatever is no refusal."""
    outcomes = []
    for way in (_as_table, _as_source, _as_sample, *((_as_checked,) if whole_check else ())):
        try:
            way(path)
            outcomes.append("read")
        except FileRefused as error:
            if not str(error).strip() or len(str(error)) > 20_000:
                raise AssertionError(f"an unreadable refusal of {len(str(error))} letters") from error
            outcomes.append("refused")
    return outcomes[1]


def _as_table(path: Path) -> None:
    read_table(path)


def _as_source(path: Path) -> None:
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        for _ in source.rows:
            pass


def _as_sample(path: Path) -> None:
    sample_file(path)
    with open_source(path):
        pass


def _as_checked(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        settings = Settings(
            defaults=dict(CONTEXT.defaults),
            ledger={"url": f"sqlite:///{where / 'ledger.db'}"},
            output={"directory": where / "out"},
        )
        try:
            check(path, settings=settings, profile="none")
        except FileRefused:
            raise
        except ImporterError as error:
            raise AssertionError(f"check ended with {type(error).__name__}: {error}") from error


def _work(pipe: multiprocessing.connection.Connection, seed: int, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    inputs = golden_inputs()
    pipe.send("ready")
    while (number := pipe.recv()) is not None:
        name, data = make(number, seed, inputs)
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            pipe.send((read(path, whole_check=number % 10 == 0), None))
        except BaseException:  # noqa: BLE001  (what escapes is what is looked for)
            pipe.send(("bad", traceback.format_exc()))
        path.unlink(missing_ok=True)


class _Reader:
    """The child that reads; a new one after each that had to be killed."""

    def __init__(self, seed: int, folder: str) -> None:
        self._seed, self._folder = seed, folder
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._seed, self._folder), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()  # starting up is not counted

    def ask(self, number: int) -> tuple[str, str | None]:
        self._pipe.send(number)
        child = psutil.Process(self._process.pid)
        before, begun = _seconds_of(child), time.monotonic()
        try:
            while not self._pipe.poll(1):
                if _seconds_of(child) - before > SECONDS_EACH or time.monotonic() - begun > MOST_SECONDS:
                    what = f"no answer within {SECONDS_EACH} s of processor time, or {MOST_SECONDS} s"
                    break
            else:
                answer: tuple[str, str | None] = self._pipe.recv()
                return answer
        except (EOFError, psutil.NoSuchProcess):
            what = "the process died"
        self.end()
        self._start()
        return "bad", what

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _seconds_of(child: psutil.Process) -> float:
    """Return the processor time of a process in seconds: beside other work, an answer takes long that costs little."""
    used = child.cpu_times()
    return float(used.user + used.system)


def fuzz(seconds: float, seed: int, first: int = 0) -> Found:
    """Read inputs until the time is over."""
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        reader = _Reader(seed, folder)
        until = time.monotonic() + seconds
        number = first
        while time.monotonic() < until:
            outcome, what = reader.ask(number)
            found.inputs += 1
            found.outcomes[outcome] += 1
            if what:
                found.bad.append((number, what))
            number += 1
        reader.end()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="write this input beside, and read it here")
    chosen = parser.parse_args()
    if chosen.only is not None:
        name, data = make(chosen.only, chosen.seed, golden_inputs())
        Path(name).write_bytes(data)
        sys.stdout.write(f"{name}: {read(Path(name), whole_check=True)}\n")
        return 0
    found = fuzz(chosen.seconds, chosen.seed)
    for number, what in found.bad:
        sys.stdout.write(f"input {number}: {what}\n")
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(found.outcomes.items()))
    sys.stdout.write(f"{found.inputs:,} inputs with seed {chosen.seed}: {told or 'none'}\n")
    return 1 if found.bad else 0


if __name__ == "__main__":
    sys.exit(main())
