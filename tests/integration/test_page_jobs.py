"""What the page shows of work that takes long, and what it removes when its server starts."""

from __future__ import annotations

from threading import Event

from support.sheets import cases, write_csv

from importer.web.work.jobs import JobResult
from importer.workspace.reading_progress import EVERY_ROWS, counted


def test_the_page_of_a_job_says_how_many_rows_were_read(page):
    browser, go_on, shown = page.visitor(), Event(), Event()
    session = next(iter(page.services.sessions._found.values()))

    def work(job):
        job.console.read("list.csv", 41_500, False)
        shown.set()
        go_on.wait(60)
        job.console.read("list.csv", 100_000, True)
        return JobResult()

    job = page.services.jobs.start("7", "list.csv", session.user.person, work)
    shown.wait(60)
    assert "Rows of list.csv that were read so far: 41,500." in browser.get("/jobs/7").text
    go_on.set()
    job.ended.wait(60)
    assert job.console.reading.is_all


def test_the_rows_of_a_drop_are_counted_while_they_are_read(page, tmp_path):
    browser = page.visitor()
    answer = browser.post("/drop", files=[("files", ("a.csv", write_csv(tmp_path / "a.csv", cases(3)).read_bytes(), "text/csv"))])
    browser.follow(answer)
    job = page.services.jobs.find(answer.headers["location"].rpartition("/")[2])
    assert (job.console.reading.name, job.console.reading.rows, job.console.reading.is_all) == ("a.csv", 3, True)


def test_reading_is_reported_at_the_beginning_from_time_to_time_and_at_the_end():
    told = []
    rows = counted("a.csv", iter(range(2 * EVERY_ROWS + 1)), lambda *one: told.append(one))
    assert len(list(rows)) == 2 * EVERY_ROWS + 1
    assert [(count, is_all) for _, count, is_all in told] == [
        *((0, False), (EVERY_ROWS, False), (2 * EVERY_ROWS, False)),
        (2 * EVERY_ROWS + 1, True),
    ]


def test_what_the_former_layout_has_left_is_removed_and_said(page, tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr("importer.web.work.leftovers.log_event", lambda event, **facts: logged.append((event, facts["files"])))
    for name in ("rows/7", "corrections/7", "ledgers/0123456789ab/rows"):
        (tmp_path / "page" / name).mkdir(parents=True)
        (tmp_path / "page" / name / "rows.jsonl").write_text("{}")
    page.services.clean_up()
    assert [(tmp_path / "page" / name).exists() for name in ("rows", "corrections", "ledgers")] == [False, False, True]
    page.services.clean_up()
    assert logged == [("leftovers", 1), ("leftovers", 1)]
