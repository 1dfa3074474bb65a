"""Settings that make no sense are refused in one sentence."""

from __future__ import annotations

from dataclasses import fields

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
        {"key_under_way": "both"},
        {"page_member": "data"},
        {"duplicate_type": "Duplicate"},
        {"key_valid_seconds": -1},
        {"create_seconds": float("nan")},
        {"list_late_seconds": float("inf")},
        {"case_known_seconds": -0.1},
        {"clock_offset_seconds": float("nan")},
        {"clock_offset_seconds": 1e12},
        {"refusals": (("Nordlys", "Blocked"),)},
        {"refusals": ((" ", "CreditorBlocked"),)},
        {"refusals": ("Nordlys",)},
        {"refusals": "Nordlys"},
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


def test_every_setting_says_what_it_means():
    assert all(one.metadata["meaning"].endswith(".") for one in fields(SandboxSettings))
