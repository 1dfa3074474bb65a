"""Fixtures of all tests: no settings of the user who runs them, a workspace, and servers of both APIs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from support.fault_proxy import FaultProxy
from support.workspace import API_KEY, DATA_FOLDER, TOKEN, WORKSPACE, CliWorkspace, settings_for

from importer.sandbox import Sandbox, SandboxSettings

DATA_FOLDERS = count()


@pytest.fixture(autouse=True)
def no_personal_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Remove ``IMPORTER_*`` variables, lock the keyring, and give each test a data folder of its own and its workspace here."""
    import keyring
    import keyring.backends.null

    for name in [name for name in os.environ if name.startswith("IMPORTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    folder = f"user-data-{next(DATA_FOLDERS)}"  # else pytest would look at every folder of all tests for a free number
    monkeypatch.setenv(DATA_FOLDER, str(tmp_path_factory.mktemp(folder, numbered=False)))
    monkeypatch.setenv(WORKSPACE, ".")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", keyring.backends.null.Keyring())


@pytest.fixture
def workspace(tmp_path: Path) -> CliWorkspace:
    """A folder without any settings: no command may reach anything from here but the embedded sandbox."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return CliWorkspace(folder)


@pytest.fixture
def fake_apis() -> Iterator[Sandbox]:
    """Both APIs, with credentials that a test can search for; a case that is sent twice is there twice."""
    with Sandbox(SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="ignored")) as sandbox:
        yield sandbox


@pytest.fixture
def configured_workspace(workspace: CliWorkspace, fake_apis: Sandbox) -> CliWorkspace:
    """The workspace with settings for the servers."""
    workspace.env = settings_for(fake_apis.url)
    return workspace


@pytest.fixture
def fault_proxy(workspace: CliWorkspace, fake_apis: Sandbox) -> Iterator[FaultProxy]:
    """The workspace with settings for a proxy in front of the servers, which can inject faults."""
    with FaultProxy(fake_apis.url) as fault_proxy:
        workspace.env = settings_for(fault_proxy.url)
        yield fault_proxy


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    """The page on a workspace with no settings, called inside the process; a ``support.web.Site``."""
    from support.web import site

    with site(tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A Postgres server for all tests of this process; a ``support.postgres.PostgresServer``."""
    from support.postgres import running_server

    with running_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """The URL of a ledger in a new, empty schema."""
    return str(postgres_server.new_schema())
