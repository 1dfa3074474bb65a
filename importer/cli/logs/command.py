"""The logs of a command: on stderr with ``-v`` and ``-vv``, and in a file with ``--log-file``."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import typer

from importer.cli.options import LogFileOption, LogForm, LogFormatOption, Verbose
from importer.errors import ExitCode, ImporterError

Function = TypeVar("Function", bound=Callable[..., Any])
Line = Callable[[str, MutableMapping[str, Any], datetime], "str | None"]
Write = Callable[[str], None]

_MARK = "__has_logs__"


@dataclass(frozen=True, slots=True)
class LogOptions:
    """The options about logs. ``verbose`` counts ``-v``."""

    verbose: int = 0
    file: Path | None = None
    form: LogForm = LogForm.TEXT


def logged(function: Function) -> Function:
    """Give a command the options about logs, although it does not take ``verbose`` itself."""
    setattr(function, _MARK, True)
    return function


def with_logs(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of a command with the options about logs, if it is :func:`logged` or takes ``verbose``."""
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    takes_verbose = "verbose" in signature.parameters
    if not takes_verbose and not hasattr(function, _MARK):
        return function

    @functools.wraps(function)
    def command(*, verbose: int = 0, log_file: Path | None = None, log_format: LogForm = LogForm.TEXT, **options: Any) -> Any:
        more = {"verbose": verbose} if takes_verbose else {}
        with operator_logs(name, LogOptions(verbose, log_file, log_format)):
            return function(**options, **more)

    added: dict[str, tuple[Any, Any]] = {"log_file": (LogFileOption, None), "log_format": (LogFormatOption, LogForm.TEXT)}
    if not takes_verbose:
        added = {"verbose": (Verbose, 0), **added}
    parameters = [
        *(one.replace(annotation=hints[one.name], kind=inspect.Parameter.KEYWORD_ONLY) for one in signature.parameters.values()),
        *(
            inspect.Parameter(one, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
            for one, (hint, default) in added.items()
        ),
    ]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = hints | {one: hint for one, (hint, _) in added.items()}
    return command


@contextmanager
def operator_logs(command: str, options: LogOptions) -> Iterator[None]:
    """Write the logs of a command while the context is open. Raises UsageError if the log file cannot be written."""
    if not options.verbose and options.file is None:
        yield
        return
    from importer import __version__
    from importer.cli.logs.file import LogFile

    with ExitStack() as stack:
        writes: list[Write] = [_write_on_stderr] if options.verbose else []
        if options.file is not None:
            file = LogFile(options.file)
            stack.callback(file.close)
            writes.append(file.write)
        log = _configure(logging.DEBUG if options.verbose > 1 else logging.INFO, writes, options.form)
        begun = time.monotonic()
        log.info("started", command=command, version=__version__, process=os.getpid())
        code = int(ExitCode.BUG)
        try:
            yield
            code = int(ExitCode.OK)
        except typer.Exit as error:
            code = error.exit_code
            raise
        except ImporterError as error:
            code = int(error.exit_code)
            raise
        except (KeyboardInterrupt, typer.Abort):
            code = int(ExitCode.INTERRUPTED)
            raise
        finally:
            log.info("ended", command=command, exit_code=code, seconds=round(time.monotonic() - begun, 1))


def silence() -> None:
    """Write bugs alone, on stderr, unless logs were set up: otherwise structlog would print every event."""
    import structlog

    if not structlog.is_configured():
        _configure(logging.CRITICAL, [_write_on_stderr], LogForm.TEXT)


def _configure(level: int, writes: list[Write], form: LogForm) -> Any:
    """Pass the events from this level on to these, as lines. Returns a logger."""
    import structlog

    from importer.cli.logs.lines import json_line, text_line

    to_line: Line = json_line if form is LogForm.JSON else text_line

    def pass_on(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> str:
        try:
            line = to_line(str(facts.pop("event", "")), facts, datetime.now(UTC))
        except (LookupError, TypeError, ValueError):  # of another library with an event of that name
            line = None
        if line is not None:
            for write in writes:
                write(line)
        raise structlog.DropEvent

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level), processors=[pass_on])
    return structlog.get_logger()


def _write_on_stderr(line: str) -> None:
    from importer.cli.terminal import say

    say(line, err=True)
