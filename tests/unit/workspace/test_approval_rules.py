"""Who may approve what, and what a script requires before anything is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from importer.domain.batches import Person, Proposal
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.errors import SettingsError, UsageError
from importer.settings import ApprovalSettings, load_settings
from importer.workspace.approval import Gates, gates, how_to_approve, objection_to_approval, reasons_to_wait, unmet_gates
from importer.workspace.person import current_person

ANN, BOB, ROOT = Person("ann", "host", 1001), Person("bob", "host", 1002), Person("root", "host", 0)


def proposal(cases: int = 0, vouchers: int = 0, rejected: int = 0, left_out: int = 0, cents: int = 100) -> Proposal:
    of_cases = {RowStatus.PENDING: cases, RowStatus.REJECTED: rejected, RowStatus.LEFT_OUT: left_out}
    found = {status: {"DKK": (rows, rows * cents)} for status, rows in of_cases.items() if rows}
    pending = {RowStatus.PENDING: {"DKK": (vouchers, vouchers * cents)}} if vouchers else {}
    return Proposal({RecordKind.CASE: found, RecordKind.VOUCHER: pending}, "0")


@pytest.mark.parametrize(
    ("wanted", "found", "words"),
    [
        (gates(), [proposal(3)], []),
        (gates(confirm=3), [proposal(2), proposal(1, 9)], []),
        (gates(confirm=3), [proposal(2)], ["--confirm expects 3 cases to be sent, and there are 2"]),
        (gates(confirm=9), [proposal(vouchers=9)], []),
        (gates(max_rejected="5%"), [proposal(19, rejected=1)], []),
        (gates(max_rejected="5 %"), [proposal(18, rejected=2)], ["--max-rejected allows 5% of the rows to be rejected"]),
        (gates(max_rejected="0%"), [proposal(999, rejected=1)], ["1 of 1,000 (0.1%)"]),
        (gates(max_dropped="50%"), [proposal(1, left_out=2)], ["--max-dropped allows 50% of the rows to be left out"]),
        (gates(max_dropped="50%"), [proposal()], []),
    ],
)
def test_gates(wanted: Gates, found: list[Proposal], words: list[str]) -> None:
    unmet = unmet_gates(wanted, found)
    assert len(unmet) == len(words)
    assert all(word in text for word, text in zip(words, unmet, strict=True))


@pytest.mark.parametrize("text", ["5", "101%", "-1%", "", "many"])
def test_a_share_is_written_in_percent(text: str) -> None:
    with pytest.raises(UsageError, match="--max-rejected 5%"):
        gates(max_rejected=text)


@pytest.mark.parametrize(
    ("rules", "asked", "unusual", "count"),
    [
        (ApprovalSettings(), False, ["half as much again"], 0),
        (ApprovalSettings(required="unusual"), False, [], 0),
        (ApprovalSettings(required="unusual"), False, ["half as much again"], 1),
        (ApprovalSettings(required="always"), False, [], 1),
        (ApprovalSettings(required="always"), True, [], 0),
        (ApprovalSettings(above={"DKK": Decimal(3)}), False, [], 0),
        (ApprovalSettings(above={"DKK": Decimal("2.99")}), False, [], 1),
        (ApprovalSettings(above={"DKK": Decimal("2.99")}), True, [], 0),
        (ApprovalSettings(four_eyes=True), True, [], 1),
        (ApprovalSettings(four_eyes=True), False, [], 1),
    ],
)
def test_what_waits_for_an_approval(rules: ApprovalSettings, *, asked: bool, unusual: list[str], count: int) -> None:
    assert len(reasons_to_wait(rules, [proposal(2), proposal(1)], unusual, asked=asked)) == count


@pytest.mark.parametrize(
    ("approver", "stager", "words"),
    [
        (BOB, ANN, None),
        (ANN, ANN, "ann has staged it"),
        (Person("Ann", "laptop", 5001), ANN, "has staged it"),
        (ROOT, ANN, "a user of the system"),
        (Person("www-data", "host", 33), ANN, "a user of the system"),
        (Person("nobody", "host", 65534), ANN, "a user of the system"),
        (Person("unknown", "host", 2001), ANN, "has no name"),
    ],
)
def test_four_eyes(approver: Person, stager: Person, words: str | None) -> None:
    found = objection_to_approval(ApprovalSettings(four_eyes=True), approver, stager)
    assert found is None if words is None else words in (found or "")
    assert objection_to_approval(ApprovalSettings(), approver, stager) is None


def test_a_person_is_not_told_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    before = current_person()
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert current_person() == before


def test_what_can_be_done_is_said_for_one_batch_and_for_several() -> None:
    assert how_to_approve([3]).startswith("Batch 3 was staged: `importer approve 3` shows it")
    assert how_to_approve([3, 4]).startswith("Batches 3, 4 were staged: `importer approve 3` and `importer approve 4` show them")


def test_wrong_rules_are_named(tmp_path) -> None:
    file = tmp_path / "importer.toml"
    file.write_text("[approval]\nrequired = 'sometimes'\n")
    with pytest.raises(SettingsError, match=r"approval\.required"):
        load_settings(file)
