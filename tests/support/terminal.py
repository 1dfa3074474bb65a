"""A command at a terminal, and the keyboard in front of it."""

from __future__ import annotations

import os
import pty
import termios
from contextlib import contextmanager


@contextmanager
def at_a_terminal(workspace, *arguments, **env):
    """A command whose input and stderr are a terminal; yields the process and the keyboard's end of the terminal."""
    keyboard, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))  # what must be seen must fit into the usual width
    # A session of its own: what asks for a secret would else find the terminal of whoever runs the tests.
    process = workspace.start(*arguments, env=env, stdin=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    try:
        yield process, keyboard
    finally:
        if process.poll() is None:
            process.kill()
        process.stdout.close()
        process.wait(timeout=30)
        os.close(keyboard)


def read_until(keyboard, text):
    """What the terminal shows, up to and including ``text``; the rest of it if the program ends."""
    shown = b""
    while text is None or text.encode() not in shown:
        try:
            part = os.read(keyboard, 4096)
        except OSError:  # the program's end of the terminal is closed
            break
        if not part:
            break
        shown += part
    return shown.decode()


def finish(process, keyboard):
    shown = read_until(keyboard, None)
    out = process.stdout.read()
    return process.wait(timeout=60), out, shown
