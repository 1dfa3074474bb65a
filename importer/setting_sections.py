"""Sections of the settings that depend on no other part: the workspace, the watched folder, the reading of values."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

WATCH_FOLDERS = ("working", "done", "failed", "needs approval", "approved")
"""The folders that the importer keeps in a watched folder."""


class Section(BaseModel):
    """One section of the settings: unknown keys are refused, and nothing is changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkspaceSettings(Section):
    """Who works with the workspace."""

    group: Annotated[
        str | None,
        Field(
            description="The group whose members share the ledger, the reports and the profiles; each joins the workspace "
            "with `importer init --join DIR`. Without one, only their owner can read them."
        ),
    ] = None


class WatchSettings(Section):
    """The folders that `importer watch` imports from."""

    scan_seconds: Annotated[
        float, Field(gt=0, le=300, description="How often a watched folder is looked through, in seconds.")
    ] = 3
    settle_seconds: Annotated[
        float, Field(ge=0, le=3600, description="How long a file on a local disk must have stayed the same before it is taken.")
    ] = 5
    network_settle_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            description="The same on a network drive, and wherever it cannot be known whether a program is writing the file.",
        ),
    ] = 15
    retry_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=3600,
            description="How long a file waits after a trouble that passes, such as an API that is down. It doubles with each "
            "further one, up to a quarter of an hour.",
        ),
    ] = 60
    control_files: Annotated[
        bool,
        Field(description="Whether a file is taken only together with its control file, such as `invoices.csv.ok`."),
    ] = False
    profiles: Annotated[
        dict[str, str],
        Field(description="Folders inside a watched folder, each with the profile of its files. No others are looked into."),
    ] = {}

    @field_validator("profiles")
    @classmethod
    def _are_folders(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not re.fullmatch(r"[^/\\\x00-\x1f]+", name) or name.startswith(".") or name.casefold() in WATCH_FOLDERS:
                raise ValueError(
                    f'"{name}" cannot be a folder of its own; write a name without / that is not one of {WATCH_FOLDERS}'
                )
        return value


class ValueSettings(Section):
    """The reading of values that a claim does not need."""

    optional_errors: Annotated[
        Literal["leave out", "reject"],
        Field(
            description="What becomes of a row with a wrong e-mail address, phone, or state outside the United States: the value "
            "is left out of the claim and named in the review, or the row is rejected."
        ),
    ] = "leave out"
