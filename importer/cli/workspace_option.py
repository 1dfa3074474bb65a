"""The option ``--workspace``, which every command with settings has."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from importer.cli.logs.command import with_logs

WorkspaceDir = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        help="The workspace: the folder of the settings, the ledger, the profiles and the reports.",
        show_default=False,
    ),
]
Function = TypeVar("Function", bound=Callable[..., Any])
_NAME, _BEFORE = "workspace", "config"
_named: ContextVar[Path | None] = ContextVar(_NAME, default=None)


class CommandLine(typer.Typer):
    """A group of commands. Each command that takes ``--config`` takes ``--workspace`` too, and some the options about logs."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        """Register a command, as ``typer.Typer.command`` does."""
        register = super().command(name, **options)

        def decorate(function: Function) -> Function:
            called = name or getattr(function, "__name__", "").replace("_", "-")
            register(with_logs(called, _with_workspace(function)))
            return function

        return decorate


def _with_workspace(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of a command with the parameter ``workspace`` before ``config``, if it has the latter."""
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    if _BEFORE not in signature.parameters:
        return function

    @functools.wraps(function)
    def command(*, workspace: Path | None = None, **options: Any) -> Any:
        _named.set(workspace)
        return function(**options)

    parameters = [one.replace(annotation=hints[one.name]) for one in signature.parameters.values()]
    place = next(number for number, one in enumerate(parameters) if one.name == _BEFORE)
    parameters.insert(place, parameters[place].replace(name=_NAME, default=None, annotation=WorkspaceDir))
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = hints | {_NAME: WorkspaceDir}
    return command


def named_workspace() -> Path | None:
    """Return the folder that ``--workspace`` names in this invocation; None without it."""
    return _named.get()
