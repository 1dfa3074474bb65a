"""Finance lists with stray quotes and delimiters, and an oracle that knows the true content of each row.

A list is written as an accounting system would, and damaged in a few places. Whatever becomes of it must be one of three things:
the file is refused; or each row that would be sent equals a true row, and each true row is sent or stands in a rejected row.

A list either gains or loses delimiters: one more and one less in the same row may make a well-formed row of other values, which
nobody can tell from a true one.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, LoadedSource, Reject
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_file

CONTEXT = LoadContext(date(2026, 6, 15), ZoneInfo("Europe/Copenhagen"))
PROFILE = Profile(constants={"creditor_company_name": "Havnens Tømmer A/S", "creditor_country": "DK"})
_REQUIRED = ("creditor_reference", "currency", "date", "due_date", "amount_to_recover", "debtor_type", "debtor_name")
_PLACE = ("debtor_address", "debtor_zip_code", "debtor_city", "debtor_country")
_OPTIONAL = ("debtor_email", "debtor_phone", "claim_description", "comments")
_ORDERS = ((*_REQUIRED, *_PLACE, *_OPTIONAL), (*_REQUIRED, *_OPTIONAL, *_PLACE), (*_REQUIRED, *_PLACE))
_NAMES = ("Ida Lund", "Ole Hansen", "Bo Bæk", "Søren Ågård", "Kurt Ø. Lang", "Anna-Lise Juul")
_TEXTS = ("Rent", "Rent May", "Order 4711", "Delivery of timber", "")
_SPECIAL = ("Rent; May", "Rent, May", 'Screen 24" black', "call first\nthen write", "see letter, please\nno answer yet")


@dataclass
class DamagedList:
    """A damaged list: its text, and the true rows by their reference, each as its cells by column."""

    text: str
    rows: dict[str, dict[str, str]]
    header: tuple[str, ...]
    clean: str
    damage: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ListVerdict:
    """What became of a trial: ``refused``, ``read``, ``rejected`` (at least one row), or what is wrong."""

    kind: str
    wrong: tuple[str, ...] = ()


def trial(rng: random.Random) -> DamagedList:
    """Make a list of a few rows, write it in one of the usual ways and damage it in one to three places."""
    header = rng.choice(_ORDERS)
    delimiter = rng.choice(";;,\t")
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    has_special = rng.random() < 0.3
    rows = [_row(rng, number, delimiter, has_special=has_special) for number in range(rng.randint(4, 9))]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([row[name] for name in header] for row in rows)
    clean = stream.getvalue()
    made = DamagedList(clean, {row["creditor_reference"]: row for row in rows}, header, clean)
    lines = clean.splitlines(keepends=True)
    without = rng.choice((stray_delimiter, lost_delimiter))
    damages = [one for one in _DAMAGES if one is not without]
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        damage = rng.choice(damages)
        damage(rng, lines, delimiter)
        made.damage.append(damage.__name__)
    made.text = "".join(lines)
    return made


def _row(rng: random.Random, number: int, delimiter: str, *, has_special: bool) -> dict[str, str]:
    mark = "." if delimiter == "," else ","
    texts = (*_TEXTS, *_SPECIAL) if has_special else tuple(text for text in _TEXTS if delimiter not in text)
    return {
        "creditor_reference": f"F-{rng.randint(1000, 9999)}{number}",
        "currency": "DKK",
        "date": f"2025-03-{rng.randint(10, 28)}",
        "due_date": f"2025-04-{rng.randint(10, 28)}",
        "amount_to_recover": f"{rng.randint(10, 9999)}{mark}{rng.randint(10, 99)}",
        "debtor_type": "Person",
        "debtor_name": rng.choice(_NAMES),
        "debtor_address": rng.choice(("Nørregade 4", "Havnevej 12", "")),
        "debtor_zip_code": str(rng.randint(1000, 9990)),
        "debtor_city": rng.choice(("Aarhus", "Odense C", "")),
        "debtor_country": "DK",
        "debtor_email": rng.choice(("ida@example.dk", "")),
        "debtor_phone": rng.choice(("+45 20000001", "")),
        "claim_description": rng.choice(texts),
        "comments": rng.choice(texts),
    }


def _any_line(rng: random.Random, lines: list[str]) -> int:
    """Choose a line: also the headings, unless a delimiter in their quotes would merely be another name of a column."""
    return rng.randrange('"' in lines[0], len(lines))


def stray_quote(rng: random.Random, lines: list[str], delimiter: str) -> None:
    """Put a quote anywhere, but more often where a cell begins or ends."""
    at = rng.randrange(1, len(lines))
    text = lines[at].rstrip("\r\n")
    edges = [0, len(text), *(place + more for place, sign in enumerate(text) if sign == delimiter for more in (0, 1))]
    place = rng.choice(edges) if rng.random() < 0.7 else rng.randint(0, len(text))
    lines[at] = f'{text[:place]}"{text[place:]}\r\n'


def stray_delimiter(rng: random.Random, lines: list[str], delimiter: str) -> None:
    """Put a delimiter anywhere."""
    at = _any_line(rng, lines)
    text = lines[at].rstrip("\r\n")
    place = rng.randint(0, len(text))
    lines[at] = f"{text[:place]}{delimiter}{text[place:]}\r\n"


def lost_delimiter(rng: random.Random, lines: list[str], delimiter: str) -> None:
    """Take a delimiter away."""
    at = _any_line(rng, lines)
    places = [place for place, sign in enumerate(lines[at]) if sign == delimiter]
    if places:
        place = rng.choice(places)
        lines[at] = lines[at][:place] + lines[at][place + 1 :]


def glued_line(rng: random.Random, lines: list[str], _: str) -> None:
    """Put a whole line into quotes."""
    at = rng.randrange(1, len(lines))
    text = lines[at].rstrip("\r\n").replace('"', '""')
    lines[at] = f'"{text}"\r\n'


def lost_line_end(rng: random.Random, lines: list[str], _: str) -> None:
    """Take the end of a line away."""
    if len(lines) > 2:
        at = rng.randrange(1, len(lines) - 1)
        lines[at : at + 2] = [lines[at].rstrip("\r\n") + lines[at + 1]]


def doubled_line(rng: random.Random, lines: list[str], delimiter: str) -> None:
    """Write the line of a row twice. Within a text, a line that is there twice may be a part of it."""
    rows = [at for at in range(1, len(lines)) if lines[at].count(delimiter) >= lines[0].count(delimiter)]
    if rows:
        at = rng.choice(rows)
        lines.insert(at, lines[at])


_DAMAGES: tuple[Callable[[random.Random, list[str], str], None], ...] = (
    *(stray_quote, stray_quote, stray_quote, stray_quote, stray_delimiter, stray_delimiter),
    *(lost_delimiter, glued_line, lost_line_end, doubled_line),
)


def judge(made: DamagedList, folder: Path) -> ListVerdict:
    """Read a damaged list, and compare what would be sent with the true rows."""
    path = folder / "list.csv"
    truth = _payloads(made.clean, path)
    assert truth.keys() == made.rows.keys()
    path.write_bytes(made.text.encode())
    try:
        with open_file(path, PROFILE, CONTEXT) as source:
            return _judged(source, truth, made)
    except FileRefused:
        return ListVerdict("refused")


def _payloads(text: str, path: Path) -> dict[str, Any]:
    path.write_bytes(text.encode())
    with open_file(path, PROFILE, CONTEXT) as source:
        return {str(one.case.ref): _bare(json.loads(one.case.payload)) for one in source.rows if isinstance(one.case, CaseRecord)}


_MARKS = re.compile(r"[\s\";,]")


def _bare(value: Any) -> Any:
    """Return a payload without the marks with which lists are damaged. A stray one within a text stays a part of that text."""
    if isinstance(value, dict):
        return {name: bare for name, inner in value.items() if (bare := _bare(inner)) != ""}
    return _MARKS.sub("", value) if isinstance(value, str) else value


def _judged(source: LoadedSource, truth: dict[str, Any], made: DamagedList) -> ListVerdict:
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    rejected = ""
    for one in source.rows:
        if isinstance(one.case, CaseRecord):
            payload = _bare(json.loads(one.case.payload))
            ref = _bare(str(one.case.ref))
            seen[ref] += 1
            if not _is_true(payload, truth.get(ref), said=bool(one.case.value_notes)):
                wrong.append(f"row {one.row.number} is sent as {payload}, and should be {truth.get(ref)}")
        elif isinstance(one.case, Reject) and not one.case.is_left_out:
            rejected += "\n".join(str(cell) for cell in one.row.cells) + "\n"
        elif any(ref in _bare("".join(map(str, one.row.cells))) for ref in made.rows):
            wrong.append(f"row {one.row.number} is left out")
    rejected = _bare(rejected)
    wrong += [f"{ref} is lost" for ref in made.rows if not seen[ref] and ref not in rejected]
    wrong += _lines_lost(source)
    return ListVerdict("wrong" if wrong else "rejected" if rejected else "read", tuple(wrong))


def _is_true(payload: dict[str, Any], true: dict[str, Any] | None, *, said: bool) -> bool:
    """Return whether a row would be sent as it is; a contact that is left out must be said."""
    if true is None:
        return False
    if payload == true:
        return True
    mine, its = dict(payload.get("debtor", {})), dict(true.get("debtor", {}))
    for name in ("email", "phone") if said else ():
        mine.pop(name, None)
        its.pop(name, None)
    comments = {"comments": ""} if said else {}  # of several addresses the others are written there
    return {**payload, "debtor": mine, **comments} == {**true, "debtor": its, **comments}


def _lines_lost(source: LoadedSource) -> list[str]:
    note = next(note for note in source.found if note.kind is NoteKind.LINES_READ)
    counts = {name: int(count) for name, count in note.values}
    return [] if counts.pop("lines") == sum(counts.values()) else [f"lines do not add up: {note.values}"]
