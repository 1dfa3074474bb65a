"""Notifications by the real Apprise and pings, to a real server: once for each change, and harmless when they fail."""

from __future__ import annotations

import builtins
import json
import logging
import socket
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from support.mailbox import Mailbox
from support.quiet_console import QuietConsole

from importer.errors import ApiStopped, ExitCode, FileRefused, LedgerHeld, SettingsError
from importer.notify.delivery import addresses_of, check_addresses, deliver
from importer.notify.night import Nightwatch, night
from importer.notify.pings import CODES, ping
from importer.notify.state import Undelivered
from importer.settings import Settings
from importer.workspace.environment import open_environment
from importer.workspace.result import RunResult
from importer.workspace.workspace import Workspace

NOW = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
SECRETS = ("very-secret-word", "very-secret-check")


@pytest.fixture
def mailbox():
    with Mailbox() as found:
        yield found


@pytest.fixture
def dead_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]  # bound, and nobody listens


class Nights:
    """Nights of an environment whose clock is set."""

    def __init__(self, folder, **settings):
        self.folder, self.console, self.now = folder, QuietConsole(), NOW
        self.settings = Settings(**settings)

    def environment(self):
        return open_environment(Workspace.at(self.folder), self.settings, sandbox=False)

    def night(self, *codes, error=None):
        with self.environment() as environment, night(environment, self.console, lambda: self.now) as report:
            for code in codes:
                assert report.result(RunResult(code)).exit_code is code
            if error:
                raise error
        self.now += timedelta(days=1)

    def watch(self):
        return self.environment(), lambda environment: Nightwatch(environment, self.console, lambda: self.now)

    def state(self):
        return json.loads((self.folder / "ledger.night.json").read_text(encoding="utf-8"))


def by_mail(folder, mailbox, **more):
    return Nights(folder, notify={"urls": mailbox.address, "ping_url": mailbox.ping_url, **more})


def test_a_change_is_notified_once_and_so_is_its_end(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    titles = []
    for code in (ExitCode.OK, ExitCode.BUG, ExitCode.BUG, ExitCode.OK, ExitCode.OK):
        nights.night(code)
        titles.append([f"{one['type']}: {one['title']}" for one in mailbox.take()])
    name = tmp_path.name
    assert titles == [
        [],
        [f"failure: Importer, {name}: the import ended with a bug"],
        [],
        [f"success: Importer, {name}: no bug any more"],
        [],
    ]
    assert nights.console.warnings == []


def test_pings_frame_each_run_with_one_id_and_its_code(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    nights.night(ExitCode.ROWS_LEFT)
    with pytest.raises(ApiStopped):
        nights.night(error=ApiStopped("Debitura is down."))
    (first, one, _), (second, two, text), (_, three, _), (last, four, _) = mailbox.pings
    assert (first, second, last) == ("start", "0", "5")
    assert UUID(one) == UUID(two) != UUID(three) == UUID(four)
    assert text == "The run ended with exit code 3."


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_has_its_ping(code):
    good = {0, 3, 7, 8, 75}
    assert CODES[code] == (None if code == 130 else 0 if code in good else int(code))


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ((FileRefused("x", files=3),), 4),
        ((LedgerHeld("x"),), 75),
        ((KeyboardInterrupt(),), 130),
        ((ZeroDivisionError(),), 1),
    ],
)
def test_an_exception_is_reported_and_goes_on(tmp_path, mailbox, errors, code):
    nights = by_mail(tmp_path, mailbox)
    for error in errors:
        with pytest.raises(type(error)):
            nights.night(error=error)
    wanted = ["start"] if code == 130 else ["start", "0" if code == 75 else str(code)]
    assert mailbox.signals == wanted
    assert [one["title"].partition(": ")[2] for one in mailbox.take()] == {
        1: ["the import ended with a bug"],
        4: ["3 files were refused"],
    }.get(code, [])


