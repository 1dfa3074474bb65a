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
    """The folder ``root`` with its files. Relative paths in the settings are relative to it."""

    root: Path

    @classmethod
    def at(cls, folder: str | Path | None) -> Workspace:
        """Return the workspace in this folder; with None, that in the working directory.

        The working directory stays the relative path ``.``, so that messages show short paths. Raises UsageError if the
        folder does not exist: a mistyped name must not create a new workspace with an empty ledger.
        """
        if folder is None:
            return cls(Path())
        root = Path(folder).absolute()
        if not root.is_dir():
            raise UsageError(f"The workspace folder {root} does not exist. Check the path, or create the folder.")
        return cls(root)

    @property
    def settings_file(self) -> Path:
        """Return the path of the settings file, which need not exist."""
        return self.root / "importer.toml"

    @property
    def profile_folders(self) -> tuple[Path, ...]:
        """Return the folders in which profiles are searched, in this order."""
        return tuple(self.root / folder for folder in PROFILE_FOLDERS)

    def load_settings(self, config: Path | None = None) -> Settings:
        """Load the settings, from the file ``config`` if it is given. Raises SettingsError."""
        return load_settings(self.settings_file, config)

    def output(self, settings: Settings) -> Path:
        """Return the folder for reports."""
        return self.root / settings.output.directory

    def backup_folder(self, settings: Settings) -> Path | None:
        """Return the folder for daily backups that the settings name; None if they name none."""
        folder = settings.ledger.backup_folder
        return None if folder is None else self.root / folder

    def ledger_url(self, settings: Settings) -> str:
        """Return the ledger's URL, with a relative SQLite file placed in this workspace."""
        return resolve_url(settings.ledger.url, self.root)

    def sandbox_ledger(self, settings: Settings) -> Path:
        """Return the path of the sandbox's ledger, such as ``ledger.sandbox.db`` beside ``ledger.db``.

        Raises LedgerError if the ledger's URL is wrong.
        """
        path = sqlite_path(self.ledger_url(settings)) or self.root / "ledger.db"
        return path.with_name(f"{path.stem}.sandbox{path.suffix or '.db'}")
