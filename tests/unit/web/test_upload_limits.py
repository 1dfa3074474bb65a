"""What one sender may take of the server: time for a body, parts of a form, work that waits, and room for what is not read."""

from __future__ import annotations

from functools import partial
from threading import Event

import anyio
import pytest
from starlette.datastructures import Headers
from support.sheets import cases, write_csv
from support.web import site

from importer.domain.batches import Person
from importer.errors import UsageError
from importer.settings import Settings
from importer.web import guard
from importer.web.guard import BODY_SECONDS, SLOWEST, BodyTooSlow, LimitedBody
from importer.web.work.jobs import JobResult, Jobs
from importer.web.work.limits import MOST_JOBS, MOST_UPLOADS, TooMuchAtOnce, UploadsUnderWay
from importer.web_settings import WebSettings

ANN, BOB = Person("ann", "here"), Person("bob", "here")
PART = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}


@pytest.fixture
def page(tmp_path):
    with site(tmp_path, Settings(web=WebSettings(upload_megabytes=1, waiting_megabytes=1))) as found:
        yield found


def kept(folder):
    return [path for path in (folder / "page").rglob("*") if path.is_file() and path.suffix not in {".lock", ".owner"}]


def received(sizes, seconds):
    """Receive pieces of these sizes, each after so many seconds. Returns how many came before the body was given up."""
    clock, count = [0.0], 0

    async def receive():
        clock[0] += seconds
        return {"type": "http.request", "body": b"x" * sizes, "more_body": True}

    async def read():
        nonlocal count
        body = LimitedBody(receive, 10**9, Headers({}), lambda: clock[0])
        while count < 1000:
            await body.receive()
            count += 1

    try:
        anyio.run(read)
    except BodyTooSlow:
        return count
    return None


def test_a_body_of_a_byte_now_and_then_is_given_up():
    assert received(1, BODY_SECONDS / 10) in {10, 11}


def test_a_body_that_brings_enough_goes_on():
    assert received(2 * SLOWEST, 1.0) is None


def test_an_upload_that_trickles_ends_with_its_status_and_leaves_nothing(page, tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.1)
    browser = page.visitor()

    async def trickle():
        yield PART
        while True:
            yield b"a"
            await anyio.sleep(0.01)

    answer = browser.request("POST", "/drop", content=trickle(), headers=MULTIPART)
    assert answer.status_code == 408
    assert kept(tmp_path) == []
    assert "Nothing was imported yet" in browser.get("/").text


def form(*parts):
    return b"".join(b"--x\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts) + b"--x--\r\n"


FIELD = b'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    "body",
    [
        form(*[(FIELD, b"1")] * 11),
        form((FIELD, b"1" * 1001)),
        form((FIELD + b"; x=" + b"y" * 5000, b"1")),
        form((FIELD + b"".join(b"\r\nX-%d: y" % n for n in range(20)), b"1")),
        form((b"X: " + b"y" * 500_000, b"1")),
        form(*[(b'Content-Disposition: form-data; name="files"; filename="a.csv"', b"1")] * 401),
    ],
    ids=["fields", "a long field", "a long header", "headers", "a huge header", "files"],
)
def test_a_form_of_too_many_or_too_long_parts_is_refused(page, tmp_path, body):
    browser = page.visitor()
    for path in ("/drop", "/send") if len(body) > 5000 else ("/drop",):
        assert browser.request("POST", path, content=body, headers=MULTIPART).status_code == 400
    assert kept(tmp_path) == []


def test_a_form_of_too_many_fields_is_refused(page):
    browser = page.visitor()
    many = f"csrf={browser.csrf()}&" + "&".join(f"a{n}=1" for n in range(1000))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.request("POST", "/send", content=many, headers=headers).status_code == 400
    assert page.started == []


