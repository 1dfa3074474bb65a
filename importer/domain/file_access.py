"""Who can read and write the files with debtors' data: their owner alone, or the members of one group.

Every file and folder that the importer creates gets its mode here, whatever the umask of the process is. On Windows, files
have the rights of their folder, and nothing is changed.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from importer.errors import SettingsError

_OTHERS = stat.S_IRWXO
_SHARED = stat.S_ISGID | stat.S_IRWXG
_HAS_MODES = sys.platform != "win32"


@dataclass(frozen=True, slots=True)
class FileAccess:
    """The rights on new files and folders. ``gid`` is the id of the group whose members share them; None: the owner alone."""

    gid: int | None = None

    @property
    def file_mode(self) -> int:
        """The mode of files."""
        return 0o600 if self.gid is None else 0o660

    @property
    def folder_mode(self) -> int:
        """The mode of folders. What is created in the folder of a group belongs to that group too."""
        return 0o700 if self.gid is None else 0o2770

    def new_folder(self, path: Path) -> None:
        """Create a folder. Raises FileExistsError or another OSError."""
        path.mkdir(mode=0o700)
        self._give(path, self.folder_mode)

    def folders_to(self, path: Path) -> None:
        """Create the folder and those above it that are missing; existing ones are not changed. Raises OSError."""
        if not path.is_dir():
            self.folders_to(path.parent)
            try:
                self.new_folder(path)
            except FileExistsError:  # another process was quicker
                if not path.is_dir():
                    raise

    def open(self, path: Path, flags: int) -> int:
        """Open a file with ``flags`` of :mod:`os`, and return its descriptor; a new one gets its mode. Raises OSError."""
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        except FileExistsError:
            if flags & os.O_EXCL:
                raise
            return os.open(path, flags | getattr(os, "O_BINARY", 0))
        try:
            self._give(path, self.file_mode)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def create(self, path: Path) -> None:
        """Create an empty file unless there is one; an existing one is made as accessible as a new one. Raises OSError."""
        try:
            os.close(self.open(path, os.O_WRONLY | os.O_EXCL))
        except FileExistsError:
            self.extend_to(path)

    def finish(self, path: Path) -> None:
        """Give a file that a library has just created the rights of a new one. Raises OSError."""
        self._give(path, self.file_mode)

    def extend_to(self, path: Path) -> None:
        """Give the group its rights on an existing file, and take those of everybody else. Raises OSError.

        Rights that a person has given to another group stay as long as no group is set. A file of another user is not changed:
        only its owner could do that.
        """
        if not _HAS_MODES:
            return
        found = path.stat()
        if os.geteuid() not in {found.st_uid, 0}:
            return
        mode = stat.S_IMODE(found.st_mode)
        self._give(path, mode & ~_OTHERS if self.gid is None else self.file_mode)

    def write(self, path: Path, text: str, *, durable: bool = True) -> None:
        """Write a text file, which then takes the place of an existing one at once. Raises OSError.

        A ``durable`` one is on disk before that, so that a power failure leaves one of the two.
        """
        partial = path.with_name(f"{path.name}.partial")
        partial.unlink(missing_ok=True)  # of a command that was interrupted
        try:
            with os.fdopen(self.open(partial, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def obstacle(self, folder: Path) -> str | None:
        """Return why members of the group cannot use an existing folder, and what to do; None if they can."""
        if self.gid is None or not _HAS_MODES:
            return None
        found = folder.stat()
        if found.st_gid == self.gid and stat.S_IMODE(found.st_mode) & _SHARED == _SHARED:
            return None
        return f"the folder {folder.absolute()} is not shared with the group: chgrp {name_of(self.gid)} and chmod 2770 do that"

    def _give(self, path: Path, mode: int) -> None:
        """Set the group and the mode, unless they are right already."""
        if not _HAS_MODES:
            return
        found = path.stat()
        if self.gid is not None and found.st_gid != self.gid:
            os.chown(path, -1, self.gid)
            found = path.stat()  # which may have taken the bit that makes new files belong to the group
        if stat.S_IMODE(found.st_mode) != mode:
            path.chmod(mode)


OWNER_ALONE = FileAccess()


def access_of(group: str | None) -> FileAccess:
    """Return the access for the group of the settings, or for the owner alone.

    Raises SettingsError if there is no such group, or if this process is not in it and could not give files to it.
    """
    if group is None:
        return OWNER_ALONE
    if sys.platform == "win32":
        raise SettingsError(
            f'group = "{group}" under [workspace] has no meaning on Windows. Remove it, and give the group its rights on the '
            f"folder of the workspace: new files there inherit them."
        )
    import grp  # does not exist on Windows

    try:
        found = grp.getgrnam(group)
    except (KeyError, ValueError):
        raise SettingsError(
            f'There is no group "{group}" on this machine, which group under [workspace] names. Correct the name, or have the '
            f"group created."
        ) from None
    if os.geteuid() != 0 and found.gr_gid not in {os.getegid(), *os.getgroups()}:
        raise SettingsError(
            f'You are not in the group "{group}", which group under [workspace] names. Have yourself added to it, and log in '
            f"again: a login from before does not have the group yet."
        )
    return FileAccess(found.gr_gid)


def name_of(gid: int) -> str:
    """Return the name of a group, or its number if it has none."""
    with suppress(ImportError, KeyError):
        import grp

        return grp.getgrgid(gid).gr_name
    return str(gid)
