"""The proxies in front of the page: their addresses, their secret, and the browsers that they name."""

from __future__ import annotations

import keyring
import pytest
import structlog
from pydantic import ValidationError
from starlette.datastructures import Headers
from support.web import site

from importer.commands.config import settings_lines
from importer.credentials import proxy_secret
from importer.domain.networks import address_of, client_network, is_in, network_of
from importer.errors import SettingsError
from importer.settings import Settings, read_settings_file
from importer.web.proxies import TrustedProxies, known_client, proxy_notes
from importer.web_settings import WebSettings

SECRET = "a secret of the proxy"
BEHIND = {"url": "https://importer.example", "roles": {"prepare": ["ann"]}}


def proxy_settings(*addresses, **more):
    return WebSettings(login="proxy", proxy_header="X-Remote-User", proxy_addresses=addresses, **BEHIND, **more)


@pytest.mark.parametrize(
    ("named", "peer", "is_one"),
    [
        ("10.0.0.5", "10.0.0.5", True),
        ("10.0.0.5", "::ffff:10.0.0.5", True),
        ("::ffff:10.0.0.5", "10.0.0.5", True),
        ("::ffff:10.0.0.0/104", "10.1.2.3", True),
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("2001:db8::5", "2001:0db8:0:0::0005", True),
        ("fe80::1", "fe80::1%eth0", True),
        ("10.0.0.5", "", False),
        ("10.0.0.5", "10.0.0.50", False),
        ("10.0.0.5", "/run/socket", False),
        ("::1", "127.0.0.1", False),
    ],
)
def test_an_address_is_the_proxys_however_it_is_written(named, peer, is_one):
    assert is_in(peer, [network_of(named)]) is is_one


@pytest.mark.parametrize("text", ["localhost", "10.0.0.5/8", "10.0.0", "", "0.0.0.0/0", "::/0", "::ffff:0:0/96"])
def test_what_is_no_network_of_a_proxy_is_refused(text):
    with pytest.raises(ValidationError, match=r"is not an address such as|holds every address"):
        WebSettings(proxy_addresses=[text])


def test_a_client_is_an_address_or_what_a_provider_gives_to_one():
    assert client_network("::ffff:10.0.0.5") == "10.0.0.5"
    assert client_network("2001:db8::1") == client_network("2001:db8::ffff") != client_network("2001:db8:0:1::1")
    assert (str(address_of("[2001:db8::1]:4711")), str(address_of("10.0.0.5:80"))) == ("2001:db8::1", "10.0.0.5")


@pytest.mark.parametrize(
    ("peer", "named", "client"),
    [
        ("10.0.0.5", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["198.51.100.1", "203.0.113.9, 10.0.0.6"], "203.0.113.9"),
        ("10.0.0.5", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.5", ["unknown"], "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.9, <script>"], "10.0.0.5"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
    ],
)
def test_the_address_of_a_browser_is_the_last_that_is_no_proxys(peer, named, client):
    proxies = TrustedProxies.of(proxy_settings("10.0.0.0/24"))
    headers = Headers(raw=[(b"x-forwarded-for", one.encode()) for one in named])
    assert proxies.client_of(peer, headers) == client


def test_the_address_of_a_proxy_is_no_clients():
    assert known_client(WebSettings(**BEHIND, login="users", proxy_addresses=["10.0.0.5"]), "10.0.0.5") == ""
    assert known_client(WebSettings(**BEHIND, login="users"), "10.0.0.5") == ""
    assert known_client(WebSettings(**BEHIND, login="users", proxy_addresses=["10.0.0.5"]), "203.0.113.9") == "203.0.113.9"
    assert known_client(WebSettings(login="users", certificate="a", certificate_key="b"), "203.0.113.9") == "203.0.113.9"


@pytest.fixture
def events():
    with structlog.testing.capture_logs() as found:
        structlog.configure(processors=structlog.get_config()["processors"])
        yield found
    structlog.reset_defaults()


def test_a_user_is_believed_only_with_the_secret(tmp_path, events):
    named, peer = {"x-remote-user": "ann"}, {"client": ("::ffff:10.0.0.5", 1)}
    with site(tmp_path, Settings(web=proxy_settings("10.0.0.0/8", proxy_secret=SECRET))) as page:
        for given in ({}, {"x-importer-proxy-secret": SECRET[:-1]}, {"x-importer-proxy-secret": ""}):
            answer = page.browser().get("/", headers={**named, **given}, **peer)
            assert (answer.status_code, "only its proxy" in answer.text) == (403, True)
        right = {**named, "x-importer-proxy-secret": SECRET}
        browser = page.browser()
        assert "<span>ann</span>" in browser.get("/", headers=right, **peer).text
        assert browser.get("/", headers=right, client=("192.0.2.1", 1)).status_code == 403
        browser.post("/batches/1/discard", headers={**right, "x-forwarded-for": "203.0.113.9"}, **peer)
    (recorded,) = [one for one in events if one["event"] == "page"]
    assert recorded["address"] == "203.0.113.9"
    assert SECRET not in str(events)


def test_the_secret_comes_from_the_environment_a_credential_or_the_keyring(tmp_path, monkeypatch):
    assert proxy_secret(WebSettings()) is None
    monkeypatch.setattr(keyring, "get_password", lambda _service, name: SECRET if name == "web_proxy_secret" else None)
    assert proxy_secret(WebSettings()) == SECRET
    (tmp_path / "web_proxy_secret").write_text("another secret of it\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert proxy_secret(WebSettings()) == "another secret of it"
    assert proxy_secret(WebSettings(proxy_secret="b" * 16)) == "b" * 16
    (tmp_path / "web_proxy_secret").write_text("short")
    with pytest.raises(SettingsError, match="16 characters or more"):
        proxy_secret(WebSettings())
    shown = "\n".join(settings_lines(Settings(web=WebSettings(proxy_secret=SECRET))))
    assert SECRET not in shown
    assert "# web.proxy_secret: set" in shown
    (tmp_path / "importer.toml").write_text(f'[web]\nproxy_secret = "{SECRET}"\n')
    with pytest.raises(SettingsError, match="IMPORTER_WEB__PROXY_SECRET"):
        read_settings_file(tmp_path / "importer.toml")
    for weak in ("short", "x" * 15 + "\n", "æ" * 16):
        with pytest.raises(ValidationError):
            WebSettings(proxy_secret=weak)


def test_who_starts_the_page_reads_whom_it_believes():
    (note,) = proxy_notes(proxy_settings("10.0.0.0/8", "127.0.0.1"), has_secret=False)
    assert note.startswith("Anybody who can connect from 10.0.0.0/8 can name any user in X-Remote-User")
    assert proxy_notes(proxy_settings("10.0.0.0/8"), has_secret=True) == []
    assert proxy_notes(proxy_settings("127.0.0.1", "::1"), has_secret=False) == []
    (unknown,) = proxy_notes(WebSettings(**BEHIND, login="users"), has_secret=False)
    assert "counted by user alone" in unknown
    assert proxy_notes(WebSettings(), has_secret=False) == []
