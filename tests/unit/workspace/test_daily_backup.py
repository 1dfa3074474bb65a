"""The backup after a run never changes how the run ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.ledgers import LedgerDriver, open_driver

from importer.ledger.storage.daily_backups import DailyBackups
from importer.settings import Settings
from importer.workspace.daily_backup import age_text, back_up_daily, shares_disk
from importer.workspace.environment import Environment, open_environment
from importer.workspace.workspace import Workspace

NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    with open_environment(Workspace.at(tmp_path), Settings(), sandbox=False) as environment:
        yield environment


def test_one_is_made_and_nothing_is_said(driver: LedgerDriver, environment: Environment, tmp_path: Path) -> None:
    assert back_up_daily(driver.ledger, environment) == []
    assert back_up_daily(driver.ledger, environment) == []
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_an_interrupt_is_a_warning(driver: LedgerDriver, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(DailyBackups, "make", interrupted)
    (said,) = back_up_daily(driver.ledger, environment)
    assert said.startswith("The daily backup of the ledger was interrupted.")


def test_a_ledger_that_was_removed_is_not_backed_up(driver: LedgerDriver, environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "ledger.db").unlink()
    assert back_up_daily(driver.ledger, environment) == []
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-5), "less than a minute old"),
        (timedelta(seconds=59), "less than a minute old"),
        (timedelta(minutes=1), "1 minute old"),
        (timedelta(hours=5, minutes=59), "5 hours old"),
        (timedelta(days=1), "1 day old"),
        (timedelta(days=12, hours=23), "12 days old"),
    ],
)
def test_an_age_in_words(age: timedelta, text: str) -> None:
    assert age_text(NOW - age, NOW) == text


def test_a_folder_that_does_not_exist_yet_is_on_the_disk_of_the_one_above_it(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    ledger.touch()
    assert shares_disk(tmp_path / "a" / "b", ledger)
    other = next((place for place in (Path("/proc"), Path("/dev")) if place.exists()), None)
    assert other is None or not shares_disk(other / "no-such-folder", ledger)
