"""Settings that make no sense are refused in one sentence."""

from __future__ import annotations

import pytest

from importer.errors import SettingsError
from importer.sandbox import DOCUMENTED_LIMITS, SandboxSettings


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "0.0.0.0"},
        {"host": "example.com"},
        {"host": "192.168.1.5"},
        {"port": -1},
        {"port": 65536},
        {"partner_id": "me"},
        {"error_shape": "round"},
        {"idempotency": "maybe"},
        {"case_id_from": "name"},
        {"repeat": "418"},
        {"extra_voucher_types": ("invoice",)},
        {"limits": ((0, 60, "sliding"),)},
        {"limits": ((1, 0, "sliding"),)},
        {"debbie_limits": ((1, 60, "rolling"),)},
    ],
)
def test_wrong_settings(changes):
    with pytest.raises(SettingsError, match=r"^[^\n]+[.]$"):
        SandboxSettings(**changes)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "localhost", "::1"])
def test_loopback_hosts(host):
    assert SandboxSettings(host=host, limits=DOCUMENTED_LIMITS).host == host
