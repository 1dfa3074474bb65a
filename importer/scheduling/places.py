"""Where the schedulers keep what they were given: files and the crontab, and the programs that make them read it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from importer.domain.file_access import OWNER_ALONE
from importer.domain.paths import is_file, is_folder
from importer.errors import UsageError
from importer.scheduling import crontab, launchd, systemd, task_scheduler
from importer.scheduling.job import Folders, Installation, Job, SchedulerFile, SystemCommand
from importer.scheduling.kinds import Kind

_LONGEST_STEP = 60
"""Seconds that a program of the system may take."""


def folders_of_user() -> Folders:
    """Return where the schedulers of this machine read the files of this user."""
    configuration = os.environ.get("XDG_CONFIG_HOME", "").strip()
    uid = -1 if sys.platform == "win32" else os.getuid()
    try:
        home = Path.home()
    except RuntimeError:
        raise UsageError("This user has no home folder, where schedulers look. Set HOME.") from None
    return Folders.usual(home, Path(configuration) if configuration.startswith("/") else None, uid)


def usual_kind() -> Kind:
    """Return the scheduler of this machine; crontab only where there is no systemd. Raises UsageError if there is none."""
    if sys.platform == "win32":
        return Kind.WINDOWS
    if sys.platform == "darwin":
        return Kind.LAUNCHD
    if is_folder(Path("/run/systemd/system")):
        return Kind.SYSTEMD
    if shutil.which("crontab"):
        return Kind.CRONTAB
    raise UsageError(
        "This machine runs neither systemd nor cron. Have the scheduler that it has run the command which "
        "`importer schedule install --kind crontab --print` shows."
    )


def installation(kind: Kind, job: Job, folders: Folders) -> Installation:
    """Return what installs a job with one of the schedulers. Raises UsageError for what it cannot be given."""
    writer = {
        Kind.SYSTEMD: systemd.installation,
        Kind.CRONTAB: crontab.installation,
        Kind.LAUNCHD: launchd.installation,
        Kind.WINDOWS: task_scheduler.installation,
    }[kind]
    return writer(job, folders)


def removals(identifier: str, folders: Folders) -> Iterator[Installation]:
    """Yield what is installed under this name, with each of the schedulers, as what takes it away."""
    candidates = [
        systemd.removal(identifier, folders.user_units, system=False),
        systemd.removal(identifier, folders.system_units, system=True),
        launchd.removal(identifier, folders, system=False),
        launchd.removal(identifier, folders, system=True),
        task_scheduler.removal(identifier, folders),
    ]
    yield from (one for one in candidates if any(is_file(Path(str(file.path))) for file in one.files))
    if crontab.block_in(_crontab_if_allowed(), identifier) is not None:
        yield crontab.removal(identifier)


def _crontab_if_allowed() -> str:
    """Return the crontab of this user; empty on a machine without cron, and for a user who may not use it."""
    try:
        return read_crontab() if shutil.which("crontab") else ""
    except UsageError:
        return ""


def installed_text(file: SchedulerFile, identifier: str) -> str | None:
    """Return the text that is installed in the place of a file; None if there is none. Raises UsageError."""
    if file.path is None:
        return crontab.block_in(read_crontab(), identifier)
    path = Path(str(file.path))
    try:
        return path.read_text(encoding=file.encoding) if is_file(path) else None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Ask its owner, or remove it.") from None


def install(found: Installation, identifier: str) -> None:
    """Write the files and make the scheduler read them. Raises UsageError, which says what is left to do."""
    for file in found.files:
        _refuse_foreign(file, identifier)
    for file in found.files:
        if file.path is None:
            write_crontab(crontab.with_block(read_crontab(), identifier, file.text))
        else:
            _write(file, Path(str(file.path)))
    run_steps(found.enable, "The files are written. Run it, or `importer schedule install` again")


def remove(found: Installation, identifier: str) -> None:
    """Make the scheduler forget a job, and delete its files. Raises UsageError."""
    for file in found.files:
        _refuse_foreign(file, identifier)
    run_steps(found.disable, "Nothing was removed. Run it, and `importer schedule remove` again")
    for file in found.files:
        if file.path is None:
            write_crontab(crontab.with_block(read_crontab(), identifier, ""))
            continue
        try:
            Path(str(file.path)).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{file.path} cannot be deleted: {error.strerror}. {_who(file)}") from None
    run_steps(found.after_removal, "The files are deleted. Run it yourself")


def _refuse_foreign(file: SchedulerFile, identifier: str) -> None:
    if file.path is not None:
        text = installed_text(file, identifier)
        if text is not None and identifier not in text:
            raise UsageError(f"{file.path} is not from the importer, and stays. Rename the schedule, or remove the file.")


def _write(file: SchedulerFile, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.encoding == "utf-8":
            OWNER_ALONE.write(path, file.text, durable=False)
            path.chmod(0o644)  # what reads it may be another user; there are no secrets in it
        else:
            path.write_text(file.text, encoding=file.encoding, newline="\r\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. {_who(file)}") from None


def _who(file: SchedulerFile) -> str:
    if file.path is not None and str(file.path).startswith(("/etc/", "/Library/")):
        return "For the scheduler of the machine, run this as root; or give root what --print shows."
    return "Ask for the right to."


def read_crontab() -> str:
    """Return the crontab of this user, which is empty if there is none. Raises UsageError."""
    ended = _run(("crontab", "-l"))
    if ended.returncode == 0:
        return ended.stdout.decode("utf-8", "surrogateescape")
    if b"no crontab" in ended.stderr:
        return ""
    raise UsageError(f"`crontab -l` does not show the crontab: {_said(ended)}. Nothing was changed.")


def write_crontab(text: str) -> None:
    """Replace the crontab of this user. Raises UsageError."""
    ended = _run(("crontab", "-"), text.encode("utf-8", "surrogateescape"))
    if ended.returncode != 0:
        raise UsageError(f"`crontab -` does not take the crontab: {_said(ended)}. Nothing was changed.")


def run_steps(steps: tuple[SystemCommand, ...], otherwise: str) -> None:
    """Run programs of the system. Raises UsageError for the first that fails, with ``otherwise`` as what to do."""
    for step in steps:
        interactive = "/rp" in step.words  # which asks for a password
        ended = subprocess.run(step.words, check=False) if interactive else _run(step.words)  # noqa: S603
        if ended.returncode != 0 and not step.may_fail:
            line = " ".join(step.words)
            raise UsageError(f"`{line}` failed: {_said(ended)}. {otherwise}.")


def _run(command: tuple[str, ...], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, input=given, capture_output=True, timeout=_LONGEST_STEP, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, b"", f"{type(error).__name__}: {command[0]}".encode())


def _said(ended: subprocess.CompletedProcess[bytes]) -> str:
    text = (ended.stderr or ended.stdout or b"").decode("utf-8", "replace").strip()
    return text.splitlines()[0].rstrip(".") if text else f"exit code {ended.returncode}"
