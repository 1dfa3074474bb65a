"""Stray quotes and delimiters in a finance list: rows are read right, rejected or refused, never sent wrong and never lost.

``tests/proofs/strays/trial.py`` tries the same with as many lists as one likes.
"""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.stray_marks import judge, trial


@settings(max_examples=examples(20), deadline=None)
@given(st.integers(0, 2**64))
def test_no_row_is_sent_wrong_or_lost(tmp_path_factory, seed: int) -> None:
    made = trial(random.Random(seed))
    verdict = judge(made, Path(tmp_path_factory.mktemp("list")))
    assert not verdict.wrong, made.text
