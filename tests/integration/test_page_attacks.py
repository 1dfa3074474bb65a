"""Attacks on the page, on the real application: by other sites, by old links and cookies, by uploads, and by names of files."""

from __future__ import annotations

import re
import stat
import zipfile

import pytest
from support.page_server import PASSWORD, with_users
from support.sheets import case, cases, write_csv
from support.web import COOKIE, MARK, URL, approve, site

from importer.settings import Settings
from importer.web.login.tries import MOST_TRIES
from importer.web.routes import ROUTES
from importer.web_settings import WebSettings


@pytest.fixture
def page(tmp_path):
    with site(tmp_path, Settings(web=WebSettings(upload_megabytes=1))) as found:
        yield found


@pytest.fixture
def staged(page, tmp_path):
    """A browser with a staged batch."""
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
    return browser


def state(browser, batch=1):
    return re.search(r'class="state (\w+)', browser.get(f"/batches/{batch}").text)[1]


# Other sites


FOREIGN = [
    {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8711"},
    {"origin": "https://127.0.0.1:8710"},
    {"origin": f"{URL}.elsewhere.example"},
    {"origin": URL, "sec-fetch-site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: " ".join(headers.values()))
def test_another_site_approves_nothing_even_with_the_text_of_the_form(page, staged, headers):
    form = {"csrf": staged.csrf(), "mark": MARK.search(staged.get("/batches/1").text)[1], "agreed": "yes"}
    for path in ("/batches/1/approve", "/batches/1/discard", "/send", "/logout"):
        assert staged.request("POST", path, data=form, headers=headers).status_code == 403
    assert (state(staged), page.started) == ("staged", [])


def test_a_form_without_the_text_of_its_session_does_nothing(page, staged):
    mark = MARK.search(staged.get("/batches/1").text)[1]
    other = page.visitor().csrf()
    for csrf in ("", other, staged.csrf()[:-1], staged.csrf() + "x", "\N{LATIN SMALL LETTER O WITH STROKE}"):
        answer = staged.request("POST", "/batches/1/approve", data={"csrf": csrf, "mark": mark, "agreed": "yes"})
        assert answer.status_code == 403
    in_the_address = staged.request("POST", f"/batches/1/approve?csrf={staged.csrf()}&mark={mark}&agreed=yes", data={"x": "y"})
    assert in_the_address.status_code == 403
    assert (state(staged), page.started) == ("staged", [])


def test_a_link_in_a_mail_changes_nothing(page, staged):
    """A GET of an address that takes forms does nothing, whatever it carries."""
    for route in ROUTES:
        if route.method == "POST":
            path = route.path.replace("{batch:int}", "1").replace("{job:str}", "x").replace("{file:int}", "0")
            if any(other.method == "GET" and other.path == route.path for other in ROUTES):
                continue
            assert staged.get(f"{path}?csrf={staged.csrf()}&agreed=yes").status_code == 405
    assert (state(staged), page.started) == ("staged", [])


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1:8711", "127.0.0.1:8710@attacker.example", "127.0.0.1:8710.", " "]
)
def test_a_foreign_host_sees_nothing(staged, host):
    for path in ("/", "/batches/1", "/static/page.js", "/enter?token=x"):
        answer = staged.get(path, headers={"host": host})
        assert (answer.status_code, "Zebrahest" in answer.text) == (400, False)


def test_a_host_in_other_headers_is_not_believed(staged):
    answer = staged.get("/batches/1", headers={"x-forwarded-host": "attacker.example", "x-forwarded-proto": "https"})
    assert (answer.status_code, "attacker" in answer.text) == (200, False)


# Links, cookies and logins


def test_a_link_that_was_used_opens_nothing(page):
    token = page.link.renew()
    assert page.browser().get(f"/enter?token={token}").status_code == 200
    for replayed in (token, token.upper(), f"{token}&token={token}", "%00", "x" * 10_000):
        browser = page.browser()
        assert browser.get(f"/enter?token={replayed}").status_code == 401
        assert browser.cookies.get(COOKIE) is None


def test_a_session_that_an_attacker_has_chosen_is_not_taken(page):
    attacker = page.visitor().cookies.get(COOKIE)
    victim = page.browser()
    victim.cookies.set(COOKIE, attacker, "127.0.0.1", "/")
    victim.get(f"/enter?token={page.link.renew()}")
    assert victim.cookies.get(COOKIE) != attacker
    assert page.services.sessions.find(attacker) is None  # what was planted means nothing after the login


def test_a_session_means_nothing_after_its_end(staged):
    cookie, csrf = staged.cookies.get(COOKIE), staged.csrf()
    staged.post("/logout")
    staged.cookies.set(COOKIE, cookie, "127.0.0.1", "/")
    assert staged.get("/batches/1").status_code == 401
    assert staged.request("POST", "/batches/1/discard", data={"csrf": csrf}).status_code == 401


@pytest.fixture
def with_passwords(tmp_path):
    with site(tmp_path, with_users(prepare=["ann"], approve=["bob"])) as found:
        yield found


def test_logins_are_limited_by_user_and_by_address(with_passwords):
    def tried(name, password, address):
        form = {"name": name, "password": password}
        return with_passwords.browser().request("POST", "/login", data=form, client=(address, 1)).status_code

    assert [tried("ann", "wrong", "10.0.0.1") for _ in range(MOST_TRIES)] == [401] * MOST_TRIES
    assert tried("ANN", PASSWORD, "10.0.0.1") == 429  # however the name is written
    assert tried("bob", PASSWORD, "10.0.0.1") == 200
    assert tried("ann", PASSWORD, "10.0.0.2") == 200


def test_a_user_who_is_not_there_and_a_wrong_password_look_the_same(with_passwords):
    browser = with_passwords.browser()
    texts = [browser.request("POST", "/login", data={"name": name, "password": "wrong"}).text for name in ("ann", "zoe")]
    assert texts[0] == texts[1]


# Approvals


def test_an_approval_is_not_replayed_after_a_change(page, tmp_path, staged):
    old = MARK.search(staged.get("/batches/1").text)[1]
    staged.drop(write_csv(tmp_path / "b.csv", [case("C1", "999.00")]))
    staged.post("/batches/1/review")
    replayed = staged.post("/batches/1/approve", {"mark": old, "agreed": "yes"})
    assert (replayed.status_code, "reviewed again since" in replayed.text) == (409, True)
    for mark in ("", "x", old[::-1], old * 1000):
        assert staged.post("/batches/1/approve", {"mark": mark, "agreed": "yes"}).status_code == 409
    of_another = MARK.search(staged.get("/batches/2").text)[1]
    assert staged.post("/batches/1/approve", {"mark": of_another, "agreed": "yes"}).status_code == 409
    assert (state(staged), page.started) == ("staged", [])


def test_an_approval_that_is_sent_twice_approves_once(page, staged):
    assert approve(staged, 1).status_code == 303
    assert staged.post("/batches/1/approve", {"mark": "x", "agreed": "yes"}).status_code == 422
    assert page.started == ["resume"]


# Uploads


def zip_bomb(path, megabytes=400):
    """A workbook of some hundred kilobytes whose sheet unpacks to as many megabytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", '<workbook><sheets><sheet name="A" sheetId="1"/></sheets></workbook>')
        with file.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(megabytes):
                sheet.write(b" " * 1_000_000)
    return path


def test_a_zip_bomb_is_refused_in_words(page, tmp_path):
    shown = page.visitor().drop(zip_bomb(tmp_path / "bomb.xlsx"))
    assert 'class="problem"' in shown.text
    assert "bomb.xlsx" in shown.text
    assert "bug" not in shown.text


def test_a_file_that_is_too_large_leaves_nothing(page, tmp_path):
    browser = page.visitor()
    files = [("files", ("a.csv", b"x" * 1_100_000))]
    answer = browser.post("/drop", files=files)
    assert (answer.status_code, "more than the page takes" in answer.text) == (413, True)
    left = [path for path in (tmp_path / "page" / "uploads").rglob("*") if path.is_file()]
    assert {path.suffix for path in left} <= {".lock", ".owner"}  # of the server that runs


def test_many_files_and_many_fields_are_refused(page):
    browser = page.visitor()
    files = [("files", (f"a{n}.csv", b"x")) for n in range(401)]
    assert browser.post("/drop", files=files).status_code == 400
    many = "&".join(f"a{n}=1" for n in range(5000))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.request("POST", "/send", content=many, headers=headers).status_code in {400, 403}
    assert page.started == []


# Names of files


NAMES = {
    "../../../etc/cron.d/evil.csv": "evil.csv",
    "/etc/passwd.csv": "passwd.csv",
    "C:\\windows\\system32\\x.csv": "x.csv",
    "..%2f..%2fx.csv": "%2f..%2fx.csv",
    "a\u202egnp.csv": "a_gnp.csv",
    "a\u2028b\u0085c.csv": "a b_c.csv",
    "con.csv": "con.csv",
    "n" * 2000 + ".csv": "n" * 146 + ".csv",
    "æ" * 300 + ".csv": "æ" * 98 + ".csv",
    '"><img src=x>.csv': "%22__img src=x_.csv",
    "{{7*7}}.csv": "{{7_7}}.csv",
}


def csv_files_around(folder):
    """The CSV files below a folder and beside it; not those of the other tests, which are many."""
    return {*folder.rglob("*.csv"), *folder.parent.glob("*.csv"), *folder.parent.parent.glob("*.csv")}


@pytest.mark.parametrize("given", NAMES, ids=lambda name: name[:20].encode("unicode_escape").decode())
def test_the_name_of_an_upload_leads_nowhere_else(page, tmp_path, given):
    browser = page.visitor()
    content = write_csv(tmp_path / "plain.csv", cases(1)).read_bytes()
    before = csv_files_around(tmp_path)
    answer = browser.follow(browser.post("/drop", files=[("files", (given, content))]))
    assert answer.status_code == 200, answer.text
    assert "Review of" in answer.text
    new = csv_files_around(tmp_path) - before
    assert all(path.parent.parent.parent == tmp_path / "page" / "uploads" for path in new)
    (kept,) = new
    assert kept.name == NAMES[given]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not re.search(r"<img|>49<|\u202e", answer.text)


DOWNLOADS = [
    "..%2F..%2Fledger.sandbox.db",
    "%2Fetc%2Fpasswd",
    "..%5C..%5Cledger.sandbox.db",
    "review.html%00.xlsx",
    "review.html%0d%0aSet-Cookie:%20a=b",
    "manifest.json",
    "CON",
    "NUL.xlsx",
    "%2e%2e",
    "x" * 5000,
    "%ff%fe",
]


@pytest.mark.parametrize("name", DOWNLOADS, ids=lambda name: name[:24])
def test_a_download_is_one_of_the_listed_files(staged, name):
    answer = staged.get(f"/batches/1/files/{name}")
    assert answer.status_code in {404, 422}
    assert "set-cookie" not in answer.headers
    assert "SQLite" not in answer.text


def test_a_download_is_never_shown_as_a_page(staged):
    answer = staged.get("/batches/1/files/review.html")
    found = {name: answer.headers[name] for name in ("content-type", "x-content-type-options", "cache-control")}
    assert found == {"content-type": "application/octet-stream", "x-content-type-options": "nosniff", "cache-control": "no-store"}
    assert answer.headers["content-disposition"].startswith("attachment; filename")


@pytest.mark.parametrize(
    "path", ["/static/..%2f..%2fserver.py", "/static/../server.py", "/static/%2fetc%2fpasswd", "/static/page.js%00", "/static/"]
)
def test_only_our_own_static_files_are_served(page, path):
    assert page.browser().get(path).status_code == 404


def test_an_id_that_is_no_number_or_a_huge_one_is_no_batch(staged):
    for batch in ("99999999999999999999999999", "-1", "1.0", "0x1", "1%20OR%201=1", "٣"):
        for path in (f"/batches/{batch}", f"/batches/{batch}/rows", f"/batches/{batch}/files/review.html"):
            assert staged.get(path).status_code in {404, 422}


def test_a_job_of_nobody_is_not_shown(staged):
    for job in ("x", "0" * 32, "%2e%2e%2fuploads"):
        assert staged.get(f"/jobs/{job}").status_code in {404, 422}
        assert staged.get(f"/map/{job}/0").status_code in {404, 422}
