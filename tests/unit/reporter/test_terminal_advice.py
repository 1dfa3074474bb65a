"""What the report on the terminal advises: commands that can be pasted, and reasons up to their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from importer.domain.kinds import QuestionKind
from importer.reporter.terminal import _answers, _counted


@dataclass(frozen=True)
class Batch:
    cases_account: str
    id: int = 1


@pytest.mark.parametrize(("account", "ending"), [("sandbox", " --sandbox`"), ("debitura:https://a.example:1", "`")])
def test_each_answer_is_a_command_of_its_own(account: str, ending: str) -> None:
    batch: Any = Batch(account)
    sent, dropped = (line.strip() for line in _answers(batch, QuestionKind.CREDITS, 3))
    assert sent == f"all at once: `importer resolve --batch 1 --kind credits --send --confirm 3{ending}"
    assert dropped == f"all at once: `importer resolve --batch 1 --kind credits --drop --confirm 3{ending}"


def test_a_long_reason_keeps_its_advice() -> None:
    lines = _counted(4, "Beløb " + "is not known and " * 14 + "write send in #answer")
    assert len(lines) > 1
    assert lines[0].startswith("       4 × Beløb is")
    assert lines[-1].endswith("write send in #answer")
    assert max(map(len, lines)) <= 161
