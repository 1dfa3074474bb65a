"""The lines of the logs: what an operator reads, and never a debtor's data in JSON."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from importer.cli.logs import file as log_file
from importer.cli.logs.command import LogOptions, operator_logs, silence
from importer.cli.logs.file import LogFile
from importer.cli.logs.lines import _FACTS, _TEXTS, json_line, text_line
from importer.cli.logs.progress import EventLog
from importer.cli.options import LogForm
from importer.dispatcher.pacing.forecast import Bottleneck, Forecast
from importer.dispatcher.pacing.rate_windows import Period
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.errors import ApiStopped, ExitCode, UsageError
from importer.workspace.events import EntrySettled, Resumed, Waiting

AT = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
ATTEMPT = {
    "kind": "case",
    "entry": "C1-71e798",
    "file": "a.csv",
    "row": 2,
    "reference": "Bodil Zebrahest",
    "outcome": "accepted",
    "status": 201,
}


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_the_text_of_an_attempt_has_row_and_reference() -> None:
    line = text_line("attempt", ATTEMPT, AT) or ""
    assert line.endswith(" attempt: case C1-71e798 (a.csv row 2, Bodil Zebrahest): accepted, HTTP 201")
    time = datetime.fromisoformat(line.split()[0])
    assert (time, time.tzinfo is None) == (AT, False)


def test_the_json_of_an_attempt_has_no_reference() -> None:
    found = json.loads(json_line("attempt", ATTEMPT, AT) or "")
    assert (found["row"], found["entry"], found["time"]) == (2, "C1-71e798", "2026-11-27T02:30:00.000+00:00")
    assert "Zebrahest" not in json.dumps(found)


@given(facts=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4), event=st.sampled_from(sorted(_FACTS)))
def test_facts_that_are_not_listed_are_not_written_as_json(facts: dict[str, str], event: str) -> None:
    known: dict[str, object] = (
        dict.fromkeys(_FACTS[event], 0) | {"rows": {}} | {"until": AT.isoformat(), "finish": AT.isoformat()}
    )
    if event in {"read", "known", "progress", "sent"}:
        known["rows"] = 0
    more = {f"x {name}": value for name, value in facts.items()}
    found = json.loads(json_line(event, {**more, **known}, AT) or "")
    assert set(found) <= {"time", "event", "message", *_FACTS[event]}


@pytest.mark.parametrize("event", ["stamina.retry_scheduled", "attempts", ""])
def test_what_developers_log_is_not_written(event: str) -> None:
    assert text_line(event, {"callable": "<function>"}, AT) is None
    assert json_line(event, {"callable": "<function>"}, AT) is None


def test_every_event_has_a_text_and_its_facts() -> None:
    assert _TEXTS.keys() == _FACTS.keys()


def test_a_name_with_a_line_break_stays_on_its_line() -> None:
    assert "\n" not in (text_line("unreadable", {"file": "a\nb\x1b.csv"}, AT) or "\n")


def test_a_command_tells_when_it_starts_and_how_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    def stops() -> None:
        with operator_logs("run", LogOptions(verbose=1)):
            structlog.get_logger().debug("attempt", **ATTEMPT)
            raise ApiStopped("Bodil Zebrahest")

    with pytest.raises(ApiStopped):
        stops()
    first, last = capsys.readouterr().err.splitlines()
    assert " importer run started (version " in first
    assert last.endswith("with exit code 5: an API is down or refuses the credentials; rows wait")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_end_by_a_bug_or_an_interrupt_is_told_too(capsys: pytest.CaptureFixture[str], error: type[BaseException]) -> None:
    with pytest.raises(error), operator_logs("run", LogOptions(verbose=2, form=LogForm.JSON)):
        raise error
    code = ExitCode.INTERRUPTED if error is KeyboardInterrupt else ExitCode.BUG
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["exit_code"] == code


def test_without_the_options_nothing_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    with operator_logs("run", LogOptions()):
        silence()
        structlog.get_logger().error("attempt", **ATTEMPT)
    assert capsys.readouterr() == ("", "")


def test_waits_and_their_end_and_the_progress_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with operator_logs("run", LogOptions(verbose=1)):
        log = EventLog(3)
        log.show(Waiting("Debitura", Period.DAY, 3725.0, 1_000_000.0, is_first=True))
        log.show(Waiting("Debitura", Period.DAY, 3724.0, 1_000_000.0, is_first=False))
        log.show(Resumed())
        log.show(EntrySettled(RecordKind.CASE, State.ACCEPTED))
        for second in range(130):
            log.show(Forecast(2_000_000.0, 1_000_000.0 - second, Bottleneck.DAY))
        log.end()
    _, waiting, resumed, *progress, sent, _ = capsys.readouterr().err.splitlines()
    assert ": Debitura's daily quota is used up" in waiting
    assert resumed.endswith(" sending goes on")
    assert [line.split(" ", 1)[1].split(";")[0] for line in progress] == ["1 of 3 sent"] * 2
    assert sent.endswith(" sending ended: 1 of 3 sent")


# The file


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_file_is_the_owners_alone_and_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LARGEST_BYTES", 200)
    path = tmp_path / "import.log"
    before = os.umask(0)
    try:
        file = LogFile(path)
        for number in range(40):
            file.write(f"2026-11-27T02:30:00+00:00 line {number}")
        file.close()
    finally:
        os.umask(before)
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["import.log", *(f"import.log.{number}" for number in range(1, log_file.KEPT_FILES + 1))]
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}
    assert path.read_text().splitlines()[-1].endswith("line 39")


def test_a_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "import.log"
    for form in (LogForm.TEXT, LogForm.JSON):
        with operator_logs("check", LogOptions(file=path, form=form)):
            pass
    assert len(path.read_text().splitlines()) == 4


@pytest.mark.parametrize("content", ["case_ref;amount\n", "PK\x03\x04", "SQLite format 3\0", "# settings"])
def test_a_file_that_is_no_log_is_not_written_to(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(UsageError, match="is not a log of the importer"):
        LogFile(path)
    assert path.read_text() == content


@pytest.mark.parametrize("name", [".", "missing/import.log", "x" * 300])
def test_a_file_that_cannot_be_written_is_said_before_anything_begins(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"Name a(nother)? file with --log-file"):
        LogFile(tmp_path / name)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110
def test_a_full_disk_is_said_once_and_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = LogFile(tmp_path / "import.log")
    full = os.open("/dev/full", os.O_WRONLY)
    assert file._handler.stream is not None
    os.dup2(full, file._handler.stream.fileno())
    os.close(full)
    for _ in range(3):
        file.write("2026-11-27T02:30:00+00:00 line")
    file.close()
    (said,) = capsys.readouterr().err.splitlines()
    assert said.endswith("cannot be written any more. The import goes on without it.")


def test_libraries_do_not_write_into_the_logs(tmp_path: Path) -> None:
    path = tmp_path / "import.log"
    with operator_logs("run", LogOptions(verbose=2, file=path)):
        for name in ("httpx", "sqlalchemy.engine", "asyncio", "stamina"):
            logging.getLogger(name).info("a developer's line")
        structlog.get_logger().warning("stamina.retry_scheduled", callable="<function>")
    assert len(path.read_text().splitlines()) == 2
