"""Notifications, pings, metrics and the summary, by the commands that the documents show."""

from __future__ import annotations

import json
import shlex
import stat

import pytest
from support.documents import blocks
from support.file_keyring import keyring_variables
from support.mailbox import Mailbox
from support.sheets import case, cases, write_csv
from support.workspace import WORKSPACE

from importer.notify.metrics import RunFigures, metrics_text
from importer.notify.state import NightState

PAGE = "docs/operations/notifications.md"


@pytest.fixture
def mailbox():
    with Mailbox() as found:
        yield found


@pytest.fixture
def reported(configured_workspace, mailbox):
    """A workspace whose runs are reported to the mailbox."""
    configured_workspace.env |= {
        "IMPORTER_NOTIFY__URLS": mailbox.address,
        "IMPORTER_NOTIFY__PING_URL": mailbox.ping_url,
        "IMPORTER_NOTIFY__METRICS_FILE": "importer.prom",
    }
    (configured_workspace.folder / "incoming").mkdir()
    return configured_workspace


def shown(beginning):
    return next(line for block in blocks(PAGE) for line in block.splitlines() if line.startswith(beginning))


def command(workspace, line):
    return workspace.call(*shlex.split(line)[1:])


def test_a_run_is_reported_as_the_page_shows_it(reported, mailbox):
    wrong = case("C9", debtor_country="Atlantis")
    write_csv(reported.folder / "incoming" / "a.csv", [*cases(2), wrong])
    ended = command(reported, shown("importer run incoming"))
    assert ended.code == 3
    (one,) = mailbox.take()
    assert one["title"] == f"Importer, {reported.folder.name}: 1 case to correct"
    assert (mailbox.signals, one["type"], one["attachments"]) == (["start", "0"], "warning", [])
    assert "accepted: 2 cases (DKK 200.03)" in mailbox.pings[1][2]
    metrics = (reported.folder / "importer.prom").read_text(encoding="utf-8")
    assert 'importer_last_run_rows{kind="case",status="accepted"} 2\n' in metrics
    assert 'importer_quota_left_requests{api="Debitura",period="day"}' in metrics
    again = command(reported, "importer resume --notify")
    assert (again.code, mailbox.take(), mailbox.signals[2:]) == (0, [], ["start", "0"])


def test_the_error_sheet_is_attached_only_on_demand(reported, mailbox):
    reported.env |= {"IMPORTER_NOTIFY__ATTACH": "true"}
    write_csv(reported.folder / "incoming" / "a.csv", [case("C9", debtor_country="Atlantis")])
    assert reported.call("run", "incoming", "--yes", "--notify").code == 3
    (one,) = mailbox.take()
    assert [file["filename"] for file in one["attachments"]] == ["errors.xlsx"]


def test_neither_debtors_nor_addresses_are_written_or_said(reported, mailbox):
    mailbox.status = 500
    write_csv(reported.folder / "incoming" / "zebrahest.csv", [*cases(1), case("C9", debtor_country="Atlantis")])
    ended = reported.call("run", "incoming", "--yes", "--notify", "--quiet")
    assert ended.code == 3
    assert "A notification could not be delivered. It is sent again in the next run." in ended.err
    state = (reported.folder / "ledger.night.json").read_text(encoding="utf-8")
    shown_texts = [ended.err, state, (reported.folder / "importer.prom").read_text(encoding="utf-8")]
    for secret in ("very-secret", "zebrahest", "Nordlys"):
        assert not [text for text in shown_texts if secret in text], secret
    assert stat.S_IMODE((reported.folder / "ledger.night.json").stat().st_mode) == 0o600
    mailbox.status = 200
    assert reported.call("resume", "--notify").code == 0
    assert "zebrahest" not in json.dumps(mailbox.take()).casefold()
    assert "very-secret" not in reported.call("config", "show").out


def test_the_summary_counts_since_the_last_one_that_was_sent(reported, mailbox):
    write_csv(reported.folder / "incoming" / "a.csv", [*cases(2), case("C9", debtor_country="Atlantis")])
    assert reported.call("run", "incoming", "--yes").code == 3
    for line in ("importer summary", shown("importer summary --since 7d")):
        ended = command(reported, line)
        assert ended.code == 0
        assert ended.out.startswith("1 file was imported since ")
        assert "    accepted                  2  DKK 200.03\n" in ended.out
        assert "1 row of batch 1 must be corrected" in ended.out
    found = json.loads(command(reported, shown("importer summary --since 2026")).out)
    assert found["rows"]["accepted"] == {"cases": {"rows": 2, "totals": {"DKK": "200.03"}}}
    assert [(one["what"], one["command"]) for one in found["waiting"]] == [("rows to correct", "importer report 1")]
    sent = reported.call("summary", "--send")
    (one,) = mailbox.take()
    assert sent.code == 0
    assert (one["title"].partition(": ")[2], one["message"]) == ("1 batch imported, 1 to do", sent.out.strip())
    assert reported.call("summary").out.startswith("No file was imported since ")
    mailbox.status = 500
    assert reported.call("summary", "--send").code == 5


