"""What every test can count on: no settings of whoever runs it, a desk to work at, and vendors that play along."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.fault_proxy import Relay
from support.workspace import API_KEY, TOKEN, Desk, settings_for

from importer.sandbox import Sandbox, SandboxSettings


@pytest.fixture(autouse=True)
def no_settings_of_mine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove ``IMPORTER_*`` variables and lock the keyring."""
    import keyring
    import keyring.backends.null

    for name in [name for name in os.environ if name.startswith("IMPORTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", keyring.backends.null.Keyring())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder without any settings: no command may reach anything from here but the embedded sandbox."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder)


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Both APIs, with credentials that a test can search for."""
    with Sandbox(SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,))) as sandbox:
        yield sandbox


@pytest.fixture
def live(desk: Desk, vendors: Sandbox) -> Desk:
    """The desk with settings for the vendors."""
    desk.live = settings_for(vendors.url)
    return desk


@pytest.fixture
def relay(desk: Desk, vendors: Sandbox) -> Iterator[Relay]:
    """The desk with settings for a relay in front of the vendors."""
    with Relay(vendors.url) as relay:
        desk.live = settings_for(relay.url)
        yield relay
