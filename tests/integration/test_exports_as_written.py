"""Exports as systems write them, with invented rows: the right claims and nothing else, with at most three answers.

Each list in ``tests/golden/exports/systems`` lies beside its settings, answers and claims (``.toml``, written by hand) and
beside what it comes to (``.txt``): what is sent, what is left out, what is asked, and why.

    python tests/integration/test_exports_as_written.py [NAME...]

writes the texts again, of all lists or of those named. It records what the importer does; check that this is right before you
commit it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":  # run by hand: pytest puts this folder on the path
    sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest
from support.golden_exports import INPUTS, SYSTEMS, Export, result_of

MOST_ANSWERS = 3


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_an_export_sends_its_claims_and_nothing_else(path: Path, tmp_path: Path) -> None:
    export = Export.at(path)
    result = result_of(export, tmp_path)
    assert result.sent == export.claims
    assert result.is_balanced
    assert result.text == export.golden.read_text(encoding="utf-8")
    assert len(export.given()) <= MOST_ANSWERS


def test_there_are_enough_of_them_and_the_sources_of_their_headings_are_named() -> None:
    readme = (SYSTEMS / "README.md").read_text(encoding="utf-8")
    named = [line for line in readme.splitlines() if line.startswith("| `")]
    assert [path.name for path in INPUTS] == sorted(line.split("`")[1] for line in named)
    assert len(named) >= 24
    assert len({line.split("|")[2].strip() for line in named}) >= 16


if __name__ == "__main__":
    for export in map(Export.at, [SYSTEMS / name for name in sys.argv[1:]] or INPUTS):
        with tempfile.TemporaryDirectory() as folder:
            result = result_of(export, Path(folder))
        export.golden.write_text(result.text, encoding="utf-8", newline="\n")
        difference = "" if result.sent == export.claims else f"  NOT its claims: {dict(export.claims)}"
        sys.stdout.write(f"{export.path.name}: {dict(result.sent)}{difference}\n")
