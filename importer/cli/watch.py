"""The command ``importer watch``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.invocation import current_workspace, environment_of
from importer.cli.options import Config, ListIsCurrent, OutputDir, ProfileName, Quiet, SandboxFlag, Verbose
from importer.cli.terminal import TerminalConsole, say

if TYPE_CHECKING:
    from importer.watch.clock import SystemClock
    from importer.watch.endings import Imported

Folders = Annotated[list[Path], typer.Argument(help="The folders to watch.", show_default=False)]
Once = Annotated[bool, typer.Option("--once", help="Import what is complete now, and end, as a scheduler needs it.")]


def watch(
    folders: Folders,
    once: Once = False,
    sandbox: SandboxFlag = False,
    profile: ProfileName = None,
    output: OutputDir = None,
    list_is_current: ListIsCurrent = False,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Import spreadsheets that are dropped in a folder, each as soon as it is complete, with its results beside it."""
    from importer.errors import ExitCode
    from importer.notify.night import Nightwatch
    from importer.watch.clock import SystemClock
    from importer.watch.endings import FileEnding
    from importer.watch.names import without_stamp
    from importer.watch.request import WatchRequest
    from importer.watch.watcher import Hooks
    from importer.watch.watcher import watch as watch_folders

    console = TerminalConsole(quiet=quiet, verbose=verbose, yes=True)
    request = WatchRequest(current_workspace(config, sandbox=sandbox), tuple(folders), profile, once, output, list_is_current)
    clock, stop = SystemClock(), threading.Event()
    with environment_of(config, sandbox=sandbox) as environment, _polite_end(stop, clock):
        if not environment.is_sandbox:
            console.note(environment.place())
        nightwatch = Nightwatch(environment, console)

        def report(imported: Imported) -> None:
            say(imported.line())
            is_refused = imported.ending is FileEnding.FAILED and imported.exit_code is not ExitCode.OK  # OK: it was discarded
            name = str(imported.folder / without_stamp(imported.name))
            nightwatch.imported(imported.as_result(), name, (imported.path or imported.folder) if is_refused else None)

        hooks = Hooks(on_round=nightwatch.look_at_the_clock, on_import=report)
        try:
            code = watch_folders(request, environment, console, clock, stop, hooks, wake=clock.wake)
        finally:
            nightwatch.finish()
    raise typer.Exit(int(code))


@contextmanager
def _polite_end(stop: threading.Event, clock: SystemClock) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM end the watcher after the file at hand, and the second one at once."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        clock.wake.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
