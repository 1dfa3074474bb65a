"""What `importer map` is asked for: its arguments as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from importer.domain.master_data import NO_MASTER_DATA, MasterData
from importer.errors import UsageError
from importer.workspace.master_files import named_master_data
from importer.workspace.workspace import Workspace


@dataclass(frozen=True)
class MapRequest:
    """The arguments of the command.

    ``only_sure``: use only certain matches and ask nothing. Profiles are in ``folders``, new ones in the first. ``only`` and
    ``skip`` are texts ``COLUMN=VALUE`` by which rows are kept or dropped. ``cases_from`` is what makes a case. ``master_data``
    complete the file, so that it needs no columns that they have.
    """

    path: Path
    profile: str | None = None
    sheet: str | None = None
    holds: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    date_format: str | None = None
    encoding: str | None = None
    only_sure: bool = False
    replace: bool = False
    folders: tuple[Path, ...] = Workspace(Path()).profile_folders
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    cases_from: str | None = None
    master_data: MasterData = NO_MASTER_DATA


Described = tuple[Path, str | None, str | None, str | None, Mapping[str, str], str | None, str | None, str | None]
"""The first arguments of a request, in their order."""


def map_request(
    described: Described,
    rows: tuple[Sequence[str], Sequence[str], str | None],
    workspace: Workspace,
    master_data: Path | None,
    *,
    only_sure: bool,
    replace: bool,
) -> MapRequest:
    """Return the request of the command. Raises UsageError if the file of ``master_data`` holds none.

    ``rows`` are the rows to keep, those to drop, and what makes a case.
    """
    data = NO_MASTER_DATA if master_data is None else named_master_data(master_data)
    only, skip, cases_from = rows
    return MapRequest(
        *described,
        only_sure=only_sure,
        replace=replace,
        folders=workspace.profile_folders,
        only=only,
        skip=skip,
        cases_from=cases_from,
        master_data=data,
    )


def values_set(pairs: Sequence[str]) -> dict[str, str]:
    """Parse ``--set COLUMN=VALUE``. Raises UsageError for another form."""
    parted = [pair.partition("=") for pair in pairs]
    for name, equals, value in parted:
        if not (name.strip() and equals and value.strip()):
            raise UsageError(f"--set {name}{equals}{value}: write it as COLUMN=VALUE, such as --set currency=DKK.")
    return {name.strip(): value.strip() for name, _, value in parted}