def test_several_results_count_as_one_with_the_most_urgent_code(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    nights.night(ExitCode.ROWS_LEFT, ExitCode.API_STOPPED)
    nights.night(ExitCode.API_STOPPED, ExitCode.OK)
    nights.night()
    assert mailbox.signals == ["start", "5", "start", "5", "start", "0"]


def test_a_dead_mailbox_is_harmless_and_gets_everything_later(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    mailbox.status = 500
    nights.night(ExitCode.BUG)
    nights.night(ExitCode.OK)
    said = nights.console.take_warnings()
    assert sum("could not be delivered" in text for text in said) == 2  # once a run
    assert sum("it answered with 500" in text for text in said) == 2
    assert nights.state()["undelivered"]
    mailbox.status = 200
    nights.night(ExitCode.OK)
    titles = [one["title"].partition(": ")[2] for one in mailbox.take()]
    assert titles == ["the import ended with a bug", "no bug any more"]
    assert (nights.state()["undelivered"], nights.console.warnings) == ([], [])


def test_a_dead_port_is_harmless_and_nothing_shows_the_addresses(tmp_path, dead_port, capfd):
    address = f"json://user:very-secret-word@127.0.0.1:{dead_port}"
    nights = Nights(tmp_path, notify={"urls": address, "ping_url": f"http://127.0.0.1:{dead_port}/very-secret-check"})
    nights.night(ExitCode.BUG)
    written = (tmp_path / "ledger.night.json").read_text(encoding="utf-8")
    shown = "".join([*nights.console.warnings, *capfd.readouterr(), written])
    assert "The ping of ping_url under [notify] failed: ConnectError." in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_only_the_address_that_failed_gets_it_again(tmp_path, mailbox):
    with Mailbox(status=500) as dead:
        nights = Nights(tmp_path, notify={"urls": f"{mailbox.address}\n{dead.address}"})
        nights.night(ExitCode.BUG)
        dead.status = 200
        nights.night(ExitCode.BUG)
        assert (len(mailbox.take()), len(dead.take())) == (1, 1)


def test_a_redirect_is_not_followed(mailbox):
    mailbox.status = 302
    assert ping(mailbox.ping_url, "0", "run") == "it answered with 302"
    assert mailbox.asked == 1


def test_a_ping_does_not_log_its_address(mailbox, caplog):
    with caplog.at_level(logging.INFO):
        assert ping(mailbox.ping_url, "0", "run") is None
    assert caplog.records == []


def test_an_address_that_apprise_does_not_know_ends_the_run_before_it_begins(tmp_path, mailbox):
    nights = Nights(tmp_path, notify={"urls": f"{mailbox.address} nonsense://very-secret-word"})
    with pytest.raises(SettingsError, match="Address 2 of IMPORTER_NOTIFY__URLS") as refused:
        nights.night(error=AssertionError("not reached"))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("library", "settings"),
    [("apprise", {"notify": {"urls": "json://localhost"}}), ("holidays", {"expect": {"country": "DK"}})],
)
def test_a_missing_extra_is_a_settings_error_that_says_what_to_install(tmp_path, monkeypatch, library, settings):
    real = builtins.__import__

    def without(name, *rest):
        if name == library:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingsError, match=r"pip install 'collection-importer\[notify\]'"):
        Nights(tmp_path, **settings).night(ExitCode.OK)


def test_a_plugin_that_raises_is_a_failure(monkeypatch):
    import apprise

    monkeypatch.setattr(apprise.Apprise, "notify", lambda *_, **__: 1 / 0)
    assert deliver(Undelivered("t", "b", "info", ("d",)), {"d": "json://localhost"}) == ("d",)


def test_nothing_happens_without_settings(tmp_path):
    Nights(tmp_path).night(ExitCode.BUG)
    assert not (tmp_path / "ledger.night.json").exists()


def test_metrics_that_cannot_be_written_are_said(tmp_path):
    nights = Nights(tmp_path, notify={"metrics_file": "missing/importer.prom"})
    nights.night(ExitCode.OK)
    assert "The metrics could not be written to" in nights.console.warnings[0]
    nights = Nights(tmp_path, notify={"metrics_file": "importer.prom"})
    nights.night(ExitCode.OK)
    assert "importer_last_run_exit_code 0\n" in (tmp_path / "importer.prom").read_text(encoding="utf-8")


def test_a_bug_in_reporting_hides_nothing(tmp_path, mailbox, monkeypatch):
    from importer.notify import reporting

    monkeypatch.setattr(reporting, "decide", lambda *_: 1 / 0)
    nights = by_mail(tmp_path, mailbox)
    nights.night(ExitCode.OK)
    assert nights.console.warnings == ["The run could not be reported (ZeroDivisionError), which is a bug: please report it."]


def test_error_sheets_are_attached_only_if_the_settings_say_so(tmp_path, mailbox):
    (tmp_path / "errors.xlsx").write_bytes(b"debtors")
    one = Undelivered("t", "b", "info", tuple(addresses_of(Settings(notify={"urls": mailbox.address}).notify)))
    addresses = addresses_of(Settings(notify={"urls": mailbox.address}).notify)
    with_file = Undelivered(
        one.title, one.text, one.severity, one.to, (str(tmp_path / "errors.xlsx"), str(tmp_path / "gone.xlsx"))
    )
    assert deliver(one, addresses) == deliver(with_file, addresses) == ()
    plain, attached = mailbox.take()
    assert (plain["attachments"], [file["filename"] for file in attached["attachments"]]) == ([], ["errors.xlsx"])


def test_addresses_may_be_in_the_keyring(tmp_path, monkeypatch):
    import keyring.core
    from support.file_keyring import FILE, FileKeyring

    monkeypatch.setenv(FILE, str(tmp_path / "keyring.json"))
    monkeypatch.setattr(keyring.core, "_keyring_backend", FileKeyring())
    keyring.set_password("collection-importer", "notify", "json://localhost, json://127.0.0.1")
    assert list(addresses_of(Settings().notify).values()) == ["json://localhost", "json://127.0.0.1"]
    check_addresses(addresses_of(Settings().notify))


# The watcher


