"""Signs of life for systemd."""

import socket
import sys

import pytest

from importer.worker.watchdog import ALIVE, tell_systemd

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no systemd")


def test_a_sign_of_life_is_sent_to_the_socket_that_systemd_names(tmp_path, monkeypatch):
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(place))
        monkeypatch.setenv("NOTIFY_SOCKET", str(place))
        tell_systemd(ALIVE)
        assert systemd.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("place", ["", "/nowhere/at/all"])
def test_without_systemd_nothing_happens(place, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", place)
    tell_systemd(ALIVE)
