"""The exception tree: what the user can do about it, and the exit code that goes with that."""

from __future__ import annotations

import inspect

import pytest

from importer import errors
from importer.errors import ExitCode, ImporterError

CODES = {
    "UsageError": 2,
    "SettingsError": 2,
    "ProfileError": 2,
    "Declined": 130,
    "LedgerError": 2,
    "LedgerHeld": 75,
    "FileRefused": 4,
    "HeadingsRefused": 4,
    "EncodingUnclear": 4,
    "FileUnreachable": 4,
    "ApprovalNeeded": 8,
    "ApiStopped": 5,
    "QuotaReached": 7,
}
CLASSES = {name: found for name, found in vars(errors).items() if inspect.isclass(found) and issubclass(found, ImporterError)}


def test_every_exception_has_its_exit_code():
    assert {name: int(found.exit_code) for name, found in CLASSES.items()} == CODES | {"ImporterError": 1}


def test_the_tree_in_the_docstring_is_the_tree():
    lines = errors.__doc__.splitlines()
    drawn = {name for name in CLASSES if any(line.lstrip("│├└─ ").startswith(name) for line in lines)}
    assert drawn == set(CLASSES)
    for name, code in CODES.items():
        line = next(line for line in lines if line.lstrip("│├└─ ").startswith(name))
        assert "(exit" not in line or f"(exit {code})" in line


@pytest.mark.parametrize("code", ExitCode)
def test_exit_codes_fit_into_a_byte_and_are_their_own(code):
    assert 0 <= code <= 255
    assert [other for other in ExitCode if other == code] == [code]