def test_a_watcher_reports_a_file_that_did_not_come_when_its_time_is_over(tmp_path, mailbox):
    nights = Nights(
        tmp_path,
        notify={"urls": mailbox.address, "ping_url": mailbox.ping_url},
        expect={"files": "Mon..Fri by 03:00", "country": "DK"},
    )
    nights.now = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)  # half past two in Copenhagen, on a Wednesday
    with nights.environment() as environment:
        watch = Nightwatch(environment, nights.console, lambda: nights.now)
        titles = []
        for hours in (0, 1, 0, 0, 24, 24, 72, 24, 24):
            nights.now += timedelta(hours=hours)
            watch.look_at_the_clock()
            titles += [(f"{nights.now:%d %H:%M}", one["title"].partition(": ")[2]) for one in mailbox.take()]
    # On the first look, the deadline of the day before counts; it stays one trouble, whatever follows.
    assert titles == [("01 00:30", "no file came")]
    assert set(mailbox.signals) == {"fail"}
    assert nights.console.warnings == []


def test_a_watcher_looks_once_a_minute_and_pings_once_an_hour(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    with nights.environment() as environment:
        watch = Nightwatch(environment, nights.console, lambda: nights.now)
        for _ in range(150):
            nights.now += timedelta(seconds=30)
            watch.look_at_the_clock(nights.now)
        assert mailbox.signals == ["0", "0"]
        watch.imported(RunResult(ExitCode.API_STOPPED))
        assert mailbox.signals == ["0", "0"]
        watch.look_at_the_clock()
        nights.now += timedelta(hours=1)
        watch.look_at_the_clock()
        watch.failed(FileRefused("x"))
    assert mailbox.signals == ["0", "0", "5", "5", "4"]  # the sign of life repeats what is wrong
    assert [one["title"].partition(": ")[2] for one in mailbox.take()] == [
        "an API is down or refuses the credentials",
        "1 file was refused",
    ]


def test_a_refused_file_of_a_watcher_is_wrong_until_it_was_read_or_taken_away(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    bad, other, failed = RunResult(ExitCode.USAGE), RunResult(ExitCode.OK, empty=(object(),)), tmp_path / "failed.csv"
    failed.touch()
    told = []
    with nights.environment() as environment:
        watch = Nightwatch(environment, nights.console, lambda: nights.now)
        for files in ([(bad, "a", failed), (other, "b", None)], [(other, "c", None)], [(other, "b", None)]):
            for result, name, refused_at in files:
                watch.imported(result, name, refused_at)
            watch.look_at_the_clock(nights.now)
            told.append([one["title"].partition(": ")[2] for one in mailbox.take()])
            if len(told) == 2:
                failed.unlink()
    assert told == [["1 file was refused"], [], ["the files can be read again"]]
    assert [signal for signal in mailbox.signals if signal != "start"] == ["4", "0", "0"]
    assert nights.console.warnings == []


def test_an_interrupt_does_not_hide_what_was_refused_before_it(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    with nights.environment() as environment:
        watch = Nightwatch(environment, nights.console, lambda: nights.now)
        watch.imported(RunResult(ExitCode.FILE_REFUSED, refused=1), "a", tmp_path / "a")
        watch.imported(RunResult(ExitCode.INTERRUPTED), "b")
        watch.finish()
    assert [one["title"].partition(": ")[2] for one in mailbox.take()] == ["1 file was refused"]


def test_nights_that_are_kept_out_are_no_success(tmp_path, mailbox):
    nights = by_mail(tmp_path, mailbox)
    for _ in range(3):
        with pytest.raises(LedgerHeld):
            nights.night(error=LedgerHeld("x"))
    nights.night(ExitCode.OK)
    assert [signal for signal in mailbox.signals if signal != "start"] == ["0", "fail", "fail", "0"]
    titles = [one["title"].partition(": ")[2] for one in mailbox.take()]
    assert titles == ["2 runs in succession were kept out", "runs come through again"]


@pytest.mark.parametrize(("part", "at"), [("StateFile.change", "state_file"), ("Post.deliver", "post")])
def test_the_ping_comes_whatever_fails(tmp_path, mailbox, monkeypatch, part, at):
    nights = by_mail(tmp_path, mailbox)
    nights.night(ExitCode.OK)
    before, name = len(mailbox.signals), f"importer.notify.{at}.{part}"
    monkeypatch.setattr(name, lambda *_, **__: mailbox.signals and 1 / 0)
    nights.night(ExitCode.API_STOPPED)
    assert mailbox.signals[before:] == ["start", "5"]
    assert "ZeroDivisionError" in nights.console.warnings[0]


def test_a_watcher_tries_a_failed_delivery_again_after_an_hour(tmp_path, mailbox):
    nights = Nights(tmp_path, notify={"urls": mailbox.address})
    mailbox.status = 500
    with nights.environment() as environment:
        watch = Nightwatch(environment, nights.console, lambda: nights.now)
        watch.imported(RunResult(ExitCode.BUG))
        watch.look_at_the_clock(nights.now)
        mailbox.status = 200
        for minutes in (30, 29, 2):
            nights.now += timedelta(minutes=minutes)
            watch.look_at_the_clock()
            assert len(mailbox.notifications) == (1 if minutes == 2 else 0)
    assert len(nights.console.warnings) == 1
