"""The command that a scheduler runs: one short line, whose meaning is in the settings of the workspace."""

from __future__ import annotations

import os
import sys
from pathlib import Path

KEPT_VARIABLES = ("IMPORTER_DATA_FOLDER",)
"""Variables without which a scheduled run would not find what the importer remembers of the user."""


def run_now_command(name: str, workspace: str, config: Path | None = None) -> tuple[str, ...]:
    """Return the command that runs a schedule of a workspace, without regard to the ``PATH`` of the scheduler."""
    settings = () if config is None else ("--config", str(config.absolute()))
    return (*importer_command(), "schedule", "run-now", name, "--workspace", workspace, *settings)


def importer_command() -> tuple[str, ...]:
    """Return how this importer is started: its program beside Python, or Python with its module."""
    folder = Path(sys.executable).parent
    program = folder / ("importer.exe" if sys.platform == "win32" else "importer")
    if program.is_file() and os.access(program, os.X_OK):
        return (str(program),)
    return (sys.executable, "-P", "-m", "importer")


def kept_variables() -> tuple[tuple[str, str], ...]:
    """Return the variables of this environment that a scheduled run needs too."""
    return tuple(
        (name, str(Path(os.environ[name].strip()).absolute())) for name in KEPT_VARIABLES if os.environ.get(name, "").strip()
    )


def lost_variables() -> list[str]:
    """Return the names of the settings in this environment that a scheduled run will not have."""
    kept = {*KEPT_VARIABLES, "IMPORTER_WORKSPACE"}
    return sorted(name for name, value in os.environ.items() if name.startswith("IMPORTER_") and value and name not in kept)