def test_a_row_that_comes_again_is_to_be_corrected_once(reported):
    wrong = [case("C8", debtor_country="Atlantis"), case("C9", debtor_country="Atlantis")]
    for name, rows in {"a.csv": [*cases(1), *wrong], "b.csv": [*cases(2), *wrong]}.items():
        write_csv(reported.folder / name, rows)
        assert reported.call("run", name, "--yes").code == 3
    said = reported.call("summary").out
    assert "2 rows of batch 2 must be corrected" in said
    assert "of batch 1 must be corrected" not in said


def test_a_summary_that_cannot_be_sent_or_made(configured_workspace):
    assert configured_workspace.call("summary").code == 2  # there is no ledger
    sent = configured_workspace.call("summary", "--send")
    assert (sent.code, "Set IMPORTER_NOTIFY__URLS, or use `importer login --notify`." in sent.err) == (2, True)
    odd = configured_workspace.call("summary", "--since", "yesterday")
    assert (odd.code, "--since yesterday is no moment" in odd.err) == (2, True)


def test_addresses_are_kept_in_the_keyring(workspace, tmp_path, mailbox):
    workspace.env = {WORKSPACE: "", **keyring_variables(tmp_path / "ring.json")}
    line = shown("importer login --notify")
    assert workspace.finish(workspace.start(*shlex.split(line)[1:])).code == 2  # stdin is empty
    file = tmp_path / "addresses"
    file.write_text(f"{mailbox.address}\n{mailbox.address}2\n", encoding="utf-8")
    with file.open(encoding="utf-8") as given:
        ended = workspace.finish(workspace.start(*shlex.split(line)[1:], stdin=given))
    assert (ended.code, ended.err) == (0, "2 addresses are in the keyring, and get the notifications.\n")
    assert "# notify.urls: set" in workspace.run("config", "show").out
    assert workspace.run("logout", "--notify").err == "The addresses for notifications were deleted from the keyring.\n"
    assert "# notify.urls: missing" in workspace.run("config", "show").out


def test_an_address_in_a_file_is_refused(workspace):
    (workspace.folder / "importer.toml").write_text('[notify]\nurls = "json://localhost"\n', encoding="utf-8")
    ended = workspace.call("config", "show")
    assert (ended.code, "importer.toml holds notify.urls. Secrets do not belong in a file" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("NOTIFY__PING_URL", "http://example.com/very-secret", "must begin with https://"),
        ("NOTIFY__PING_URL", "https://example.com/very-secret?x", "without ? and #"),
        ("EXPECT__FILES", "daily", 'write it as in "Mon..Fri by 03:00"'),
        ("EXPECT__COUNTRY", "Denmark", 'write it as in "DK"'),
    ],
)
def test_a_setting_that_cannot_be(workspace, variable, value, problem):
    ended = workspace.call("config", "show", env={f"IMPORTER_{variable}": value})
    assert (ended.code, problem in ended.err, "very-secret" in ended.err) == (2, True, False)


def test_the_settings_that_are_shown_are_accepted(workspace):
    text = "\n".join(blocks(PAGE, "toml"))
    (workspace.folder / "importer.toml").write_text(text, encoding="utf-8")
    assert 'profiles = {"visma": "Mon by 06:00"}' in workspace.call("config", "show").out


def test_every_metric_is_described():
    described = {row.split("`")[1] for row in open_page().splitlines() if row.startswith("| `importer_")}
    written = {line.split()[2] for line in metrics_text(RunFigures(1, 0, 1), None, NightState()).splitlines() if "# TYPE" in line}
    assert written <= described


def open_page():
    from support.documents import text_of

    return text_of(PAGE)


def test_a_good_file_in_a_watched_folder_does_not_end_the_trouble_of_another_one(reported, mailbox):
    folder, said = reported.folder / "incoming", []
    write_csv(reported.folder / "first.csv", cases(1))
    assert reported.call("run", "first.csv", "--yes").code == 0
    for name, number in (("a.csv", None), ("b.csv", 2), ("a.csv", 3)):
        write_csv(folder / name, cases(1, first=number)) if number else (folder / name).write_bytes(b"PK\x03\x04 no sheet\n")
        reported.call("watch", "incoming", "--once", env={"IMPORTER_WATCH__SETTLE_SECONDS": "0.1"})
        said.append([one["title"].partition(": ")[2].split("; ") for one in mailbox.take()])
    recovery = "the files can be read again"
    assert said[0] == [["1 file was refused"]]
    assert [[recovery in titles for titles in night] for night in said[1:]] == [[False], [True]], said
