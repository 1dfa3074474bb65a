"""The folder that holds the settings, the ledger, the profiles and the reports of one user or team."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from importer.domain.paths import is_folder
from importer.errors import LedgerError, UsageError
from importer.ledger.storage.location import resolve_url, shown_url, sqlite_path
from importer.settings import Settings, load_settings
from importer.workspace.trust import refuse_untrusted

PROFILE_FOLDERS = (Path("profiles"), Path("templates/profiles"))
SETTINGS_NAME, LEDGER_NAME = "importer.toml", "ledger.db"


class Origin(Enum):
    """Why a folder is the workspace. The values are for people."""

    OPTION = "named by --workspace"
    VARIABLE = "named by IMPORTER_WORKSPACE"
    LEDGER = "the working directory, which holds a ledger"
    SETTINGS = "the nearest folder with an importer.toml"
    SANDBOX = "the working directory, for the sandbox"
    DATA_FOLDER = "your data folder, since no importer.toml is here or above"
    ARGUMENT = "named by the program"


@dataclass(frozen=True)
class Workspace:
    """The folder ``root`` with its files. Relative paths in its settings are relative to it."""

    root: Path
    origin: Origin = Origin.ARGUMENT
    paths_from: Path | None = None
    """The folder for relative paths that the settings name, if they are those of another file (``--config``)."""
    ledger_elsewhere: Path | None = None
    """The ledger in the working directory, if another folder was named as the workspace."""

    @classmethod
    def at(cls, folder: str | Path | None) -> Workspace:
        """Return the workspace in this folder; with None, that in the working directory.

        The working directory stays the relative path ``.``, so that messages show short paths. Raises UsageError if the
        folder does not exist: a mistyped name must not create a new workspace with an empty ledger.
        """
        if folder is None:
            return cls(Path())
        root = Path(folder).absolute()
        if not is_folder(root):
            raise UsageError(f"The workspace folder {root} does not exist. Check the path, or create the folder.")
        return cls(root)

    def make(self) -> None:
        """Create the folder for its user alone, if it is the user's data folder, which nobody else has created."""
        if self.origin is Origin.DATA_FOLDER:
            with suppress(OSError):  # opening the ledger reports a folder that cannot be created
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def with_config(self, config: Path | None) -> Workspace:
        """Return the workspace with another settings file, whose relative paths begin in the working directory."""
        return self if config is None else replace(self, paths_from=Path())

    @property
    def settings_file(self) -> Path:
        """Return the path of the settings file, which need not exist."""
        return self.root / SETTINGS_NAME

    @property
    def profile_folders(self) -> tuple[Path, ...]:
        """Return the folders in which profiles are searched, in this order."""
        return tuple(self.root / folder for folder in PROFILE_FOLDERS)

    def load_settings(self, config: Path | None = None) -> Settings:
        """Load the settings, from the file ``config`` if it is given. Raises SettingsError, also for a file of a stranger."""
        refuse_untrusted(config or self.settings_file)
        return load_settings(self.settings_file, config)

    def output(self, settings: Settings) -> Path:
        """Return the folder for reports."""
        return self._folder_of(is_set="directory" in settings.output.model_fields_set) / settings.output.directory

    def backup_folder(self, settings: Settings) -> Path | None:
        """Return the folder for daily backups that the settings name; None if they name none."""
        folder = settings.ledger.backup_folder
        return None if folder is None else self.root / folder

    def ledger_url(self, settings: Settings) -> str:
        """Return the ledger's URL, with a relative SQLite file placed in this workspace."""
        return resolve_url(settings.ledger.url, self._folder_of(is_set="url" in settings.ledger.model_fields_set))

    def _folder_of(self, *, is_set: bool) -> Path:
        """Return the folder in which a relative path of the settings begins; a default is always in the workspace."""
        return self.root if self.paths_from is None or not is_set else self.paths_from

    def sandbox_ledger(self, settings: Settings) -> Path:
        """Return the path of the sandbox's ledger, such as ``ledger.sandbox.db`` beside ``ledger.db``.

        Raises LedgerError if the ledger's URL is wrong.
        """
        path = sqlite_path(self.ledger_url(settings)) or self.root / LEDGER_NAME
        return path.with_name(f"{path.stem}.sandbox{path.suffix or '.db'}")

    def described(self) -> str:
        """Return the folder for people, with the reason for it if the user may not expect it."""
        shown = str(self.root.absolute())
        return f"{shown} ({self.origin.value})" if self.origin is Origin.DATA_FOLDER else shown


def shown_ledger(url: str) -> str:
    """Return the ledger of a URL for people: the absolute path of its file, or the URL without what is secret."""
    try:
        path = sqlite_path(url)
    except LedgerError:
        path = None
    return shown_url(url) if path is None else str(path.absolute())
