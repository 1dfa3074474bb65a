"""The figures of the last run as a text file for Prometheus, read by the textfile collector of its node exporter."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.notify.figures import LedgerFigures
from importer.notify.state import NightState, Trouble

Labels = Mapping[str, str]
Sample = tuple[Labels, float]


@dataclass(frozen=True)
class RunFigures:
    """The figures of the last run: when it ended (seconds of the epoch), and the rows of its batches by kind and status."""

    ended_at: float
    exit_code: int
    last_success: float | None = None
    rows: Mapping[tuple[RecordKind, RowStatus], int] = field(default_factory=dict)


def metrics_text(run: RunFigures, figures: LedgerFigures | None, state: NightState) -> str:
    """Return the text in Prometheus' format."""
    lines = _gauge("importer_last_run_timestamp_seconds", "When the last run ended.", [({}, run.ended_at)])
    if run.last_success is not None:
        help_text = "When the last run ended that did what it could (exit codes 0, 3, 7 and 8)."
        lines += _gauge("importer_last_success_timestamp_seconds", help_text, [({}, run.last_success)])
    lines += _gauge("importer_last_run_exit_code", "The exit code of the last run.", [({}, run.exit_code)])
    rows = [({"kind": kind, "status": status}, count) for (kind, status), count in run.rows.items()]
    lines += _gauge("importer_last_run_rows", "The rows of the last run's batches.", rows)
    lines += _gauge(
        "importer_trouble",
        "Whether something is wrong (1), by what it is.",
        [({"trouble": trouble.replace(" ", "_")}, float(trouble in state.troubles)) for trouble in Trouble],
    )
    return "\n".join([*lines, *_ledger_lines(figures), ""])


def _ledger_lines(figures: LedgerFigures | None) -> list[str]:
    """Return the figures of the ledger; none if it could not be read."""
    if figures is None:
        return []
    entries = [
        ({"kind": kind, "status": status}, float(sums.rows(kind)))
        for status, sums in figures.open.items()
        for kind in RecordKind
        if status in _OPEN
    ]
    quotas = [({"api": one.api, "period": one.period}, float(one.left)) for one in figures.quotas if one.period is not None]
    undecided: Sequence[Sample] = [({}, float(len(figures.undecided)))]
    return [
        *_gauge("importer_entries_open", "The entries of the ledger that are not done.", entries),
        *_gauge("importer_batches_undecided", "The batches that wait for an approval.", undecided),
        *_gauge("importer_quota_left_requests", "The requests that are left of a quota.", quotas),
    ]


_OPEN = (RowStatus.PENDING, RowStatus.IN_DOUBT, RowStatus.HELD, RowStatus.QUESTIONED, RowStatus.REFUSED)


def _gauge(name: str, help_text: str, samples: Iterable[Sample]) -> list[str]:
    lines = [f"{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    return [f"# HELP {name} {help_text}", f"# TYPE {name} gauge", *lines] if lines else []


def _labels(labels: Labels) -> str:
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{shown}}}" if shown else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def write_metrics(path: Path, text: str) -> None:
    """Replace the file at once. It holds only counts, and all may read it, as a node exporter must. Raises OSError."""
    partial = path.with_name(f".{path.name}.partial")  # its name does not end in .prom, so that it is never read
    partial.unlink(missing_ok=True)
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        partial.chmod(0o644)  # whatever the umask is
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
