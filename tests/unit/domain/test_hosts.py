"""Hosts of addresses, in one spelling each."""

import pytest

from importer.domain.hosts import host_of, is_loopback, normal_host


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example", "api.example"),
        ("https://API.Example.:443/v1/", "api.example"),
        ("https://api.example:8443", "api.example:8443"),
        ("http://127.0.0.1:8085", "127.0.0.1:8085"),
        ("http://[::1]:1", "[::1]:1"),
        ("https://api.example@evil.example", "evil.example"),
    ],
)
def test_the_host_of_an_address(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize("text", ["api.example", " API.example ", "https://api.example/v1", "api.example:443"])
def test_a_host_as_a_user_writes_it(text):
    assert normal_host(text) == "api.example"


@pytest.mark.parametrize("text", ["", "a b", "https://"])
def test_what_is_no_host(text):
    with pytest.raises(ValueError, match="https://host"):
        normal_host(text)


def test_loopback_is_this_machine_alone():
    assert is_loopback("http://127.0.0.1:1")
    assert is_loopback("https://localhost")
    assert not is_loopback("https://localhost.example")
