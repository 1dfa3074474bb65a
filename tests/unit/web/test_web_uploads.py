"""What is dropped: its size is counted as it arrives, its name is harmless, and it is private."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import pytest
from support.sheets import cases, write_csv
from support.web import COOKIE, URL, site

from importer.errors import UsageError
from importer.settings import Settings
from importer.web.routes import FORM_BYTES
from importer.web.work.uploads import LONGEST_NAME, file_name
from importer.web_settings import WebSettings


@pytest.fixture
def page(tmp_path):
    with site(tmp_path, Settings(web=WebSettings(upload_megabytes=1))) as found:
        yield found


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("invoices.xlsx", "invoices.xlsx"),
        (r"C:\Users\ann\invoices.csv", "invoices.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("a\x00b\u202egnp.csv", "a_b_gnp.csv"),
        ('x"; filename="y.csv', "x_; filename=_y.csv"),
        ("  åbne poster.XLSX ", "åbne poster.XLSX"),
        ("~$open.xlsx", "open.xlsx"),
    ],
)
def test_a_file_is_kept_under_a_harmless_name(given, kept):
    assert file_name(given) == kept


@pytest.mark.parametrize("given", ["", "..", "a.exe", ".csv", "x.csv/", "a.csv.ok", "page.html", "a.xlsx\\"])
def test_what_is_no_spreadsheet_is_not_kept(given):
    with pytest.raises(UsageError, match="not a spreadsheet"):
        file_name(given)


def test_a_long_name_is_shortened():
    assert len(file_name("x" * 500 + ".xlsx")) == LONGEST_NAME
    assert file_name("x" * 500 + ".xlsx").endswith(".xlsx")
    assert file_name("æ" * 500 + ".xlsx") == "æ" * 97 + ".xlsx"  # file systems count bytes
    assert file_name("a" + "€" * 500 + ".csv") == "a" + "€" * 65 + ".csv"  # and no character is cut in two


def test_what_is_dropped_is_private_and_goes_with_the_server(tmp_path):
    with site(tmp_path) as page:
        page.visitor().drop(write_csv(tmp_path / "a.csv", cases(1)))
        (kept,) = (tmp_path / "page" / "uploads").rglob("a.csv")
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert list((tmp_path / "page" / "uploads").rglob("*.csv")) == []


def test_two_files_of_one_name_do_not_meet(page, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    files = [write_csv(tmp_path / name / "a.csv", cases(2, first)) for name, first in (("one", 1), ("two", 11))]
    answer = page.visitor().drop(*files)
    assert answer.text.count("see how it was read") == 2


def test_one_wrong_file_keeps_nothing_of_the_drop(page, tmp_path):
    (tmp_path / "bad.exe").write_bytes(b"MZ")
    answer = page.visitor().drop(write_csv(tmp_path / "a.csv", cases(1)), tmp_path / "bad.exe")
    assert (answer.status_code, "bad.exe is not a spreadsheet" in answer.text) == (422, True)
    assert list((tmp_path / "page" / "uploads").rglob("*.csv")) == []


def endless(size=65_536):
    """A form with a file that does not end, and the number of bytes that were taken of it."""
    taken = [0]

    async def parts() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
        while True:
            taken[0] += size
            assert taken[0] < 50_000_000, "the page goes on reading"
            yield b"a" * size
            await anyio.lowlevel.checkpoint()

    return parts(), taken


def test_an_endless_upload_is_cut_off_at_the_limit(page):
    browser = page.visitor()
    content, taken = endless()
    answer = ask(page, browser, "/drop", content)
    assert (answer[0], answer[1].get("connection")) == (413, "close")
    assert taken[0] < 1_200_000


def test_without_a_login_nothing_of_an_upload_is_read(page):
    content, taken = endless()
    assert ask(page, page.browser(), "/drop", content)[0] == 401
    assert taken[0] == 0


def test_a_form_without_files_takes_no_upload(page):
    browser = page.visitor()
    content, taken = endless()
    assert ask(page, browser, "/send", content)[0] in {400, 413}
    assert taken[0] <= FORM_BYTES + 100_000
    announced = browser.request("POST", "/send", content=b"", headers={"content-length": "99999999"})
    assert announced.status_code in {413, 415}


def test_a_form_of_another_kind_is_refused(page):
    browser = page.visitor()
    assert browser.request("POST", "/send", content=b"{}", headers={"content-type": "application/json"}).status_code == 415


def ask(page, browser, path, content):
    """A request whose body is asked for piece by piece, as a socket gives it. Returns the status and the headers."""
    found = {}

    async def send(message):
        if message["type"] == "http.response.start":
            found["status"] = message["status"]
            found["headers"] = {name.decode(): value.decode() for name, value in message["headers"]}

    async def receive():
        return {"type": "http.request", "body": await anext(content), "more_body": True}

    cookie = browser.cookies.get(COOKIE) or ""
    headers = {"host": URL.removeprefix("http://"), "origin": URL, "cookie": f"{COOKIE}={cookie}"}
    headers["content-type"] = "multipart/form-data; boundary=x"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 8710),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def main():
        try:
            await page.app(scope, receive, send)
        finally:
            await content.aclose()

    anyio.run(main)
    return found["status"], found["headers"]
