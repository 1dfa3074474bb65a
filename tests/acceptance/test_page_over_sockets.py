"""The page at its real port: https with given files, uploads that never end, and clients that go away or do not go on."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import socket
import ssl
import threading
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.browser import served
from support.page_server import SocketClient, running, with_users
from support.sheets import cases, write_csv

from importer.errors import ExitCode
from importer.settings import Settings
from importer.web import guard
from importer.web_settings import WebSettings

MEGABYTE = 1_000_000


def certificate(folder: Path) -> Path:
    """Write a certificate for this machine and its key, and return the folder."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now, local = dt.datetime.now(dt.UTC), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([local]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    (folder / "page.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "page.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    return folder


def kept(page):
    """The files that the page keeps, without the lock of the server that runs."""
    found = (page.folder / "page").rglob("*")
    return [path for path in found if path.is_file() and path.suffix not in {".lock", ".owner"}]


def test_https_with_files_that_are_given(tmp_path):
    folder = certificate(tmp_path / "workspace")
    settings = with_users(web={"certificate": "page.pem", "certificate_key": "page.key"}, prepare=["ann"])
    trusted = ssl.create_default_context(cafile=str(folder / "page.pem"))
    with running(folder, settings) as page:
        assert page.url.startswith("https://127.0.0.1:")
        with SocketClient(page.url, user="ann", verify=trusted) as client:
            answer = client.http.post("/login", data={"name": "ann", "password": "correct horse battery"})
            cookie = answer.headers["set-cookie"].casefold()
            assert "__host-importer" in cookie
            assert {"secure", "httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
            home = client.http.get("/")
            assert home.headers["strict-transport-security"] == "max-age=31536000"
            shown = client.drop(write_csv(tmp_path / "a.csv", cases(1)))
            assert "Review of a.csv" in shown.text
            in_the_clear = client.http.post("/batches/1/discard", headers={"origin": page.url.replace("https", "http")})
            assert in_the_clear.status_code == 403
        port = int(page.url.rpartition(":")[2])
        with closing(socket.create_connection(("127.0.0.1", port), 10)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert not plain.recv(1000).startswith(b"HTTP/1.1 200")


def head(client, path, *headers):
    """The head of a request as this client's browser sends it."""
    host = client.http.base_url.netloc.decode()
    cookie = "; ".join(f"{name}={value}" for name, value in client.http.cookies.items())
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", f"Cookie: {cookie}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


PART = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
MULTIPART = "Content-Type: multipart/form-data; boundary=x"


def chunk(content):
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def connect(client):
    return socket.create_connection((client.http.base_url.host, client.http.base_url.port), 60)


@pytest.fixture
def small(tmp_path):
    """A page that takes two megabytes, and a client that is logged in."""
    with (
        running(tmp_path / "workspace", Settings(web=WebSettings(upload_megabytes=2))) as page,
        SocketClient(page.url, link=page.link) as client,
    ):
        yield page, client


def test_a_chunked_upload_without_an_end_is_cut_off_and_memory_stays_flat(workspace):
    (workspace.folder / "importer.toml").write_text("[web]\nupload_megabytes = 2\n")
    with served(workspace, "--sandbox") as server, SocketClient(server.url, server.link) as client:
        process = psutil.Process(server.process.pid)
        before = process.memory_info().rss
        for _ in range(3):
            with closing(connect(client)) as upload:
                upload.sendall(head(client, "/drop", MULTIPART, "Transfer-Encoding: chunked"))
                upload.sendall(chunk(PART))
                sent, piece = 0, chunk(b"a" * 65_536)
                try:
                    while sent < 100 * MEGABYTE:
                        upload.sendall(piece)
                        sent += 65_536
                except OSError:
                    pass  # the page has closed the connection
                assert sent < 20 * MEGABYTE
                assert answer_of(upload) in {b"", b"HTTP/1.1 413"}
        assert process.memory_info().rss - before < 30 * MEGABYTE
        assert client.http.get("/").status_code == 200
        assert [path for path in (workspace.folder / "page").rglob("*") if path.suffix == ".csv"] == []


def answer_of(connection):
    """The beginning of an answer; empty if the connection was reset before it could be read."""
    try:
        return connection.recv(1000)[:12]
    except OSError:
        return b""


def test_an_upload_that_is_announced_as_too_large_is_not_waited_for(small):
    _, client = small
    with closing(connect(client)) as upload:
        upload.sendall(head(client, "/drop", MULTIPART, "Content-Length: 99999999999"))
        answer = upload.recv(4000)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


def test_an_upload_whose_client_goes_away_leaves_nothing(small):
    page, client = small
    with closing(connect(client)) as upload:
        upload.sendall(head(client, "/drop", MULTIPART, "Content-Length: 1500000") + PART + b"a" * MEGABYTE)
    assert client.http.get("/").status_code == 200
    assert kept(page) == []
    assert "Nothing was imported yet" in client.http.get("/").text


def test_an_upload_that_does_not_go_on_is_given_up(small, monkeypatch):
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    _, client = small
    with closing(connect(client)) as upload:
        upload.sendall(head(client, "/drop", MULTIPART, "Content-Length: 1500000") + PART)
        assert upload.recv(1000).startswith(b"HTTP/1.1 408")
    assert client.http.get("/").status_code == 200


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("Content-Length: 5", "Transfer-Encoding: chunked"), b"0\r\n\r\n"),
        (("Content-Length: 5", "Content-Length: 6"), b"abcdef"),
        (("Transfer-Encoding: chunked",), b"zz\r\n"),
        ((f"Host: {'x' * 100_000}",), b""),
    ],
    ids=["two lengths", "lengths that differ", "no length", "a long header"],
)
def test_a_request_that_is_not_one_is_refused(small, headers, body):
    _, client = small
    with closing(connect(client)) as attacker:
        attacker.sendall(head(client, "/send", "Content-Type: application/x-www-form-urlencoded", *headers) + body)
        assert re.match(rb"HTTP/1\.1 4\d\d", attacker.recv(1000))
    assert client.http.get("/").status_code == 200


