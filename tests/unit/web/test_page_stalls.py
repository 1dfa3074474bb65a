"""What waits on the page: corrections, changes and logins do not keep pages from being shown, and a sender is always started."""

from __future__ import annotations

import sys
from threading import Event, Thread

import anyio
import anyio.lowlevel
import pytest
from support.sheets import cases, write_csv
from support.web import approve, site

from importer.domain.batches import Person
from importer.errors import LedgerHeld
from importer.web.work import environments as opened
from importer.web.work.corrections import KEEPING
from importer.web.work.sender import SenderProcess
from importer.workspace.connections import open_ledger_read_only

ANN = Person("ann", "here")


def test_corrections_do_not_wait_long_for_others(monkeypatch):
    monkeypatch.setattr(opened, "SHORT_WAIT_SECONDS", 0.01)
    taken, done = Event(), Event()

    def hold():
        with KEEPING.waiting():
            taken.set()
            done.wait(30)

    holder = Thread(target=hold)
    holder.start()
    taken.wait(30)
    with pytest.raises(LedgerHeld, match="Other corrections"), KEEPING:
        pass
    done.set()
    holder.join()
    with KEEPING, KEEPING:
        pass


def test_pages_are_shown_while_all_changes_wait(tmp_path):
    with site(tmp_path) as page:
        done = Event()

        async def main():
            async with anyio.create_task_group() as group:
                for _ in range(60):
                    group.start_soon(lambda: page.environments.run(ANN, lambda: done.wait(30), changes=True))
                await anyio.lowlevel.checkpoint()
                with anyio.fail_after(20):
                    shown = await page.environments.run(ANN, lambda: "shown")
                done.set()
                return shown

        try:
            assert anyio.run(main) == "shown"
        finally:
            done.set()


def test_a_sender_is_started_although_another_one_is_ending(tmp_path, monkeypatch):
    with site(tmp_path) as page:
        sender = SenderProcess(page.environments)
        code = "import sys; print('ended'); sys.stdin.read()"
        monkeypatch.setattr(SenderProcess, "_command", lambda _self: [sys.executable, "-c", code])
        assert sender.report() is None
        sender.start()
        sender.start()
        assert len(sender._running) == 2
        for one in sender._running:
            one.process.wait(30)
        found = sender.report()
        assert (found.exit_code, found.lines) == (0, ("ended",))


def is_seen(page, batch):
    with page.environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.unit_of_work() as work:
        return work.remembered_proposal(batch).seen


def test_a_drop_counts_as_seen_by_nobody_and_an_approval_as_seen(tmp_path):
    with site(tmp_path) as page:
        browser = page.visitor()
        browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
        assert not is_seen(page, 1)
        browser.post("/batches/1/review")
        assert not is_seen(page, 1)
        assert approve(browser, 1).status_code == 303
        assert is_seen(page, 1)
        shown = browser.get("/batches/1").text
        assert "Nothing is being sent now" in shown
        assert 'action="/send"' in shown
