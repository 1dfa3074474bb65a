"""Fault plans: what is read, what is refused, what is decided."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import SettingsError
from importer.sandbox.fault_plan import ABSURD_RETRY_AFTER, Endpoint, Fault, FaultKind, FaultPlan


def decisions(plan, endpoint, count=200):
    return [plan.decide(endpoint, nth) for nth in range(1, count + 1)]


@given(seed=st.integers(0, 10**6), rate=st.floats(0, 1))
def test_a_plan_decides_the_same_whenever_asked(seed, rate):
    plan = FaultPlan.parse({"seed": seed, "rate": rate})
    forwards = decisions(plan, Endpoint.CASES, 30)
    backwards = [FaultPlan.parse({"seed": seed, "rate": rate}).decide(Endpoint.CASES, nth) for nth in range(30, 0, -1)]
    assert forwards == backwards[::-1]


def test_rate_hits_about_its_share_and_only_its_paths():
    plan = FaultPlan.parse({"seed": 7, "rate": 0.2, "kinds": ["reset_after", "500_before"], "paths": ["cases"]})
    hits = [fault for fault in decisions(plan, Endpoint.CASES, 2000) if fault]
    assert 300 < len(hits) < 500
    assert {fault.kind for fault in hits} == {FaultKind.RESET_AFTER, FaultKind.ERROR_BEFORE}
    assert not any(decisions(plan, Endpoint.VOUCHERS))


def test_seeds_differ_and_endpoints_differ():
    plan, other = (FaultPlan.parse({"seed": seed, "rate": 0.5, "paths": ["cases", "list"]}) for seed in (1, 2))
    assert decisions(plan, Endpoint.CASES) != decisions(other, Endpoint.CASES)
    assert [bool(fault) for fault in decisions(plan, Endpoint.CASES)] != [bool(fault) for fault in decisions(plan, Endpoint.LIST)]


def test_without_kinds_every_survivable_fault_happens_where_it_can():
    plan = FaultPlan.parse({"rate": 1})
    cases = {fault.kind for fault in decisions(plan, Endpoint.CASES, 500)}
    lists = {fault.kind for fault in decisions(plan, Endpoint.LIST, 500)}
    assert cases == set(FaultKind) - {FaultKind.REVOKED, FaultKind.REDIRECT, FaultKind.CLOSE_ON_ACCEPT, FaultKind.SLOW_LIST}
    assert FaultKind.SLOW_LIST in lists
    assert not lists & {FaultKind.LATE_LIST, FaultKind.NO_ID}


def test_script_steps_and_sequences():
    plan = FaultPlan.parse(
        '[{"on": "cases", "nth": 3, "kind": "hang_after", "seconds": 2},'
        ' {"on": "list", "nth": 2, "times": 2, "kind": "429", "retry_after": 7},'
        ' {"on": "files", "sequence": ["ok", "500_after", null, "truncated"]}]'
    )
    assert decisions(plan, Endpoint.CASES, 4) == [None, None, Fault(FaultKind.HANG_AFTER, 2.0, 1.0), None]
    assert [fault and fault.retry_after for fault in decisions(plan, Endpoint.LIST, 4)] == [None, 7, 7, None]
    assert [fault and fault.kind for fault in decisions(plan, Endpoint.FILES, 5)] == [
        None, FaultKind.ERROR_AFTER, None, FaultKind.TRUNCATED, None,
    ]  # fmt: skip


def test_a_step_wins_over_the_rate():
    plan = FaultPlan.parse({"rate": 1, "kinds": ["500_before"], "script": [{"on": "cases", "nth": 2, "kind": "non_json"}]})
    assert [fault.kind for fault in decisions(plan, Endpoint.CASES, 3)] == ["500_before", "non_json", "500_before"]


def test_absurd_waits_vary():
    plan = FaultPlan.parse({"rate": 1, "kinds": ["429_absurd"]})
    waits = [fault.retry_after for fault in decisions(plan, Endpoint.CASES)]
    assert {json.dumps(wait) for wait in waits} == {json.dumps(wait) for wait in ABSURD_RETRY_AFTER}


def test_late_listing_is_drawn_apart():
    plan = FaultPlan.parse({"late_rate": 0.5, "late_seconds": 3})
    late = [plan.listed_late(nth) for nth in range(1, 101)]
    assert 30 < sum(late) < 70
    assert not any(decisions(plan, Endpoint.CASES))
    assert not any(FaultPlan().listed_late(nth) for nth in range(1, 101))


@pytest.mark.parametrize("nothing", [None, {}, [], "null", "{}"])
def test_no_plan_means_no_faults(nothing):
    assert not any(decisions(FaultPlan.parse(nothing), Endpoint.CASES))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("{", "not JSON"),
        (7, "object or a list"),
        ({"rat": 0.2}, "no setting 'rat'"),
        ({"rate": 2}, "from 0 to 1"),
        ({"rate": "0.2"}, "from 0 to 1"),
        ({"rate": True}, "from 0 to 1"),
        ({"late_rate": -1}, "from 0 to 1"),
        ({"seed": 1.5}, "whole number"),
        ({"hang_seconds": -1}, "at least 0"),
        ({"hang_seconds": float("inf")}, "at least 0"),
        ({"kinds": "429"}, "give a list"),
        ({"kinds": ["rset"]}, "Unknown fault 'rset'"),
        ({"kinds": [["429"]]}, "Unknown fault"),
        ({"kinds": ["401_from"]}, "script"),
        ({"paths": ["case_list"]}, "'case_list'"),
        ({"script": {}}, "give a list"),
        (["x"], "step"),
        ([{"on": "cases"}], "Unknown fault None"),
        ([{"kind": "429"}], "None"),
        ([{"on": "cases", "kind": "429", "nth": 0}], "at least 1"),
        ([{"on": "cases", "kind": "429", "from": 3}], "no setting 'from'"),
        ([{"on": "cases", "kind": "slow_list"}], "cannot happen on cases"),
        ([{"on": "connections", "kind": "reset_after"}], "cannot happen on connections"),
        ([{"on": "cases", "sequence": "429"}], "give a list"),
        ([{"on": "cases", "sequence": [], "nth": 1}], "no setting 'nth'"),
        ({"redirect_to": "elsewhere"}, "URL"),
    ],
)
def test_a_wrong_plan_is_refused_in_one_sentence(plan, words):
    with pytest.raises(SettingsError, match=r"^[^\n]+[.]$") as refusal:
        FaultPlan.parse(plan)
    assert words in str(refusal.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(list(FaultKind)),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["rate", "kinds", "script", "on", "kind", "nth", "sequence"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_value_is_a_plan_or_a_settings_error(value):
    try:
        plan = FaultPlan.parse(value)
    except SettingsError:
        return
    plan.decide(Endpoint.CASES, 1)
