"""Waking the watcher as soon as something changes, where `watchfiles` is installed. It decides nothing: the scan does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_AGAIN_SECONDS = 30.0


@contextmanager
def woken_by_changes(folders: Callable[[], Sequence[Path]], wake: threading.Event) -> Iterator[bool]:
    """Set ``wake`` whenever something changes in one of the folders, until the block ends. Yields whether that is possible.

    ``folders`` returns those on local disks that are there now: of network drives the kernel reports nothing.
    """
    try:
        import watchfiles
    except ImportError:
        yield False
        return
    ended = threading.Event()

    def follow() -> None:
        while not ended.is_set():
            paths = [path for path in folders() if path.is_dir()]
            try:
                for _ in watchfiles.watch(*paths, stop_event=ended, recursive=False, raise_interrupt=False) if paths else ():
                    wake.set()
            except (OSError, RuntimeError):  # a folder has vanished, or the kernel's limit of watches is reached
                pass
            ended.wait(_AGAIN_SECONDS)

    thread = threading.Thread(target=follow, name="changes", daemon=True)
    thread.start()
    try:
        yield True
    finally:
        ended.set()
        thread.join(timeout=5)
