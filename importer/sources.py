"""Which sources a job names, in the order in which they are taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from importer.environment import Environment
from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records import LoadContext
from importer.loader.source import open_file, open_frames
from importer.rows import LoadedSource

if TYPE_CHECKING:
    import pandas as pd

SPREADSHEETS = (".xlsx", ".xls", ".xlsb", ".ods", ".csv", ".tsv")


@dataclass(frozen=True)
class Job:
    """What the user asked for."""

    paths: tuple[Path, ...] = ()
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    profile: Profile = NO_PROFILE
    output: Path | None = None
    test_cases: bool = False
    confirmed: bool = False


Opening = Callable[[], AbstractContextManager[LoadedSource]]


def sources_of(job: Job, environment: Environment) -> Iterator[Opening]:
    """What to read, cases before vouchers: a voucher may belong to a case of another file."""
    if job.frames:
        frames, context = job.frames, environment.load_context(test_cases=job.test_cases)
        yield lambda: _opened(open_frames(frames, context, job.profile))
    paths = expand(job.paths)
    later: list[Opening] = []
    for path in paths:
        context = environment.load_context(test_cases=job.test_cases, folder=path.parent)
        opening = _opener(path, job.profile, context)
        if len(paths) > 1 and _only_vouchers(opening):
            later.append(opening)
        else:
            yield opening
    yield from later


def _opener(path: Path, profile: Profile, context: LoadContext) -> Opening:
    return lambda: open_file(path, profile, context)


@contextmanager
def _opened(source: LoadedSource) -> Iterator[LoadedSource]:
    yield source


def _only_vouchers(opening: Opening) -> bool:
    try:
        with opening() as source:
            return not source.has_cases
    except FileRefused:
        return False  # it is opened again in its turn, and refused there


def expand(paths: Sequence[Path]) -> list[Path]:
    """Files as they are, a folder as the spreadsheets in it. Raises FileRefused for a path that is neither."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        if path.suffix.casefold() in SPREADSHEETS:
            raise FileRefused(f"{path} is a folder, not a file. Name the file, or a folder without such an ending.")
        inside = sorted(p for p in path.iterdir() if p.suffix.casefold() in SPREADSHEETS and not p.name.startswith(("~$", ".")))
        if not inside:
            raise FileRefused(f"The folder {path} holds no spreadsheets ({' '.join(SPREADSHEETS)}). Check the path.")
        found += inside
    return list(dict.fromkeys(found))
