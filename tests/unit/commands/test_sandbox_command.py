"""``importer sandbox --set``: every setting that has no option of its own, read by its kind."""

from __future__ import annotations

from dataclasses import fields

import pytest

from importer.commands.sandbox import described_settings, sandbox_settings, settable, welcome
from importer.errors import SettingsError
from importer.sandbox import SandboxSettings


def chosen(*items):
    return sandbox_settings(0, None, None, limits=False, chosen=items)


def test_settings_are_read_by_their_kind():
    read = chosen(
        "idempotency=ignored",
        "list_test_cases=no",
        "unique_references=Yes",
        "list_late_seconds=2.5",
        "max_body_bytes=1000",
        "company_name=A=B",
        "known_cases=a",
        "known_cases=b, c",
        "refusals=Nordlys: Energi A/S:MissingKycVerification",
        "refusals=Other:CreditorBlocked",
    )
    assert read == SandboxSettings(
        idempotency="ignored",
        list_test_cases=False,
        unique_references=True,
        list_late_seconds=2.5,
        max_body_bytes=1000,
        company_name="A=B",
        known_cases=("a", "b, c"),
        refusals=(("Nordlys: Energi A/S", "MissingKycVerification"), ("Other", "CreditorBlocked")),
    )


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("idempotency", "--set idempotency names no setting"),
        ("whatever=1", "--set whatever=1 names no setting"),
        ("port=1", "--set port=1 names no setting"),
        ("idempotency=maybe", "use one of honoured, ignored"),
        ("list_test_cases=maybe", "give yes or no"),
        ("list_late_seconds=soon", "give a number such as 0"),
        ("max_body_bytes=1.5", "give a number such as 33554432"),
        ("refusals=Nordlys", "use .creditor, type. with one of MissingDebtCollectionContract"),
        ("list_late_seconds=-1", "use a number of at least 0"),
    ],
)
def test_what_cannot_be_set_is_said(item, said):
    with pytest.raises(SettingsError, match=said):
        chosen(item)


def test_every_setting_has_an_option_or_can_be_set_and_is_described():
    names = {one.name for one in fields(SandboxSettings)}
    assert names - settable().keys() == {"port", "data_file", "limits", "faults", "debbie_limits", "data_access"}
    described = described_settings()
    assert all(f"{name}=" in described for name in settable())


def test_the_credentials_that_are_shown_are_those_in_force():
    shown = welcome("http://127.0.0.1:1", chosen("api_keys=mine", "tokens=ours"))
    assert "IMPORTER_DEBITURA__API_KEY=mine" in shown
    assert "IMPORTER_DEBBIE__TOKEN=ours" in shown
