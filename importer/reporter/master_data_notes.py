"""The notes on master data in words."""

from __future__ import annotations

from importer.domain.notes import Note


def used(note: Note) -> str:
    """Return what was completed, and in how many rows."""
    pairs = zip(note.all("column"), note.all("count"), strict=True)
    listed = ", ".join(f"{column} in {_rows(int(count))}" for column, count in pairs)
    done = f"completed {listed}" if listed else "nothing was to be completed"
    rows = int(note.value("rows"))
    return f': {_rows(rows)} joined with {note.value("name")} by "{_on_one_line(note.value("heading"))}": {done}.'


def missing(note: Note) -> str:
    """Return which customer numbers are not in the master data."""
    rows, verb = int(note.value("rows")), "is" if int(note.value("count")) == 1 else "are"
    return f": {_numbers(note)} of {_rows(rows)} {verb} not in {note.value('name')}; those rows are read as they are."


def differs(note: Note) -> str:
    """Return in which columns the list has other values, which count."""
    pairs = zip(note.all("column"), note.all("count"), strict=True)
    listed = ", ".join(f"{column} in {_rows(int(count))}" for column, count in pairs)
    addresses = note.all("addresses")
    apart = f" In {_rows(int(addresses[0]))} the address differs, so that no part of it was completed." if addresses else ""
    return f": the list has other values than {note.value('name')}, and its own count: {listed}.{apart}"


def unused(note: Note) -> str:
    """Return what of the master data was not used."""
    count, without = int(note.value("count")), note.all("unnumbered")
    parts = [f"{_numbers(note)} occur{'s' if count == 1 else ''} in no row of the list"] if count else []
    parts += [f"{_rows(int(without[0]))} without a customer number completed nothing"] if without else []
    return f": of {note.value('name')}, {' and '.join(parts)}."


def without_numbers(note: Note) -> str:
    """Return that the list cannot be joined."""
    return (
        f": nothing was completed from {note.value('name')}, since no heading surely means the customer number. Name it in the "
        "profile: list_key under [master_data]."
    )


def _numbers(note: Note) -> str:
    count, named = int(note.value("count")), note.all("number")
    more = f" and {count - len(named):,} more" if count > len(named) else ""
    return f"{count:,} customer number{'s' if count != 1 else ''} ({', '.join(map(_on_one_line, named))}{more})"


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
