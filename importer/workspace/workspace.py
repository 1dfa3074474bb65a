"""The folder that holds the settings, the ledger, the profiles and the reports of one user or team."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importer.errors import UsageError
from importer.ledger.storage.location import resolve_url, sqlite_path
from importer.settings import Settings, load_settings

PROFILE_FOLDERS = (Path("profiles"), Path("templates/profiles"))


@dataclass(frozen=True)
class Workspace:
    """The folder ``root`` and what lies in it. A relative path in the settings starts there."""

    root: Path

    @classmethod
    def at(cls, folder: str | Path | None) -> Workspace:
        """The workspace in this folder, or without one in the working directory.

        The working directory is kept as the relative path ``.``, so that messages show short paths. Raises UsageError if
        the folder does not exist: a mistyped name must not become a new workspace with an empty ledger.
        """
        if folder is None:
            return cls(Path())
        root = Path(folder).absolute()
        if not root.is_dir():
            raise UsageError(f"There is no folder {root}, so it cannot be the workspace. Check the path, or make the folder.")
        return cls(root)

    @property
    def settings_file(self) -> Path:
        return self.root / "importer.toml"

    @property
    def profile_folders(self) -> tuple[Path, ...]:
        """The folders in which profiles are searched, the first one first."""
        return tuple(self.root / folder for folder in PROFILE_FOLDERS)

    def load_settings(self, config: Path | None = None) -> Settings:
        """The settings in force, from the file ``config`` if one is named. Raises SettingsError."""
        return load_settings(self.settings_file, config)

    def output(self, settings: Settings) -> Path:
        """The folder of the reports."""
        return self.root / settings.output.directory

    def ledger_url(self, settings: Settings) -> str:
        """The ledger's URL; a relative SQLite file lies in this workspace."""
        return resolve_url(settings.ledger.url, self.root)

    def sandbox_ledger(self, settings: Settings) -> Path:
        """``ledger.sandbox.db`` beside ``ledger.db``; beside another database's ledger it is a file in this folder.

        Raises LedgerError if the ledger's URL is wrong.
        """
        path = sqlite_path(self.ledger_url(settings)) or self.root / "ledger.db"
        return path.with_name(f"{path.stem}.sandbox{path.suffix or '.db'}")
