"""The lock file has a version of every dependency of the project, and each is one that the project allows."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
LINES = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PINS = [line for line in LINES if not line.startswith("#")]
LOCKED = dict(pin.split("==") for pin in PINS)


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_the_locked_version_of_a_dependency_is_allowed(dependency):
    wanted = Requirement(dependency)
    assert wanted.specifier.contains(LOCKED[canonicalize_name(wanted.name)], prereleases=True)


def test_the_lock_file_has_sorted_exact_versions_and_nothing_else():
    assert [pin.split("==")[0] for pin in PINS] == sorted(LOCKED)