def test_names_with_line_breaks_put_no_header_into_an_answer(small):
    _, client = small
    names = ["x%0d%0aSet-Cookie: a=b.csv", "x\r\nSet-Cookie: a=b\r\n\r\n.csv", "review.html%0d%0aX-Injected:%201"]
    for name in names[:2]:
        form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="' + name.encode() + b'"\r\n\r\na,b\r\n--x--\r\n'
        answer = client.http.post("/drop", content=form, headers={"content-type": "multipart/form-data; boundary=x"})
        assert "a=b" not in answer.headers.get("set-cookie", "")
    answer = client.http.get(f"/batches/1/files/{names[2]}")
    assert "x-injected" not in answer.headers


def test_two_people_and_a_nightly_run_at_once(workspace):
    """Two people drop and approve while a run of the workspace reads and sends: each waits or says so, and all is sent once."""
    folder = workspace.folder
    night = write_csv(folder / "night.csv", cases(20, first=101))
    files = [write_csv(folder / f"{name}.csv", cases(5, first=1 + 10 * n)) for n, name in enumerate(("ann", "bob"))]
    with running(folder, with_users(prepare=["ann", "bob"], approve=["ann", "bob"])) as page:
        process = workspace.start("run", night, "--yes", "--sandbox")
        problems: list[str] = []

        def use(name: str, path: Path) -> None:
            with SocketClient(page.url, user=name) as client:
                while (found := re.search(r"/batches/(\d+)/", (shown := client.drop(path)).text)) is None:
                    if not re.search("Another command|in use by another sandbox", shown.text):
                        problems.append(re.sub(r"<[^>]+>|\s+", " ", shown.text.partition("<main")[2])[:600])
                        return
                batch = int(found[1])
                answer = client.approve(batch)
                while answer.status_code == 503:  # another command writes the ledger: the page says so, and nothing was done
                    if "Another command" not in answer.text:
                        problems.append(answer.text)
                    answer = client.approve(batch)
                if answer.status_code != 303:
                    problems.append(answer.text)

        threads = [threading.Thread(target=use, args=(path.stem, path)) for path in files]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = workspace.finish(process)
    assert problems == []
    assert ended.code in {ExitCode.OK, ExitCode.LEDGER_HELD}, ended
    assert workspace.call("run", night, "--yes", "--sandbox").code == 0
    assert workspace.call("resume", "--sandbox").code == 0
    counts = workspace.ledger("SELECT state, count(*) FROM entry GROUP BY state", "ledger.sandbox.db")
    assert counts == [("accepted", 30)]
    assert workspace.ledger("SELECT max(n) FROM (SELECT count(*) n FROM attempt GROUP BY entry_id)", "ledger.sandbox.db") == [
        (1,)
    ]
