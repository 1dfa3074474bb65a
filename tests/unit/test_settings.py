"""Where settings come from, which are refused and how, and that secrets are never shown."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError

from importer.commands.config import settings_lines
from importer.credentials import find_credential, secret
from importer.domain.code_lists import Direction
from importer.errors import SettingsError
from importer.settings import KEYRING_SERVICE, Settings, fingerprint_of
from importer.workspace.environment import open_environment
from importer.workspace.workspace import Workspace

SECRET = "hunter2-hunter2"
OWN_TYPE = "11111111-2222-4333-8444-555555555555"
WORKSPACE = Workspace.at(None)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "importer.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


class Ring(KeyringBackend):
    priority = 1

    def __init__(self, found=None, error=None):
        super().__init__()
        self.found, self.error = found or {}, error

    def get_password(self, service, username):
        if self.error:
            raise self.error
        return self.found.get((service, username))

    def set_password(self, service, username, password):
        raise NotImplementedError


@pytest.fixture
def ring(monkeypatch):
    def use(found=None, error=None):
        monkeypatch.setattr(keyring.core, "_keyring_backend", Ring(found, error))

    return use


# Where they come from


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(monkeypatch):
    assert WORKSPACE.load_settings().dispatch.concurrency == 16
    write("[dispatch]\nconcurrency = 3\ntimeout_seconds = 5\n")
    assert WORKSPACE.load_settings().dispatch.concurrency == 3
    monkeypatch.setenv("IMPORTER_DISPATCH__CONCURRENCY", "7")
    found = WORKSPACE.load_settings().dispatch
    assert (found.concurrency, found.timeout_seconds, found.settle_minutes) == (7, 5, 15)


def test_an_empty_variable_is_none_at_all(monkeypatch):
    write("[dispatch]\nconcurrency = 3\n")
    monkeypatch.setenv("IMPORTER_DISPATCH__CONCURRENCY", "")
    assert WORKSPACE.load_settings().dispatch.concurrency == 3


def test_another_file_may_be_named():
    write("[dispatch]\nconcurrency = 3\n")
    other = write("[dispatch]\nconcurrency = 4\n", "other.toml")
    assert WORKSPACE.load_settings(other).dispatch.concurrency == 4
    with pytest.raises(SettingsError, match=r"The settings file missing\.toml does not exist"):
        WORKSPACE.load_settings(Path("missing.toml"))


def test_every_section_can_be_set_by_variables(monkeypatch):
    for name, value in (
        ("DEBITURA__BASE_URL", "https://staging.example/api/"),
        ("DEBBIE__CASE_ID_FROM", "reference"),
        ("LEDGER__URL", "sqlite:///x.db"),
        ("OUTPUT__DIRECTORY", "reports"),
        ("DEFAULTS__CREDITOR_COUNTRY", "SE"),
    ):
        monkeypatch.setenv(f"IMPORTER_{name}", value)
    found = WORKSPACE.load_settings()
    assert found.debitura.base_url == "https://staging.example/api"  # without the slash, which paths bring along
    assert found.debbie.case_id_from == "reference"
    assert found.ledger.url == "sqlite:///x.db"
    assert found.output.directory == Path("reports")
    assert found.defaults == {"creditor_country": "SE"}


# What is refused


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[dispatch\n", "importer.toml cannot be read"),
        ("\xff\n", None),
        ("[dispatch]\nconcurency = 3\n", "dispatch.concurency: there is no such key"),
        ("[dispach]\nconcurrency = 3\n", "dispach: there is no such key"),
        ("[dispatch]\nconcurrency = 0\n", "dispatch.concurrency"),
        ("[dispatch]\nconcurrency = 1000\n", "dispatch.concurrency"),
        ("[dispatch]\ntimeout_seconds = 0\n", "dispatch.timeout_seconds"),
        ("[dispatch]\nsettle_minutes = -1\n", "dispatch.settle_minutes"),
        ('[dispatch]\non_absent = "guess"\n', "dispatch.on_absent"),
        ('[dispatch]\nidempotency_keys = "yes"\n', "dispatch.idempotency_keys"),
        ('[debbie]\ncase_id_from = "name"\n', "debbie.case_id_from"),
        ('[debbie]\ntenant_id = "acme"\n', "debbie.tenant_id"),
        ('[debbie]\ntimezone = "Europe/Kopenhagen"\n', "debbie.timezone: is not a time zone"),
        ('[debbie]\ntimezone = "../../etc/passwd"\n', "debbie.timezone: is not a time zone"),
        ('[debbie]\ntimezone = ""\n', "debbie.timezone: is not a time zone"),
        ('[defaults]\ncurency = "DKK"\n', '"curency" is not a column'),
        ('[voucher_types.fee]\nid = "x"\ncounts = "debt"\n', "voucher_types.fee.id"),
        (f'[voucher_types.fee]\nid = "{OWN_TYPE}"\ncounts = "down"\n', "voucher_types.fee.counts"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(text, told):
    path = Path("importer.toml")
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError) as raised:
        WORKSPACE.load_settings()
    assert (told or "cannot be read") in str(raised.value)
    assert "importer.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://collectionpartner-api.debitura.com", "must begin with https://"),
        ("http://10.0.0.5:8080", "must begin with https://"),
        ("http://localhost.example.com", "must begin with https://"),
        ("http://127.0.0.1.example.com", "must begin with https://"),
        ("ftp://api.example", "write it as https://host"),
        ("api.example", "write it as https://host"),
        ("", "write it as https://host"),
        (f"https://user:{SECRET}@api.example", "credentials have settings of their own"),
        (f"https://api.example?key={SECRET}", "credentials have settings of their own"),
    ],
)
@pytest.mark.parametrize("section", ["debitura", "debbie"])
def test_addresses_are_https_and_hold_no_credentials(section, url, told):
    write(f'[{section}]\nbase_url = "{url}"\n')
    with pytest.raises(SettingsError, match=f"{section}.base_url: .*{told}") as raised:
        WORKSPACE.load_settings()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8085", "http://localhost:1", "http://[::1]:1"])
def test_on_this_machine_http_will_do(url):
    write(f'[debitura]\nbase_url = "{url}"\n')
    assert WORKSPACE.load_settings().debitura.base_url == url


@pytest.mark.parametrize(
    ("section", "key", "variable"), [("debitura", "api_key", "DEBITURA__API_KEY"), ("debbie", "token", "DEBBIE__TOKEN")]
)
def test_a_secret_in_the_file_is_refused_without_showing_it(section, key, variable):
    write(f'[{section}]\n{key} = "{SECRET}"\n')
    with pytest.raises(SettingsError) as raised:
        WORKSPACE.load_settings()
    assert f"importer.toml holds {section}.{key}" in str(raised.value)
    assert f"IMPORTER_{variable}" in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "text", [f'debitura = "{SECRET}"\n', f'[debitura]\nApi_Key = "{SECRET}"\n', f'[debitura.api_key]\nvalue = "{SECRET}"\n']
)
def test_a_secret_that_is_misplaced_is_not_shown_either(text):
    write(text)
    with pytest.raises(SettingsError) as raised:
        WORKSPACE.load_settings()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("name", ["IMPORTER_DISPATCH", "IMPORTER_DEBITURA", "IMPORTER_DEFAULTS"])
@pytest.mark.parametrize("value", [SECRET, f'{{"key": "{SECRET}"}}'])
def test_a_variable_that_cannot_be_read_is_one_sentence_without_its_value(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        WORKSPACE.load_settings()
    assert SECRET not in str(raised.value)


def test_a_variable_that_is_misspelt_is_not_passed_over(monkeypatch):
    monkeypatch.setenv("IMPORTER_DISPATCH__CONCURENCY", "3")
    with pytest.raises(SettingsError, match=r"dispatch\.concurency: there is no such key"):
        WORKSPACE.load_settings()


# Secrets


def test_a_secret_comes_from_the_environment_else_from_the_keyring(monkeypatch, ring):
    ring({(KEYRING_SERVICE, "debitura"): "from the ring", (KEYRING_SERVICE, "debbie"): "also from the ring"})
    assert secret(WORKSPACE.load_settings(), "debitura") == "from the ring"
    assert secret(WORKSPACE.load_settings(), "debbie") == "also from the ring"
    monkeypatch.setenv("IMPORTER_DEBITURA__API_KEY", SECRET)
    assert secret(WORKSPACE.load_settings(), "debitura") == SECRET
    assert secret(WORKSPACE.load_settings(), "debbie") == "also from the ring"


def test_the_keyring_holds_a_secret_for_each_host(monkeypatch, ring):
    documented = "collectionpartner-api.debitura.com"
    held = {(KEYRING_SERVICE, "debitura"): "of an earlier release", (KEYRING_SERVICE, "debitura@api.example:8443"): "its own"}
    ring(held)
    assert secret(WORKSPACE.load_settings(), "debitura") == "of an earlier release"
    monkeypatch.setenv("IMPORTER_DEBITURA__BASE_URL", "https://API.example:8443/v1")
    assert secret(WORKSPACE.load_settings(), "debitura") == "its own"
    monkeypatch.setenv("IMPORTER_DEBITURA__BASE_URL", "https://api.example")
    assert secret(WORKSPACE.load_settings(), "debitura") is None  # and not the one of the documented host
    monkeypatch.delenv("IMPORTER_DEBITURA__BASE_URL")
    ring(held | {(KEYRING_SERVICE, f"debitura@{documented}"): "the newest"})
    assert secret(WORKSPACE.load_settings(), "debitura") == "the newest"


def test_the_variable_that_names_the_workspace_is_no_section(monkeypatch):
    monkeypatch.setenv("IMPORTER_WORKSPACE", "/srv/collection")
    monkeypatch.setenv("IMPORTER_WORKSPACE__GROUP", "finance")
    assert WORKSPACE.load_settings().workspace.group == "finance"


@pytest.mark.parametrize(
    "error",
    [
        *(KeyringLocked("locked"), NoKeyringError("no recommended backend")),
        *(ModuleNotFoundError("No module named 'nonsense'"), ValueError("Empty module name"), AttributeError("x"), OSError("x")),
    ],
)
def test_a_keyring_that_does_not_open_is_as_good_as_none(ring, error):
    ring(error=error)
    assert secret(WORKSPACE.load_settings(), "debitura") is None


def test_an_empty_secret_is_none(ring):
    ring({(KEYRING_SERVICE, "debitura"): ""})
    assert not secret(WORKSPACE.load_settings(), "debitura")


def test_secrets_are_in_no_text_of_the_settings(monkeypatch, ring):
    ring({(KEYRING_SERVICE, "debbie"): SECRET})
    monkeypatch.setenv("IMPORTER_DEBITURA__API_KEY", SECRET)
    settings = WORKSPACE.load_settings()
    shown = "\n".join(settings_lines(settings))
    assert "# debitura.api_key: set" in shown
    assert "# debbie.token: set" in shown
    assert "api_key =" not in shown
    assert SECRET not in shown + repr(settings) + str(settings) + settings.model_dump_json()


def test_a_fingerprint_knows_a_credential_again_and_gives_nothing_away():
    one = fingerprint_of(SECRET, "https://a.example")
    assert one == fingerprint_of(SECRET, "https://a.example")
    assert len({one, fingerprint_of(SECRET, "https://b.example"), fingerprint_of(SECRET + "x", "https://a.example")}) == 3
    assert SECRET not in one


# What they hold


def test_voucher_types_of_an_installation():
    write(f'[voucher_types.court_fee]\nid = "{OWN_TYPE}"\ncounts = "credit"\ndanish = "Retsafgift"\n')
    types = WORKSPACE.load_settings().known_voucher_types()
    for name in ("court_fee", "Court fee", "retsafgift", OWN_TYPE):
        found = types.find(name)
        assert found is not None
        assert (str(found.id), found.direction) == (OWN_TYPE, Direction.CREDIT)
    assert types.find("invoice").direction is Direction.DEBT


def test_the_time_zone():
    assert WORKSPACE.load_settings().zone() == ZoneInfo("Europe/Copenhagen")
    write('[debbie]\ntimezone = "America/New_York"\n')
    assert WORKSPACE.load_settings().zone() == ZoneInfo("America/New_York")


def test_settings_cannot_be_changed_once_they_are_in_force():
    with pytest.raises(ValueError, match="frozen"):
        Settings().dispatch.concurrency = 3


LIVE = "https://collectionpartner-api.debitura.com"


@pytest.mark.parametrize(
    ("dispatch", "url", "seconds"),
    [
        ({}, LIVE, 30),
        ({"settle_minutes": 2}, LIVE, 30),
        ({"settle_minutes": 1.9}, LIVE, None),
        ({"settle_minutes": 0}, LIVE, None),
        ({"timeout_seconds": 421}, LIVE, None),
        ({"send_within_seconds": 420}, LIVE, 420),
        ({"send_within_seconds": 421}, LIVE, None),
        ({"send_within_seconds": 421}, "http://127.0.0.1:8000", None),  # chosen, so it is refused everywhere
        ({"settle_minutes": 0}, "http://127.0.0.1:8000", 30),
        ({"settle_minutes": 0.2, "timeout_seconds": 1}, "http://localhost:8000", 5),
        ({"settle_minutes": 0.01, "timeout_seconds": 1}, "http://[::1]:8000", 1),
    ],
)
def test_the_send_deadline_fits_the_settle_time(tmp_path, dispatch, url, seconds):
    settings = Settings(dispatch=dispatch, debitura={"base_url": url, "api_key": "k"})
    with open_environment(Workspace.at(tmp_path), settings, sandbox=False) as environment:
        if seconds is None:
            with pytest.raises(SettingsError, match=r"send_within_seconds \(.*settle_minutes to at least \d"):
                environment.check_deadline()
        else:
            environment.check_deadline()
            assert environment.send_within_seconds == seconds


def test_settings_that_contradict_the_deadline_end_a_live_run(tmp_path):
    from support.workspace import CliWorkspace, settings_for

    workspace = CliWorkspace(tmp_path)
    workspace.env = settings_for("http://127.0.0.1:9", IMPORTER_DISPATCH__SEND_WITHIN_SECONDS="600")
    (tmp_path / "a.csv").write_text("case_ref\n1\n")
    for command in (["run", "a.csv", "--yes"], ["resume"]):
        ended = workspace.call(*command)
        assert ended.code == 2
        assert "send_within_seconds (600)" in ended.err or command == ["resume"]
    assert not (tmp_path / "ledger.db").exists()


def test_a_credential_of_systemd_is_below_the_environment_and_above_the_keyring(ring, monkeypatch, tmp_path):
    ring({(KEYRING_SERVICE, "debitura"): "from-the-ring"})
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret(Settings(), "debitura") == "from-the-ring"
    (tmp_path / "debitura_api_key").write_text(f"{SECRET}\n", encoding="utf-8")
    found = find_credential(Settings(), "debitura")
    assert (found.value, found.origin) == (SECRET, "the file debitura_api_key of CREDENTIALS_DIRECTORY")
    assert SECRET not in repr(found)
    monkeypatch.setenv("IMPORTER_DEBITURA__API_KEY", "from-the-environment")
    assert secret(Settings(), "debitura") == "from-the-environment"


def test_a_credential_that_is_no_text_is_refused_without_its_content(monkeypatch, tmp_path):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "debbie_token").write_bytes(b"\xff\xfesecret")
    with pytest.raises(SettingsError, match=r"debbie_token cannot be read \(UnicodeDecodeError\)") as refused:
        secret(Settings(), "debbie")
    assert "secret" not in str(refused.value)
