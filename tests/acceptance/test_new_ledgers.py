"""The same rows from other folders, users and ledgers: one set of cases. And cases that were made in the portal."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter

import httpx
import pytest
from support.fault_proxy import Drop, Reply
from support.sheets import case, cases, read_sheet, voucher, vouchers, write_workbook
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import API_KEY, DATA_FOLDER, TENANT, TOKEN, CliWorkspace

RUN = ("run", "a.xlsx", "--yes", "-q")
ROWS = 4


def workspace_in(folder, env, *, rows=ROWS, data_folder=None, new_ledger=False, with_vouchers=False):
    """A folder with the same file, for commands that are not given ``--new-ledger`` by themselves."""
    folder.mkdir(exist_ok=True)
    work = CliWorkspace(folder, new_ledger=new_ledger)
    work.env = dict(env)
    if data_folder is not None:
        work.env[DATA_FOLDER] = str(data_folder)
    write_workbook(folder / "a.xlsx", cases(rows), vouchers(rows) if with_vouchers else ())
    return work


@pytest.fixture
def env(configured_workspace):
    return configured_workspace.env | {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}


@pytest.fixture
def first(env, tmp_path):
    """A ledger that has sent the rows."""
    work = workspace_in(tmp_path / "first", env)
    assert work.call(*RUN, "--new-ledger").code == 0
    return work


def one_set(fake_apis, count=ROWS):
    made = Counter(found["creditorReference"] for found in fake_apis.cases)
    return len(made) == count and set(made.values()) == {1}


def questioned(workspace):
    rows = read_sheet(workspace.reports()[-1] / "errors.xlsx", "Cases")
    return [row for row in rows if row["#status"] == "questioned"]


def in_portal(env, **changes):
    """Make a case past the importer, as a person does in the portal. Returns its reference."""
    wire = {
        "creditorCompanyName": "Nordlys Energi A/S",
        "creditorCountryAlpha2": "DK",
        "currencyCode": "DKK",
        "date": "2026-01-31",
        "amountToRecover": 100.01,
        "creditorReference": "INV-C1",
        "debtor": {"type": "Person", "name": "Bodil Zebrahest C1", "countryAlpha2": "DK"},
    }
    url = f"{env['IMPORTER_DEBITURA__BASE_URL']}/managed-cases"
    answer = httpx.post(url, json=wire | changes, headers={"XApiKey": API_KEY}, verify=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["reference"]


def at_debbie(env, case_id, **changes):
    """Make a voucher past the importer."""
    wire = {
        "voucherTypeId": "eb41e58e-fccf-419d-a771-cd5027fe6e87",
        "currency": "DKK",
        "amount": -10001,
        "date": "2026-01-31 00:00:00.000+01",
        "source": "CREDITOR",
    }
    url = f"{env['IMPORTER_DEBBIE__BASE_URL']}/v1/{TENANT}/case-vouchers/{case_id}"
    answer = httpx.post(url, json=wire | changes, headers={"Authorization": f"Bearer {TOKEN}"}, verify=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["caseVoucherId"]


# A new ledger on a live account


def test_without_a_terminal_the_first_run_of_a_ledger_needs_to_be_allowed(env, tmp_path, fake_apis):
    work = workspace_in(tmp_path / "new", env)
    refused = work.call(*RUN)
    assert (refused.code, "add --new-ledger" in refused.err) == (2, True)
    assert not (work.folder / "ledger.db").exists()
    assert fake_apis.cases == []
    assert work.call(*RUN, "--new-ledger").code == 0
    assert work.call(*RUN).code == 0  # now it is remembered
    assert one_set(fake_apis)


def test_at_a_terminal_it_is_asked(env, tmp_path, fake_apis):
    work = workspace_in(tmp_path / "new", env)
    for word, code in (("n", 130), ("y", 0)):
        with at_a_terminal(work, *RUN) as (process, keyboard):
            shown = read_until(keyboard, "Begin with a new ledger? [y/N]")
            assert "is new for the account debitura:" in " ".join(shown.split())
            os.write(keyboard, f"{word}\n".encode())
            ended, _, _ = finish(process, keyboard)
        assert ended == code
        assert one_set(fake_apis) is (code == 0)
        assert (work.folder / "ledger.db").exists() is (code == 0)


def test_the_sandbox_asks_nothing(tmp_path):
    work = workspace_in(tmp_path / "new", {})
    assert work.call("run", "a.xlsx", "--sandbox", "-q").code == 0


def test_a_probe_is_no_first_use(env, tmp_path):
    work = workspace_in(tmp_path / "new", env | {"IMPORTER_DISPATCH__SETTLE_MINUTES": "15"})
    assert work.call("doctor", "--probe").code == 0
    assert work.call(*RUN).code == 2


# The same rows with other ledgers


@pytest.mark.parametrize("more", [(), ("--new-ledger",)])
def test_another_folder_of_the_same_user_is_refused(first, env, tmp_path, fake_apis, more):
    for name in ("second", "third"):
        other = workspace_in(tmp_path / name, env)
        refused = other.call(*RUN, *more)
        assert refused.code == 2
        assert str(first.folder / "ledger.db") in refused.err
        assert "importer ledger forget debitura:" in refused.err
        assert not (other.folder / "ledger.db").exists()
    assert one_set(fake_apis)
    assert first.call(*RUN).code == 0


def test_once_the_account_is_forgotten_a_new_ledger_asks_about_what_is_there(first, env, tmp_path, fake_apis):
    second = workspace_in(tmp_path / "second", env)
    refused = second.call(*RUN, "--new-ledger")
    account = refused.err.partition("importer ledger forget ")[2].partition("`")[0]
    assert second.call("ledger", "forget", account).code == 0
    assert second.call(*RUN).code == 2  # still a new ledger
    asked = second.call(*RUN, "--new-ledger")
    assert asked.code == 6, asked
    assert len(questioned(second)) == ROWS
    assert one_set(fake_apis)
    assert first.call(*RUN).code == 2  # the account has another ledger now


def test_another_user_with_the_same_key_is_asked_about_every_row(first, env, tmp_path, fake_apis):
    other = workspace_in(tmp_path / "other", env, data_folder=tmp_path / "other-data")
    ended = other.call(*RUN, "--new-ledger")
    assert ended.code == 6, ended
    rows = questioned(other)
    assert len(rows) == ROWS
    reference = first.ledger("SELECT remote_reference FROM entry ORDER BY id")[0][0]
    assert f"There is a case {reference} of 20" in rows[0]["#errors"]
    assert "that this ledger did not send" in rows[0]["#errors"]
    assert f"importer adopt {rows[0]['#entry']} --case {reference}" in rows[0]["#errors"]
    assert f"importer resolve {rows[0]['#entry']} --send" in rows[0]["#errors"]
    again = other.call(*RUN)
    assert (again.code, one_set(fake_apis)) == (3, True)  # still waiting


def test_a_copied_installation_of_another_user_notices_what_the_first_one_sent_since(first, env, tmp_path, fake_apis):
    copied = CliWorkspace(shutil.copytree(first.folder, tmp_path / "copied"), new_ledger=False)
    copied.env = env | {DATA_FOLDER: str(tmp_path / "other-data")}
    for work in (first, copied):
        write_workbook(work.folder / "b.xlsx", cases(2, first=11))
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 0
    ended = copied.call("run", "b.xlsx", "--yes", "-q")
    assert ended.code == 6, ended
    assert len(questioned(copied)) == 2
    assert one_set(fake_apis, ROWS + 2)


def test_a_lost_ledger_is_not_replaced_by_a_new_one(first, fake_apis):
    (first.folder / "ledger.db").unlink()
    for more in ((), ("--new-ledger",)):
        refused = first.call(*RUN, *more)
        assert (refused.code, "is gone" in refused.err) == (2, True)
        assert not (first.folder / "ledger.db").exists()
    account = refused.err.partition("importer ledger forget ")[2].partition("`")[0]
    assert first.call("ledger", "forget", account).code == 0
    assert first.call(*RUN).code == 2
    assert first.call(*RUN, "--new-ledger").code == 6
    assert len(questioned(first)) == ROWS
    assert one_set(fake_apis)


def test_an_unmounted_ledger_is_not_replaced_by_a_new_one(first, env, fake_apis):
    away = first.folder.rename(first.folder.with_name("away"))
    empty = workspace_in(first.folder, env)
    refused = empty.call(*RUN, "--new-ledger")
    assert (refused.code, "Another ledger serves the account" in refused.err) == (2, True)
    assert not (empty.folder / "ledger.db").exists()
    shutil.rmtree(first.folder)
    away.rename(first.folder)
    assert first.call(*RUN).code == 0
    assert one_set(fake_apis)


# Cases made in the portal


def test_a_case_made_in_the_portal_between_two_runs_is_asked_about(first, env, fake_apis):
    write_workbook(first.folder / "b.xlsx", [case("C11", "111.00"), case("C12", "112.00"), case("C13", "113.00")])
    same_reference = in_portal(env, creditorReference="inv-c11")
    same_claim = in_portal(
        env,
        creditorReference="PORTAL-7",
        amountToRecover=112.0,
        debtor={"type": "Person", "name": "BODIL  Zebrahest c12", "countryAlpha2": "DK"},
    )
    in_portal(env, creditorReference="INV-C13", creditorCompanyName="Another A/S")
    ended = first.call("run", "b.xlsx", "--yes", "-q")
    assert ended.code == 6, ended
    one, other = questioned(first)
    assert f"There is a case {same_reference} of 20" in one["#errors"]
    assert "with the same creditor and reference" in one["#errors"]
    assert f"There is a case {same_claim} of 20" in other["#errors"]
    assert "with the same debtor, amount, currency and date" in other["#errors"]
    assert fake_apis.requests["cases"] == ROWS + 3 + 1  # of the three rows, C13 was sent


def test_a_pending_row_of_an_earlier_run_is_compared_before_it_is_sent(env, tmp_path, fake_apis, workspace, fault_proxy):
    work = workspace_in(tmp_path / "first", env | workspace.env, rows=1)
    fault_proxy.hook = lambda seen: Reply(401) if seen.is_case else None
    assert work.call(*RUN, "--new-ledger").code == 5
    fault_proxy.hook = lambda _: None
    in_portal(env)
    assert work.call("resume", "-q").code == 6
    assert len(questioned(work)) == 1
    assert len(fake_apis.cases) == 1


def test_test_cases_and_real_cases_are_never_alike(first, env, fake_apis):
    write_workbook(first.folder / "b.xlsx", [case("C11", "111.00")])
    write_workbook(first.folder / "c.xlsx", [case("C12", "112.00")])
    in_portal(env, creditorReference="INV-C11", isTest=True)
    in_portal(env, creditorReference="INV-C12")
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 0
    assert first.call("run", "c.xlsx", "--test-cases", "--yes", "-q").code == 0
    assert len(fake_apis.cases) == ROWS + 4


def test_an_answer_holds_until_another_case_turns_up(first, env, fake_apis):
    write_workbook(first.folder / "b.xlsx", [case("C11", "111.00")])
    in_portal(env, creditorReference="INV-C11")
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 6
    (row,) = questioned(first)
    assert first.call("resolve", row["#entry"], "--send").code == 0
    ((answer,),) = first.ledger("SELECT answer FROM look_alike")
    assert all(json.loads(answer)[name] for name in ("who", "when", "what"))
    second = in_portal(env, creditorReference="INV-C11")
    assert first.call("resume", "-q").code == 6  # that one was not asked about yet
    (row,) = questioned(first)
    assert second in row["#errors"]
    assert first.call("resolve", row["#entry"], "--send").code == 0
    assert first.call("resume", "-q").code == 0
    assert len(fake_apis.cases) == ROWS + 3


def test_a_changed_row_is_asked_about_again(first, env):
    write_workbook(first.folder / "b.xlsx", [case("C11", "111.00")])
    in_portal(env, creditorReference="INV-C11")
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 6
    write_workbook(first.folder / "b.xlsx", [case("C11", "112.00")])
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 6
    assert len(questioned(first)) == 1


# The look at the list


def test_a_list_that_cannot_be_read_stops_the_sending_and_the_rows_wait(first, workspace, env, fake_apis, fault_proxy):
    first.env = env | workspace.env | {DATA_FOLDER: env.get(DATA_FOLDER, os.environ[DATA_FOLDER])}
    first.env["IMPORTER_DEBITURA__BASE_URL"] = fault_proxy.url
    work = workspace_in(first.folder.with_name("through-the-proxy"), first.env, data_folder=first.folder / "data", rows=1)
    fault_proxy.hook = lambda seen: Reply(403) if seen.path.startswith("/managed-cases?") else None
    ended = work.call(*RUN, "--new-ledger")
    assert ended.code == 5, ended
    assert "Debitura's list must be read first" in ended.out + ended.err
    assert work.ledger("SELECT state FROM entry") == [("pending",)]
    assert fault_proxy.posts() == []
    fault_proxy.hook = lambda _: None
    assert work.call("resume", "-q").code == 6  # the first ledger has sent it
    assert one_set(fake_apis)


def test_a_long_list_is_read_to_its_end_before_the_first_case_and_then_by_one_request(env, tmp_path, workspace, fault_proxy):
    for number in range(1, 251):
        in_portal(env, creditorReference=f"INV-C{number}", amountToRecover=100 + number / 100)
    pages = []

    def count(seen):
        if seen.path.startswith("/managed-cases?"):
            pages.append(seen)
            return Drop() if len(pages) >= 3 else None
        return None

    fault_proxy.hook = count
    work = workspace_in(tmp_path / "new", env | workspace.env, rows=1)
    write_workbook(work.folder / "a.xlsx", [case("C2"), case("C900")])
    stopped = work.call(*RUN, "--new-ledger")
    assert (stopped.code, fault_proxy.posts()) == (5, []), stopped
    assert work.ledger("SELECT count(*) FROM remote_case") == [(0,)]
    pages.clear()
    fault_proxy.hook = lambda seen: pages.append(seen) if seen.path.startswith("/managed-cases?") else None
    assert work.call("resume", "-q").code == 6
    assert len(pages) == 3
    assert work.ledger("SELECT count(*) FROM remote_case") == [(250,)]
    assert [row["case_ref"] for row in questioned(work)] == ["C2"]  # the oldest but one in the list
    pages.clear()
    assert work.call("run", "a.xlsx", "--yes", "-q").code == 3
    assert len(pages) == 1


def test_the_requests_of_the_look_count_in_the_quota_and_a_reading_that_it_stops_begins_again(env, tmp_path, fake_apis):
    for number in range(1, 151):
        in_portal(env, creditorReference=f"INV-C{number}", amountToRecover=100 + number / 100)
    work = workspace_in(tmp_path / "new", env, rows=1)
    work.env["IMPORTER_DISPATCH__PER_HOUR"] = "2"  # one for the partner, one for a page
    stopped = work.call(*RUN, "--new-ledger", "--stop-at-quota")
    assert stopped.code == 7, stopped
    assert "Debitura's list must be read first" in stopped.out + stopped.err
    assert work.ledger("SELECT state FROM entry") == [("pending",)]
    work.env["IMPORTER_DISPATCH__PER_HOUR"] = "1000"
    assert work.call("resume", "-q").code == 6
    assert len(fake_apis.cases) == 150


def test_a_case_made_while_a_long_run_was_sending_is_found_below_the_cases_of_that_run(env, tmp_path, workspace, fault_proxy):
    work = workspace_in(tmp_path / "first", env | workspace.env, rows=130)
    work.env["IMPORTER_DISPATCH__CONCURRENCY"] = "1"

    def meanwhile(seen):
        if seen.is_case and seen.nth == 10:
            in_portal(env, creditorReference="INV-C900")

    fault_proxy.hook = meanwhile
    assert work.call(*RUN, "--new-ledger").code == 0
    write_workbook(work.folder / "b.xlsx", [case("C900")])
    assert work.call("run", "b.xlsx", "--yes", "-q").code == 6
    assert len(questioned(work)) == 1


# Adopting


def test_cases_that_are_one_to_one_are_adopted_together_and_the_others_one_by_one(first, env, tmp_path, fake_apis):
    in_portal(env, creditorReference="INV-C11", amountToRecover=999)
    other = workspace_in(tmp_path / "other", env, data_folder=tmp_path / "other-data")
    write_workbook(other.folder / "a.xlsx", [*cases(ROWS), case("C11")])
    assert other.call(*RUN, "--new-ledger").code == 6
    asked = other.call("adopt")
    assert (asked.code, "add --yes" in asked.err) == (2, True)
    alone = other.call("adopt", "--yes", env={"IMPORTER_APPROVAL__FOUR_EYES": "true"})
    assert (alone.code, "four_eyes requires another person" in alone.err) == (8, True), alone
    assert other.ledger("SELECT count(*) FROM entry WHERE adopted_at IS NOT NULL") == [(0,)]
    done = other.call("adopt", "--yes")
    assert done.code == 0, done
    assert f"{ROWS} cases were adopted" in done.out
    (left,) = other.ledger("SELECT id FROM entry WHERE state = 'questioned'")
    assert f"importer adopt C{left[0]}-" in done.out
    assert "amount differ" in done.out
    ids = first.ledger("SELECT remote_id FROM entry ORDER BY key")
    assert other.ledger("SELECT remote_id FROM entry WHERE adopted_at IS NOT NULL ORDER BY key") == ids
    assert all("adopted" in answer for (answer,) in other.ledger("SELECT answer FROM entry WHERE adopted_at IS NOT NULL"))
    assert other.call(*RUN).code == 3  # only the questioned row is left
    assert one_set(fake_apis, ROWS + 1)


def test_one_case_is_adopted_with_its_difference_confirmed(first, env, fake_apis):
    reference = in_portal(env, creditorReference="INV-C11", amountToRecover=999)
    write_workbook(first.folder / "b.xlsx", [case("C11")])
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 6
    (row,) = questioned(first)
    one = ("adopt", row["#entry"], "--case", reference)
    assert first.call(*one).code == 2  # nobody to ask
    assert first.call(*one, "--yes").code == 2
    for word, code in (("n", 130), ("y", 0)):
        with at_a_terminal(first, *one) as (process, keyboard):
            shown = " ".join(read_until(keyboard, "[y/N]").split())
            assert "amount is 100.00 in the row, 999.00 at Debitura" in shown
            assert first.call("ledger", "trust").code == 0  # which needs the ledger: it is not held while a person thinks
            os.write(keyboard, f"{word}\n".encode())
            assert finish(process, keyboard)[0] == code
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 0
    assert one_set(fake_apis, ROWS + 1)


def test_a_row_that_is_answered_while_a_person_thinks_is_not_adopted(first, env, fake_apis):
    reference = in_portal(env, creditorReference="INV-C11", amountToRecover=999)
    write_workbook(first.folder / "b.xlsx", [case("C11")])
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 6
    (row,) = questioned(first)
    with at_a_terminal(first, "adopt", row["#entry"], "--case", reference) as (process, keyboard):
        read_until(keyboard, "[y/N]")
        assert first.call("resolve", row["#entry"], "--drop").code == 0
        os.write(keyboard, b"y\n")
        assert finish(process, keyboard)[0] == 2
    assert first.ledger("SELECT state FROM entry WHERE ref = 'C11' OR adopted_at IS NOT NULL") == [("dropped",)]
    assert len(fake_apis.cases) == ROWS + 1


def test_a_refusal_to_adopt_is_recorded_and_holds(first, env, fake_apis):
    reference = in_portal(
        env,
        creditorReference="INV-C11",
        amountToRecover=111,
        debtor={"type": "Person", "name": "Bodil Zebrahest C11", "countryAlpha2": "DK"},
    )
    write_workbook(first.folder / "b.xlsx", [case("C11", "111.00")])
    assert first.call("run", "b.xlsx", "--yes", "-q").code == 6
    (row,) = questioned(first)
    assert first.call("adopt", row["#entry"], "--case", reference, "--refuse").code == 0
    ((answer,),) = first.ledger("SELECT answer FROM look_alike")
    assert json.loads(answer)["what"] == f"not {reference}"
    assert first.call("adopt", "--yes").code == 0
    assert first.ledger("SELECT count(*) FROM entry WHERE adopted_at IS NOT NULL") == [(0,)]
    assert first.call("resume", "-q").code in {0, 3, 6}
    assert len(fake_apis.cases) == ROWS + 1  # it is still a question
    assert first.call("resolve", row["#entry"], "--send").code == 0
    assert first.call("resume", "-q").code == 0
    assert len(fake_apis.cases) == ROWS + 2


def test_a_case_whose_mark_is_not_shown_is_not_adopted_together(env, tmp_path, workspace, fault_proxy):
    work = workspace_in(tmp_path / "first", env | workspace.env, rows=1)
    in_portal(env)

    def without_mark(seen):
        if not seen.path.startswith("/managed-cases") or seen.is_case:
            return None
        answer = httpx.get(f"{env['IMPORTER_DEBITURA__BASE_URL']}{seen.path}", headers={"XApiKey": API_KEY}).json()
        for found in answer.get("cases", [answer]):
            found.pop("isTestCase", None)
        return Reply(200, json.dumps(answer).encode())

    fault_proxy.hook = without_mark
    assert work.call(*RUN, "--new-ledger").code == 6
    (row,) = questioned(work)
    assert "whether it is a test case is not shown" in row["#errors"]
    assert "test case differ" in work.call("adopt", "--yes").out


def test_the_vouchers_of_an_adopted_case_are_compared_before_they_are_sent(env, tmp_path, fake_apis, workspace, fault_proxy):
    in_portal(env)
    made = at_debbie(env, fake_apis.cases[0]["id"])
    work = workspace_in(tmp_path / "first", env | workspace.env, rows=1)
    write_workbook(
        work.folder / "a.xlsx", cases(1), [*vouchers(1), voucher("C1", "7.00", unique_id="V-2", voucher_type="reminder fee")]
    )
    assert work.call(*RUN, "--new-ledger").code == 6
    assert work.call("adopt", "--yes").code == 0
    fault_proxy.hook = lambda seen: Reply(403) if "/case-vouchers/" in seen.path and seen.method == "GET" else None
    stopped = work.call("resume", "-q")
    assert stopped.code == 5, stopped
    assert "Vouchers of adopted cases wait" in stopped.out + stopped.err
    assert len(fake_apis.vouchers) == 1
    fault_proxy.hook = lambda _: None
    assert work.call("resume", "-q").code == 0
    assert sorted(found["amount"] for found in fake_apis.vouchers) == [-10001, -700]
    assert work.ledger("SELECT remote_id FROM entry WHERE key = 'V-C1'") == [(made,)]


def test_the_vouchers_of_a_case_that_was_resolved_by_hand_are_compared_too(env, tmp_path, fake_apis, workspace, fault_proxy):
    work = workspace_in(
        tmp_path / "first", env | workspace.env | {"IMPORTER_DISPATCH__SETTLE_MINUTES": "15"}, rows=1, with_vouchers=True
    )
    fault_proxy.hook = lambda seen: Drop() if seen.is_case else None
    assert work.call(*RUN, "--new-ledger").code == 6
    fault_proxy.hook = lambda _: None
    in_portal(env)
    at_debbie(env, fake_apis.cases[0]["id"])
    (row,) = (one for one in read_sheet(work.reports()[-1] / "errors.xlsx", "Cases"))
    assert work.call("resolve", row["#entry"], "--exists", fake_apis.cases[0]["id"]).code == 0
    assert work.call("resume", "-q").code == 0
    assert len(fake_apis.vouchers) == 1
