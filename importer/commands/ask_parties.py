"""The question of `run` at a terminal what debtors are whose names show neither a company nor a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tomlkit

from importer.domain.code_lists import is_by_name
from importer.domain.file_access import FileAccess
from importer.domain.notes import Note, NoteKind
from importer.domain.parties.kinds import PartyKind, party_kind_named
from importer.domain.records import CaseRecord, LoadedSource
from importer.domain.text_keys import fold
from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE
from importer.loader.profiles.profile_file import read_profile
from importer.loader.profiles.profile_writer import write_profile
from importer.loader.profiles.proposal import printable
from importer.loader.profiles.recognition import search_profiles
from importer.loader.records.party import name_asked_about
from importer.workspace.dialogue import Dialogue
from importer.workspace.environment import Environment
from importer.workspace.request import ImportRequest
from importer.workspace.sources import sources_of

MOST_SHOWN = 10
"""Names that are shown before the question; the question by name shows all."""
BY_NAME = ("by name", "name", "n")
KINDS: Mapping[str, PartyKind] = {
    **dict.fromkeys(("c", "companies"), PartyKind.COMPANY),
    **dict.fromkeys(("p", "persons"), PartyKind.PERSON),
    **dict.fromkeys(("s", "sole traders"), PartyKind.SOLE_TRADER),
}


@dataclass(frozen=True)
class _Unclear:
    """The unclear debtors of one file: rows by what names them in a profile. ``profile`` is the file of its profile."""

    file: str
    rows: Mapping[str, int]
    profile: Path | None


def ask_parties(request: ImportRequest, environment: Environment, dialogue: Dialogue) -> ImportRequest:
    """Ask once for each list what its unclear debtors are, and return the request with the answers.

    They are kept in the profile of the list, by customer number, else by name and postal code. Without a profile they hold for
    this import alone. What is left open stays a question about its rows.
    """
    kept: list[Path] = []
    answers: dict[str, PartyKind] = {}
    for found in _unclear_in(request, environment):
        given = _asked(found, dialogue)
        if given and found.profile is not None:
            keep_parties(found.profile, given, environment.access)
            kept.append(found.profile)
            dialogue.say(f"Written into {found.profile.as_posix()}, under [parties]: {len(given)} debtors.")
        elif given:
            answers |= {fold(name): kind for name, kind in given.items()}
            dialogue.say("No profile is used, so that the answers hold for this import alone.")
    if kept:
        request = _read_again(request, kept)
    return replace(request, parties={**request.parties, **answers}) if answers else request


def _read_again(request: ImportRequest, kept: Sequence[Path]) -> ImportRequest:
    if request.profile != NO_PROFILE:
        return replace(request, profile=read_profile(kept[0]).model_copy(update={"name": request.profile.name}))
    return replace(request, profile_set=search_profiles(request.workspace.profile_folders))


def _unclear_in(request: ImportRequest, environment: Environment) -> list[_Unclear]:
    """Read every file whose debtors are known by name alone, and return those with unclear ones."""
    found = []
    for source in sources_of(request, environment, lambda _: None):
        try:
            with source.open() as opened:
                if not _is_by_name(opened):
                    continue
                asked = (row.case.asked for row in opened.rows if isinstance(row.case, CaseRecord))
                rows = Counter(name for reasons in asked if (name := name_asked_about(reasons)))
                profile = _profile_of(opened, request)
        except FileRefused:  # the import says why
            continue
        if rows:
            found.append(_Unclear(source.name, rows, profile))
    return found


def _is_by_name(source: LoadedSource) -> bool:
    return any(is_by_name(dict(head.constants).get("debtor_type", "")) for head in source.heads)


def _profile_of(source: LoadedSource, request: ImportRequest) -> Path | None:
    """Return the file of the profile with which a source is read; None if there is none."""
    if (used := profile_used(source.notes)) is not None:
        return used
    if request.profile == NO_PROFILE:
        return None
    named = (folder / f"{request.profile.name}.toml" for folder in request.workspace.profile_folders)
    return next((path for path in named if path.is_file()), None)


def profile_used(notes: Iterable[Note]) -> Path | None:
    """Return the file of the saved profile with which a source was read; None if there was none."""
    used = next((note for note in notes if note.kind is NoteKind.PROFILE_USED), None)
    return Path(dict(used.values)["path"]) if used is not None else None


def _asked(found: _Unclear, dialogue: Dialogue) -> dict[str, PartyKind]:
    """Ask for all debtors of a list together, or for each by name; return the answers."""
    names = list(found.rows)
    shown = "; ".join(f'"{printable(name)}"' for name in names[:MOST_SHOWN])
    more = f" and {len(names) - MOST_SHOWN:,} more" if len(names) > MOST_SHOWN else ""
    dialogue.say(f"\n{found.file}: {len(names):,} debtors may be companies or persons, which nothing shows: {shown}{more}.")
    while typed := dialogue.ask("All are companies (c), persons (p), sole traders (s), or by name (n)? Enter leaves them open: "):
        if typed.casefold() in BY_NAME:
            return _by_name(found, dialogue)
        if (kind := _kind(typed)) is not None:
            return dict.fromkeys(names, kind)
        dialogue.say("Type c, p, s or n, or only Enter.")
    return {}


def _by_name(found: _Unclear, dialogue: Dialogue) -> dict[str, PartyKind]:
    given = {}
    for name, rows in found.rows.items():
        counted = "1 row" if rows == 1 else f"{rows:,} rows"
        while typed := dialogue.ask(f'"{printable(name)}" ({counted}): c, p or s; Enter leaves it open: '):
            if (kind := _kind(typed)) is not None:
                given[name] = kind
                break
            dialogue.say("Type c for a company, p for a person or s for a sole trader.")
    return given


def _kind(typed: str) -> PartyKind | None:
    return KINDS.get(typed.casefold()) or party_kind_named(typed)


def keep_parties(path: Path, given: Mapping[str, PartyKind], access: FileAccess) -> None:
    """Add answers, by what names each debtor, to the table ``[parties]`` of a profile; the rest of the file stays as it is."""
    document = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    table = document.setdefault("parties", tomlkit.table())
    for name, kind in given.items():
        table[name] = kind.value
    write_profile(path, tomlkit.dumps(document), access)
