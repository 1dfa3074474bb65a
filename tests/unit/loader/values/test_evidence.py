"""Tests of the evidence from a column: no way of reading is decided that the texts do not prove."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.loader.values.amounts import read_money
from importer.loader.values.dates import read_date
from importer.loader.values.evidence import Certainty, FormatDecision, MarkEvidence, OrderEvidence, Sighting
from importer.loader.values.formats import DateOrder, Formats
from importer.loader.values.text import ValueProblem

DAY, MONTH, YEAR = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST, DateOrder.YEAR_FIRST
LAST_YEAR = 2036


def mark(*texts: str) -> FormatDecision:
    evidence = MarkEvidence()
    for row, text in enumerate(texts, 2):
        evidence.see(row, text)
    return evidence.decision()


def order(*texts: str) -> FormatDecision:
    evidence = OrderEvidence(LAST_YEAR)
    for row, text in enumerate(texts, 2):
        evidence.see(row, text)
    return evidence.decision()


@pytest.mark.parametrize(
    ("texts", "proof"),
    [
        (("1.234", "1.234,50"), Sighting(3, "1.234,50")),
        (("1.234", "12,5"), Sighting(3, "12,5")),
        (("1.234.567", "1.234"), Sighting(2, "1.234.567")),
        (("kr. 1.234", "kr. 99,95"), Sighting(3, "kr. 99,95")),
        (("1.234", "5.000,-"), Sighting(3, "5.000,-")),
        (("1.234", "1234,5678"), Sighting(3, "1234,5678")),
        (("1.234", "0,125"), Sighting(3, "0,125")),
    ],
)
def test_a_mark_that_one_text_proves_holds_for_the_column(texts, proof) -> None:
    found = mark(*texts)
    assert (found.certainty, found.way, found.proof) == (Certainty.DECIDED, ",", (proof,))
    assert found.question is not None
    assert found.question.text in {"1.234", "kr. 1.234"}
    mirrored = mark(*(text.translate(str.maketrans(".,", ",.")) for text in texts if "kr" not in text))
    assert mirrored.way in (".", None)


@pytest.mark.parametrize(
    "texts",
    [
        *((), ("1.234",), ("1,234",), ("1.234", "1,234"), ("1000", "0", "1 234"), ("total", "1.2.3", "5.", "ca. 1.234,50")),
        ("1.234,50,7", "#N/A", "1.234.-", "5.50 hr", "31.01.2026"),
    ],
)
def test_texts_that_can_be_read_both_ways_or_in_none_prove_nothing(texts) -> None:
    assert mark(*texts).certainty is Certainty.UNDECIDED


def test_two_marks_contradict_each_other_with_both_rows_named() -> None:
    found = mark("1.234", "1.234,50", "7", "1,234.50", "0,5")
    assert (found.certainty, found.way) == (Certainty.CONTRADICTORY, None)
    assert found.proof == (Sighting(3, "1.234,50"), Sighting(5, "1,234.50"))


@pytest.mark.parametrize(
    ("texts", "way", "proof"),
    [
        (("03/04/2026", "31/01/2026"), DAY, "31/01/2026"),
        (("03/04/2026", "01/31/2026"), MONTH, "01/31/2026"),
        (("03.04.26", "31.01.26"), DAY, "31.01.26"),
        (("03-04-26", "31-01-2026"), DAY, "31-01-2026"),
        (("03-04-26", "15-03-85"), DAY, "15-03-85"),
        (("03-04-26", "85-03-15"), YEAR, "85-03-15"),
        (("3/4-2026", "31/1-2026"), DAY, "31/1-2026"),
    ],
)
def test_an_order_that_one_text_proves_holds_for_the_column(texts, way, proof) -> None:
    found = order(*texts)
    assert (found.certainty, found.way) == (Certainty.DECIDED, way)
    assert proof in {sighting.text for sighting in found.proof}
    assert found.question == Sighting(2, texts[0])


@pytest.mark.parametrize(
    "texts",
    [
        *((), ("03/04/2026", "12/12/2026"), ("31.02.2026", "30/30/2026"), ("2026-01-31", "31. jan 2026", "Total")),
        ("31-01-26", "30-12-25"),  # day first, or year first
    ],
)
def test_dates_that_fit_more_than_one_order_or_none_prove_nothing(texts) -> None:
    assert order(*texts).certainty is Certainty.UNDECIDED


def test_two_orders_contradict_each_other_with_both_rows_named() -> None:
    found = order("03/04/2026", "31/01/2026", "01/31/2026", "30/12/2026")
    assert found.certainty is Certainty.CONTRADICTORY
    assert found.proof == (Sighting(3, "31/01/2026"), Sighting(4, "01/31/2026"))


def test_two_rows_together_may_prove_what_neither_does_alone() -> None:
    found = order("31-01-26", "15-03-85")
    assert (found.certainty, found.way) == (Certainty.DECIDED, DAY)


@pytest.mark.parametrize(
    ("texts", "days", "suspect"),
    [
        (["31/01/2026"], [date(2026, 3, 4)], True),
        (["01/31/2026"], [date(2026, 3, 4)], True),
        (["31/01/2026", "28/02/2026"], [date(2026, 3, 4), date(2026, 12, 12)], True),
        (["31/01/2026"], [], False),
        ([], [date(2026, 3, 4)], False),
        (["31/01/2026"], [date(2026, 3, 4), date(2026, 3, 13)], False),  # nobody swapped this one
        (["31/01/2026", "03/04/2026"], [date(2026, 3, 4)], False),  # nobody made a date of this text
        (["31/01/2026", "01/31/2026"], [date(2026, 3, 4)], False),  # a contradiction of its own
        (["soon"], [date(2026, 3, 4)], False),
    ],
)
def test_date_cells_are_suspect_only_where_every_text_is_what_the_wrong_language_leaves(texts, days, suspect) -> None:
    evidence = OrderEvidence(LAST_YEAR)
    for row, text in enumerate(texts, 2):
        evidence.see(row, text)
    for day in days:
        evidence.see_day(day)
    assert (evidence.swapped_beside() is not None) is suspect


ORDERS = {DAY: "{d:02}{s}{m:02}{s}{y}", MONTH: "{m:02}{s}{d:02}{s}{y}"}
DAYS = st.dates(min_value=date(LAST_YEAR - 99, 1, 1), max_value=date(LAST_YEAR, 12, 31))


def outcome(read: Callable[[str, Formats], Any], text: str, formats: Formats) -> object:
    """Return the value of a text, or the code of the reason against it."""
    try:
        return read(text, formats)
    except ValueProblem as problem:
        return problem.code


@given(st.lists(DAYS, min_size=1), st.sampled_from([DAY, MONTH]), st.sampled_from("./-"), st.booleans())
def test_dates_written_in_one_order_are_read_as_themselves_or_not_at_all(days, written, separator, short) -> None:
    texts = [
        ORDERS[written].format(d=day.day, m=day.month, s=separator, y=f"{day.year % 100:02}" if short else day.year)
        for day in days
    ]
    found = order(*texts)
    assert found.certainty is not Certainty.CONTRADICTORY
    assert found.way in (written, None)
    for day, text in zip(days, texts, strict=True):
        assert outcome(read_date, text, Formats(order=found.way, last_year=LAST_YEAR)) in (
            (day,) if found.way else (day, "date_order_unknown")
        )


@given(st.lists(DAYS, min_size=1))
def test_short_years_in_front_are_read_as_themselves_or_not_at_all(days) -> None:
    texts = [day.strftime("%y-%m-%d") for day in days]
    found = order(*texts)
    assert found.way in (YEAR, None)
    assert found.certainty is not Certainty.CONTRADICTORY
    for day, text in zip(days, texts, strict=True):
        if found.way:
            assert read_date(text, Formats(order=found.way, last_year=LAST_YEAR)) == day


AMOUNTS = st.decimals(min_value=Decimal("-9999999999999.99"), max_value=Decimal("9999999999999.99"), places=2)
WRITINGS = [(group, decimal) for decimal in ".," for group in ("", " ", "'", "\u00a0", {".": ",", ",": "."}[decimal])]


@given(
    st.lists(st.tuples(AMOUNTS, st.sampled_from(["{:,.2f}", "{:,.1f}", "{:,.0f}"])), min_size=1),
    st.sampled_from(WRITINGS),
    st.sampled_from(["{}", "{} kr", "kr. {}", "DKK {}"]),
)
def test_amounts_written_in_one_way_are_read_as_themselves_or_not_at_all(amounts, writing, unit) -> None:
    group, decimal = writing
    values = [Decimal(form.format(amount).replace(",", "")) for amount, form in amounts]
    texts = [unit.format(form.format(amount).translate(str.maketrans({",": group, ".": decimal}))) for amount, form in amounts]
    found = mark(*texts)
    assert found.certainty is not Certainty.CONTRADICTORY
    assert found.way in (decimal, None)
    for value, text in zip(values, texts, strict=True):
        assert outcome(read_money, text, Formats(proven_decimal=found.way)) in (
            (value,) if found.way else (value, "decimal_mark_unknown")
        )


@given(st.lists(st.text(alphabet="0123456789.,'- ()kr", max_size=12)))
def test_evidence_of_any_texts_is_what_some_of_them_alone_say(texts) -> None:
    found = mark(*texts)
    alone = {decision.way for text in texts if (decision := mark(text)).way}
    assert found.certainty is {0: Certainty.UNDECIDED, 1: Certainty.DECIDED, 2: Certainty.CONTRADICTORY}[len(alone)]
    assert found.way == (alone.pop() if len(alone) == 1 else None)
