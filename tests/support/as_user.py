"""Run the command as another user of the system: ``python as_user.py USER GROUP ARGUMENT...``.

The interpreter and the packages may be where only root can read, so all that is needed is loaded first, by a run in the
sandbox, and only then does the process become that user for good. For the same reason no workbooks can be read: that takes
another process.
"""

from __future__ import annotations

import contextlib
import grp
import io
import os
import pkgutil
import pwd
import sys
import tempfile
from importlib import import_module
from importlib.resources import files
from pathlib import Path


def load_everything() -> None:
    """Import every module of the package, and read what a run reads."""
    import importer
    from importer.cli.main import main

    for found in pkgutil.walk_packages(importer.__path__, "importer."):
        if found.name != "importer.__main__" and "migrations" not in found.name:
            import_module(found.name)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.suppress(SystemExit):
        Path("example.csv").write_bytes((files("importer.templates") / "example_cases.csv").read_bytes())
        sys.argv = ["importer", "run", "--sandbox", "example.csv", "--quiet", "--confirm", "999"]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            main()


def become(user: str, group: str) -> None:
    """Give up the rights of this process for those of a user in one group."""
    known, shared = pwd.getpwnam(user), grp.getgrnam(group).gr_gid
    os.setgroups([shared])
    os.setgid(shared)
    os.setuid(known.pw_uid)


def run_as(user: str, group: str, arguments: list[str]) -> None:
    from importer.cli.main import main

    place = os.environ.pop("AS_USER_WORKSPACE")
    load_everything()
    become(user, group)
    os.chdir(place)
    os.environ["IMPORTER_WORKSPACE"] = place
    sys.argv = ["importer", *arguments]
    main()


if __name__ == "__main__":
    run_as(sys.argv[1], sys.argv[2], sys.argv[3:])
