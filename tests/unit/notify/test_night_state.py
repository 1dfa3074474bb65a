import json
import stat

import pytest

from importer.domain.file_access import OWNER_ALONE
from importer.domain.kinds import RecordKind
from importer.notify.state import BatchMark, ExpectationMark, NightState, Trouble, Undelivered
from importer.notify.state_file import StateFile
from importer.notify.sums import NOTHING, Sums

SUMS = Sums({RecordKind.CASE: {"DKK": (2, 30_000), "EUR": (1, 5)}, RecordKind.VOUCHER: {"DKK": (1, 100)}})
FULL = NightState(
    troubles={Trouble.DOUBTS: "2026-03-03T02:30:00.000000Z", Trouble.ROWS_TO_CORRECT: "2026-03-02T02:30:00.000000Z"},
    marks={7: BatchMark(SUMS, NOTHING, SUMS, 3)},
    newest_batch=9,
    approvals=frozenset({8, 4}),
    refused={"": "", "in/a.csv": "in/failed/a.csv"},
    kept_out=1,
    doubts=SUMS,
    waiting=SUMS,
    expected={"": ExpectationMark("a", "b", "c"), "visma": ExpectationMark()},
    exit_code=6,
    last_success="2026-03-01T02:30:00.000000Z",
    last_summary="2026-03-01T06:30:00.000000Z",
    undelivered=(Undelivered("title", "text", "warning", ("digest",), ("errors.xlsx",)),),
    tried_at="2026-03-03T02:30:00.000000Z",
)


@pytest.fixture
def file(tmp_path):
    return StateFile(tmp_path / "ledger.night.json", OWNER_ALONE, lambda: NightState(newest_batch=5))


def test_what_is_stored_is_read_again():
    assert NightState.from_json(FULL.as_json()) == FULL
    assert NightState.from_json(NightState().as_json()) == NightState()


def test_the_first_state_is_written_once(file, tmp_path):
    file.begin()
    assert file.read() == NightState(newest_batch=5)
    file.change(lambda _: (FULL, None))
    file.begin()
    assert file.read() == FULL
    assert stat.S_IMODE((tmp_path / "ledger.night.json").stat().st_mode) == 0o600
    assert file.warning is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "\x00",
        '{"version": 2}',
        json.dumps({"version": 1}),
        FULL.as_json().replace('"marks"', '"m"'),
        FULL.as_json().replace('"exit_code": 6', '"exit_code": 99'),
    ],
)
def test_a_file_that_cannot_be_read_is_said_and_replaced(file, tmp_path, text):
    (tmp_path / "ledger.night.json").write_text(text, encoding="utf-8")
    assert file.change(lambda state: (FULL, state)) == NightState(newest_batch=5)
    assert "ledger.night.json cannot be read" in file.warning
    assert file.read() == FULL


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    file = StateFile(tmp_path / "missing" / "ledger.night.json", OWNER_ALONE, NightState)
    assert file.change(lambda _: (FULL, 7)) == 7
    assert "cannot be written" in file.warning


def test_sums():
    assert SUMS.text() == "3 cases (DKK 300.00, EUR 0.05) and 1 voucher (DKK 1.00)"
    assert SUMS.count_text() == "3 cases and 1 voucher"
    assert NOTHING.text() == NOTHING.count_text() == "no rows"
    assert Sums({RecordKind.CASE: {"unknown": (1, 0)}}).text() == "1 case"
    assert Sums.total([SUMS, SUMS]).text() == "6 cases (DKK 600.00, EUR 0.10) and 2 vouchers (DKK 2.00)"
    grown = Sums({RecordKind.CASE: {"DKK": (3, 45_000)}, RecordKind.VOUCHER: {"EUR": (1, 7)}})
    assert grown.beyond(SUMS).text() == "1 case (DKK 150.00) and 1 voucher (EUR 0.07)"
    assert SUMS.beyond(SUMS) == NOTHING
    assert SUMS.as_json() == {
        "cases": {"rows": 3, "totals": {"DKK": "300.00", "EUR": "0.05"}},
        "vouchers": {"rows": 1, "totals": {"DKK": "1.00"}},
    }