def test_a_user_has_a_few_uploads_that_arrive_and_others_have_theirs():
    under_way = UploadsUnderWay()
    blocks = [under_way.one_of(ANN) for _ in range(MOST_UPLOADS)]
    for one in blocks:
        one.__enter__()
    with pytest.raises(TooMuchAtOnce, match="still arriving"), under_way.one_of(ANN):
        pass
    with under_way.one_of(BOB):
        pass
    blocks[0].__exit__(None, None, None)
    with under_way.one_of(ANN):
        pass


@pytest.fixture
def held(page):
    """Jobs that wait until the block ends."""
    done = Event()
    yield partial(page.services.jobs.start, about="", work=lambda _job: JobResult(refused=not done.wait(60)))
    done.set()


def test_a_user_has_a_few_jobs_that_wait_and_leaves_nothing_of_one_more(page, held, tmp_path):
    browser, own = page.visitor(), page.services.jobs
    me = page.services.sessions.find(browser.cookies.get("importer-8710")).user.person
    for _ in range(MOST_JOBS):
        held(job_id=own.new_id(), person=me)
    answer = browser.post("/drop", files=[("files", ("a.csv", b"x"))])
    assert (answer.status_code, "drops and corrections are not done yet" in answer.text) == (429, True)
    assert kept(tmp_path) == []
    held(job_id=own.new_id(), person=BOB)


def test_a_drop_that_is_refused_after_it_was_kept_leaves_nothing(page, tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise TooMuchAtOnce("Two drops came at once.")

    monkeypatch.setattr(Jobs, "start", refuse)
    answer = page.visitor().post("/drop", files=[("files", ("a.csv", b"x")), ("files", ("b.pdf", b"x"))])
    assert answer.status_code == 429
    assert kept(tmp_path) == []


def test_what_is_not_read_yet_has_its_room_and_no_more(page, held, tmp_path):
    browser, services = page.visitor(), page.services
    waiting = services.jobs.new_id()
    services.uploads.make_room(waiting, 600_000, services.jobs.is_read)
    held(job_id=waiting, person=BOB)
    answer = browser.post("/drop", files=[("files", ("a.csv", b"x" * 500_000))])
    assert (answer.status_code, "have waiting_megabytes under [web] raised" in answer.text) == (422, True)
    assert kept(tmp_path) == []
    services.uploads.make_room(services.jobs.new_id(), 400_000, services.jobs.is_read)
    with pytest.raises(UsageError, match=r"1\.0 MB, and these would be 0\.0 MB more"):
        services.uploads.make_room(services.jobs.new_id(), 1, services.jobs.is_read)


def test_files_that_were_read_make_room_for_new_ones_unless_they_are_read_again(page, held, tmp_path):
    browser, services = page.visitor(), page.services
    rows = [write_csv(tmp_path / f"{name}.csv", cases(1, first)) for name, first in (("a", 1), ("b", 11), ("c", 21))]
    for path in rows:
        path.write_bytes(path.read_bytes() + (b" " * 9_999 + b"\n") * 40)  # large, and quickly read
    browser.drop(rows[0])
    browser.drop(rows[1])
    (first,) = [path.parent.name for path in kept(tmp_path) if path.name == "a.csv"]
    held(job_id=services.jobs.new_id(), person=BOB, reads=first)
    shown = browser.drop(rows[2])
    assert "Review of c.csv" in shown.text, shown.text
    assert {path.name for path in kept(tmp_path) if path.suffix == ".csv"} == {"a.csv", "c.csv"}


def test_documents_of_a_file_that_could_not_be_read_make_room_with_it(page, tmp_path):
    browser = page.visitor()
    files = [("files", ("a.csv", b"x;y\n1;2\n")), ("files", ("b.pdf", b"%PDF" + b"x" * 600_000))]
    browser.follow(browser.post("/drop", files=files))
    assert {path.name for path in kept(tmp_path)} >= {"a.csv", "b.pdf"}
    assert browser.post("/drop", files=[("files", ("c.csv", b"x;y\n" + b"1;%s\n" % (b"2" * 6_000) * 100))]).status_code == 303
    assert {"a.csv", "b.pdf"}.isdisjoint({path.name for path in kept(tmp_path)})
