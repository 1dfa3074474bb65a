"""The commands that set the importer up: ``init``, ``login`` and ``logout``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from importer.cli.invocation import current_workspace
from importer.cli.options import Config
from importer.cli.terminal import TerminalDialogue, say
from importer.cli.workspace_option import CommandLine
from importer.errors import UsageError

ApiOption = Annotated[
    Literal["debitura", "debbie"] | None, typer.Option("--api", help="The API whose key is meant; by default both.")
]
Agree = Annotated[bool, typer.Option("--yes", "-y", help="Agree to every question.")]
NoTest = Annotated[bool, typer.Option("--no-test", help="Do not ask the APIs whether they accept the keys.")]
Host = Annotated[str | None, typer.Option("--host", help="A host other than the documented ones, such as api.example.com.")]

ForNotifications = Annotated[
    bool, typer.Option("--notify", help="The addresses to which notifications are sent are meant, and no key of an API.")
]

setup_app = CommandLine()


def _dialogue() -> TerminalDialogue | None:
    return TerminalDialogue() if sys.stdin.isatty() else None


def _say(line: str) -> None:
    say(line, err=True)


@setup_app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The folder of the workspace.")] = Path(),
    join: Annotated[
        Path | None, typer.Option("--join", metavar="DIR", help="Trust the workspace of another user, or of a group, instead.")
    ] = None,
    tenant_id: Annotated[str | None, typer.Option("--tenant-id", help="Your tenant id at Debbie.")] = None,
    debitura_url: Annotated[str | None, typer.Option("--debitura-url", help="Debitura's address, if it is another one.")] = None,
    debbie_url: Annotated[str | None, typer.Option("--debbie-url", help="Debbie's address, if it is another one.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="The time zone of voucher dates.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="The group of users that shares the workspace.")] = None,
    keyring: Annotated[
        bool | None,
        typer.Option(
            "--keyring/--no-keyring", help="Keep the keys in the keyring, or do not, without a question.", show_default=False
        ),
    ] = None,
    no_test: NoTest = False,
    yes: Agree = False,
) -> None:
    """Make a folder a workspace: ask what is needed, test the keys, and write importer.toml; nothing is overwritten."""
    from importer.commands.init import InitRequest, init_workspace
    from importer.commands.join import join_workspace

    given = {
        "debitura.base_url": debitura_url,
        "debbie.base_url": debbie_url,
        "debbie.tenant_id": tenant_id,
        "debbie.timezone": timezone,
        "workspace.group": group,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if join is not None:
        if values or folder != Path():
            raise UsageError("--join takes the workspace as it is. Leave the folder and the settings out.")
        join_workspace(join, _dialogue(), _say, yes=yes)
        return
    request = InitRequest(folder, values, keyring, is_tested=not no_test, yes=yes)
    raise typer.Exit(int(init_workspace(request, _dialogue(), _say)))


@setup_app.command()
def login(
    api: ApiOption = None,
    host: Host = None,
    notify: ForNotifications = False,
    no_test: NoTest = False,
    yes: Agree = False,
    config: Config = None,
) -> None:
    """Keep the keys in the keyring, asked for or read from stdin; with --host, confirm a further host."""
    from importer.commands.login import LoginRequest
    from importer.commands.login import login as keep
    from importer.commands.login_notify import login_notify

    if notify:
        _say(login_notify(_dialogue(), sys.stdin.read))
        return
    workspace = current_workspace(config)
    request = LoginRequest(api, host, is_tested=not no_test, yes=yes)
    for line in keep(request, workspace, workspace.load_settings(config), _dialogue(), sys.stdin.read):
        _say(line)


@setup_app.command()
def logout(api: ApiOption = None, host: Host = None, notify: ForNotifications = False, config: Config = None) -> None:
    """Delete the keys from the keyring; with --host, those of that host, to which no key goes any more."""
    from importer.commands.login import logout as delete
    from importer.commands.login_notify import logout_notify

    if notify:
        _say(logout_notify())
        return
    for line in delete(api, host, current_workspace(config).load_settings(config)):
        _say(line)
