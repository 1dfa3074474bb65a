"""The metrics are valid in Prometheus' text format, by a strict reader of it."""

import re
import stat

import pytest

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.notify.figures import LedgerFigures, UndecidedBatch
from importer.notify.metrics import RunFigures, metrics_text, write_metrics
from importer.notify.state import NightState, Trouble
from importer.notify.sums import Sums
from importer.workspace.progress import QuotaState

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
_SAMPLE = re.compile(rf"(?P<name>{_NAME})(?:\{{(?P<labels>{_LABEL}(?:,{_LABEL})*)\}})? (?P<value>-?[0-9.]+(?:e[+-]?[0-9]+)?)")
_ABOUT = re.compile(rf"# (?P<what>HELP|TYPE) (?P<name>{_NAME}) (?P<text>.+)")


def parsed(text):
    """The samples by name and labels. Each family is described by HELP and TYPE before its samples, and is in one place."""
    assert text.endswith("\n")
    samples, families, described = {}, [], []
    for line in text.splitlines():
        if about := _ABOUT.fullmatch(line):
            described.append((about["what"], about["name"]))
            if about["what"] == "TYPE":
                assert described[-2:] == [("HELP", about["name"]), ("TYPE", about["name"])]
                assert about["name"] not in families
                families.append(about["name"])
                assert about["text"] == "gauge"
            continue
        sample = _SAMPLE.fullmatch(line)
        assert sample, line
        assert sample["name"] == families[-1]
        key = (sample["name"], sample["labels"] or "")
        assert key not in samples
        samples[key] = float(sample["value"])
    return samples


FIGURES = LedgerFigures(
    9,
    (),
    {RowStatus.HELD: Sums({RecordKind.CASE: {"DKK": (2, 100)}}), RowStatus.ACCEPTED: Sums({RecordKind.CASE: {"DKK": (9, 1)}})},
    (UndecidedBatch(9),),
    (QuotaState("Debitura", 0, 60, "day", 100_000, 40_000, 50_000), QuotaState("Debbie", 0, 60)),
)
RUN = RunFigures(1_772_505_000.25, 3, 1_772_505_000.0, {(RecordKind.CASE, RowStatus.ACCEPTED): 1_234_567})


def test_the_figures_of_a_run():
    found = parsed(metrics_text(RUN, FIGURES, NightState(troubles={Trouble.ROWS_TO_CORRECT: "x"})))
    assert found["importer_last_run_timestamp_seconds", ""] == 1_772_505_000.25
    assert found["importer_last_success_timestamp_seconds", ""] == 1_772_505_000
    assert found["importer_last_run_exit_code", ""] == 3
    assert found["importer_last_run_rows", 'kind="case",status="accepted"'] == 1_234_567
    assert found["importer_trouble", 'trouble="rows_to_correct"'] == 1
    assert found["importer_trouble", 'trouble="bug"'] == 0
    assert found["importer_entries_open", 'kind="case",status="held"'] == 2
    assert not [labels for name, labels in found if name == "importer_entries_open" and "accepted" in labels]
    assert found["importer_batches_undecided", ""] == 1
    assert found["importer_quota_left_requests", 'api="Debitura",period="day"'] == 60_000


def test_a_run_that_could_not_read_the_ledger_and_never_succeeded():
    found = parsed(metrics_text(RunFigures(1.0, 2), None, NightState()))
    assert {name for name, _ in found} == {
        *("importer_last_run_timestamp_seconds", "importer_last_run_exit_code", "importer_trouble")
    }


def test_the_file_is_replaced_and_all_may_read_it(tmp_path):
    path = tmp_path / "importer.prom"
    for text in ("a 1\n", "a 2\n"):
        write_metrics(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["importer.prom"]
    with pytest.raises(OSError, match="No such file"):
        write_metrics(tmp_path / "missing" / "importer.prom", "a 1\n")
