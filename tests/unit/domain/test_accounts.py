"""An account is a value: however its address, its partner and its tenant are spelt, it is the same account."""

import pytest

from importer.domain.accounts import debbie_account, debitura_account, normal_account, normal_id, normal_url

PARTNER = "5a4d0b0c-0000-4000-8000-00000000d0b1"
PARTNERS = [
    PARTNER,
    PARTNER.upper(),
    f"{{{PARTNER}}}",
    f" {PARTNER.replace('-', '')}\n",
    f"urn:uuid:{PARTNER.title()}",
]
HOSTS = [
    "https://api.example/v1",
    "https://api.example/v1/",
    "https://api.example/v1//",
    "HTTPS://API.Example/v1",
    " https://api.example/v1\t",
    "https://api.example:443/v1",
    "https://api.example:0443/v1",
    "https://api.example:/v1",
    "https://api.example./v1",
    "https://api.example/./v1",
    "https://api.example/old/../v1/.",
    "https://api.example/old/%2e%2e/v1",
    "https://api.example/%76%31",
    "https://ａｐｉ.example/v1",
    "https://api。example/v1",
    "https://api.example/v1?",
]


@pytest.mark.parametrize("url", HOSTS)
@pytest.mark.parametrize("partner", PARTNERS)
def test_every_spelling_is_one_account(url, partner):
    assert debitura_account(url, partner) == f"debitura:https://api.example/v1:{PARTNER}"
    assert debbie_account(url, partner) == f"debbie:https://api.example/v1:{PARTNER}"
    assert normal_account(f"debitura:{url}:{partner}") == f"debitura:https://api.example/v1:{PARTNER}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://bücher.example", "https://XN--BCHER-KVA.example"),
        ("https://bücher.example", "https://bu\u0308cher.example"),
        ("https://a.example/%c3%b8", "https://a.example/ø"),
        ("https://a.example/%2f", "https://a.example/%2F"),
        ("https://a.example/%7Eb", "https://a.example/~b"),
        ("http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/"),
        ("http://127.0.0.1:80", "HTTP://127.0.0.1"),
    ],
)
def test_two_spellings_of_one_address(one, other):
    assert normal_url(one) == normal_url(other)
    assert normal_url(normal_url(one)) == normal_url(one)


@pytest.mark.parametrize(
    "others",
    [
        ("https://a.example", "http://a.example", "https://b.example", "https://a.example:8443", "https://a.example/v1"),
        ("https://a.example/v1", "https://a.example/V1", "https://a.example/v1/b", "https://a.example/v%2F1"),
        ("https://a.example:80", "https://a.example", "http://a.example:443"),
    ],
)
def test_different_addresses_stay_different(others):
    assert len({normal_url(url) for url in others}) == len(others)


@pytest.mark.parametrize(
    "url", ["", "api.example", "https://", "https://.", "https://a b", "https://a:99999", "https://a:x", "/v1"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="write it as https://host"):
        normal_url(url)


def test_ids_that_are_not_uuids_are_compared_in_lower_case():
    assert normal_id(" Partner-1 ") == normal_id("partner-1") != normal_id("partner-01")


@pytest.mark.parametrize("text", ["sandbox", "partner", "debitura:", "debitura:x", "debitura:not a url:p", "other:https://a:p"])
def test_a_text_that_is_no_account_stays(text):
    assert normal_account(text) == text


def test_a_port_is_not_taken_for_an_id():
    assert normal_account("debitura:HTTPS://a.example:8443:P1") == "debitura:https://a.example:8443:p1"
    assert normal_account("debitura:HTTPS://a.example:no:P1") == "debitura:https://a.example:no:p1"
    assert normal_account("debbie:https://A.example/x:none") == "debbie:https://a.example/x:none"
