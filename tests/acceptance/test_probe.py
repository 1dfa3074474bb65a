"""`importer doctor --probe` against servers that treat keys, lists and test cases in every way that is left open."""

from __future__ import annotations

import json

import pytest
from support.sheets import case, cases, write_csv
from support.workspace import API_KEY, STATES, TOKEN, settings_for

from importer.commands import probe
from importer.sandbox import Sandbox, SandboxSettings

CREDENTIALS = {"api_keys": (API_KEY,), "tokens": (TOKEN,)}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(probe, "LIST_SECONDS", 1.5)
    monkeypatch.setattr(probe, "LOOK_EVERY_SECONDS", 0.1)


def proof_in(workspace):
    ((text,),) = workspace.ledger("SELECT value FROM meta WHERE name LIKE 'proof of %'")
    return json.loads(text)


@pytest.mark.parametrize(
    ("settings", "code", "said", "proved"),
    [
        ({}, 0, "idempotency keys are heeded", {"deletes_test_cases": True}),
        ({"key_under_way": "wait", "create_seconds": 0.2}, 0, "idempotency keys are heeded", {"deletes_test_cases": True}),
        ({"key_under_way": "409", "create_seconds": 0.2}, 0, "idempotency keys are heeded", {"deletes_test_cases": True}),
        ({"idempotency": "ignored"}, 0, "idempotency keys are not heeded", {"heeded_for": None, "deletes_test_cases": True}),
        ({"list_late_seconds": 0.6}, 0, "the list of cases showed the test case 1 seconds", {"deletes_test_cases": True}),
        ({"list_test_cases": False}, 0, "the list of cases did not show the test case", {"listed_after": None}),
        (
            {"delete_test_cases": False},
            3,
            "could not be deleted. Look for the tag importer-probe-",
            {"deletes_test_cases": False},
        ),
    ],
    ids=str,
)
def test_a_probe_finds_out_how_the_server_behaves(workspace, settings, code, said, proved):
    with Sandbox(SandboxSettings(**CREDENTIALS, **settings)) as sandbox:
        workspace.env = settings_for(sandbox.url)
        done = workspace.call("doctor", "--probe")
        assert (done.code, said in done.out) == (code, True), done.out
        found = proof_in(workspace)
        assert found | proved == found
        assert len(sandbox.cases) == (0 if found["deletes_test_cases"] else 1)
        again = workspace.call("doctor")
        assert again.code == 0
        assert f"by the probe of {found['probed_at'][:10]}, " in again.out
        if "late" in str(settings):
            assert 0.5 < found["listed_after"] < 1.5


def test_waiting_proves_an_age_and_the_proof_is_used(workspace):
    with Sandbox(SandboxSettings(**CREDENTIALS)) as sandbox:
        workspace.env = settings_for(sandbox.url)
        done = workspace.call("doctor", "--probe", "--wait", "0.03")
        assert done.code == 0
        assert "it is sent once more in" in done.err
        assert proof_in(workspace)["heeded_for"] >= 1.8
        assert not sandbox.cases


def test_a_refused_probe_proves_nothing_and_says_why(workspace):
    refusals = (("Importer Probe", "MissingDebtCollectionContract"),)
    with Sandbox(SandboxSettings(**CREDENTIALS, refusals=refusals)) as sandbox:
        workspace.env = settings_for(sandbox.url)
        done = workspace.call("doctor", "--probe")
        assert done.code == 3
        assert "no test case could be created, so nothing was proved" in done.out
        assert workspace.ledger("SELECT * FROM meta WHERE name LIKE 'proof of %'") == []


def test_a_row_refused_for_an_unsigned_contract_is_accepted_once_it_is_signed(workspace):
    """The server replays the refusal that it has stored under a key, so that the row needs a new one."""
    creditor = case("C1")["creditor_company_name"]
    refusals = ((creditor, "MissingDebtCollectionContract"),)
    with Sandbox(SandboxSettings(**CREDENTIALS, refusals=refusals)) as sandbox:
        workspace.env = settings_for(sandbox.url)
        write_csv(workspace.folder / "a.csv", cases(2))
        first = workspace.call("run", "a.csv", "--yes")
        assert first.code == 3
        assert workspace.ledger(STATES) == [("case", "refused", 2)]
        assert workspace.call("run", "a.csv", "--yes").code == 3  # it is still unsigned
        sandbox.sign(creditor)
        assert workspace.call("run", "a.csv", "--yes").code == 0
        assert workspace.ledger(STATES) == [("case", "accepted", 2)]
        assert len(sandbox.cases) == 2
        known = workspace.call("run", "a.csv", "--yes")
        assert known.code == 0
        assert len(sandbox.cases) == 2
