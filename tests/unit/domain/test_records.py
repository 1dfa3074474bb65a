# ruff: noqa: DTZ001  (cells of a sheet have no time zone)
from __future__ import annotations

import hashlib
import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.cells import decode_cells, encode_cells
from importer.domain.identity import fingerprint
from importer.domain.reasons import Reason, reasons_from_json, reasons_to_json
from importer.domain.records import describe_wire


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason("c", "is wrong. Mend it", "due_date", "Due", "31/31"), 'Due "31/31" is wrong. Mend it'),
        (Reason("c", "is missing. Fill it in", "due_date", "Due"), "Due is missing. Fill it in"),
        (Reason("c", "is missing. Fill it in", "due_date"), "due_date is missing. Fill it in"),
        (Reason("c", "The row is wrong."), "The row is wrong."),
    ],
)
def test_a_reason_names_column_value_and_what_to_do(reason, text) -> None:
    assert reason.text() == text


def test_reasons_survive_the_ledger() -> None:
    reasons = (Reason("a", "går ikke. Ret den", "date", "Dato", "æ"), Reason("b", "x"))
    assert reasons_from_json(reasons_to_json(reasons)) == reasons
    assert reasons_from_json(None) == ()


_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(min_value=timedelta(days=-999), max_value=timedelta(days=999)).map(lambda t: timedelta(seconds=t.seconds)),
)


@given(st.lists(_CELLS).map(tuple))
def test_raw_cells_come_back_as_they_were(cells) -> None:
    back = decode_cells(encode_cells(cells))
    assert back == cells
    assert [type(c) for c in back] == [type(c) for c in cells]


def test_a_cell_that_json_cannot_hold_becomes_text() -> None:
    assert decode_cells(encode_cells((Decimal("1.50"),))) == ("1.50",)
    assert math.isnan(decode_cells(encode_cells((math.nan,)))[0])


def test_cells_are_written_as_pythons_encoder_writes_them() -> None:
    """Existing ledgers contain such cells; error cells are subclasses of str."""
    marked = type("Marked", (str,), {})("#N/A")
    plain = (None, True, False, 0, -7, 10**20, 1.5, 1e22, math.inf, -0.0, "", 'é"\\\n\x1f\u2028😀', marked)
    assert encode_cells(plain) == json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    assert encode_cells((date(2026, 1, 31),)) == '[{"date":"2026-01-31"}]'
    assert encode_cells(()) == "[]"


def test_dates_times_and_moments_stay_apart() -> None:
    cells = (date(2026, 1, 31), datetime(2026, 1, 31), time(12, 30), timedelta(hours=30))
    assert decode_cells(encode_cells(cells)) == cells


def test_a_fingerprint_depends_on_the_values_and_their_order_alone() -> None:
    assert fingerprint("a", {"x": 1, "y": 2}) == fingerprint("a", {"y": 2, "x": 1})
    assert len({fingerprint("a", "b"), fingerprint("b", "a"), fingerprint("ab"), fingerprint("a", None), fingerprint("a")}) == 5
    # The keys in every ledger depend on it, so that it must never change.
    assert fingerprint("case", "C-1", "é", 1, None) == "bdd0cfa93cf8dbdfeff4c77a365de9fd0fba9d4d"


def test_a_payload_by_dotted_paths() -> None:
    assert describe_wire(b'{"a":1,"debtor":{"name":"x"},"list":[{"b":2}]}') == {"a": 1, "debtor.name": "x", "list": [{"b": 2}]}


@given(st.lists(st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_fingerprint_is_that_of_the_parts_as_json(parts) -> None:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    assert fingerprint(*parts) == hashlib.sha256(text.encode()).hexdigest()[:40]
