"""Answers to reads, the account's and the lists', that are damaged or hostile: none of them ends a command as a bug."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from support.fault_proxy import Drop, Reply
from support.sheets import case, cases, voucher, vouchers, write_csv, write_workbook

DEEP = 200_000
BODIES = {
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "as deep as the parser goes": b'{"id":' + b"[" * 960 + b"]" * 960 + b',"page":{},"cases":[]}',
    "a long integer": b'{"id": 1%s, "page": {}, "cases": []}' % (b"0" * 5_000),
    "not UTF-8": b'{"id": "\xff\xfe", "page": {}, "cases": []}',
    "half": b'{"id": "1", "page": {',
    "a page": b"<html>maintenance</html>",
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "no number": b"NaN",
}
IDS = ("", " ", "\0", "a\nb", "\ud83d", "\x1b[2J", "x" * 5_000, 5, 1.5, True, None, [], {}, ["x"], {"a": 1})
DATES = (
    *("9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z", "99999-01-01"),
    *("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0000-00-00", "-0001-01-01", "2026-02-30"),
    *("", "now", "\ud83d", 0, 10**30, -1, 1.5, True, None, [], {}, ["2026-01-01"]),
)
AMOUNTS = ("1e999999", "1e1000000", "-1e9999999999", "NaN", "sNaN", "Infinity", "", "x", 10**400, 1e308, True, None, [], {}, [1])
TEXTS = ("\ud83d", "\0", "x" * 100_000, 5, True, None, [], {}, {"name": {"name": []}}, ["a"])
TOTALS = (None, "1", -1, 10**400, 1.5, "NaN", True, [], {}, [1], {"a": 1})


def item(**changes):
    """A case as the list shows it, alike to the one that is in doubt."""
    listed = {
        "id": "5b1c2d3e-0000-4000-8000-000000000001",
        "reference": "AB12CD34",
        "creditorReference": "INV-C1",
        "grossAmount": 100.01,
        "currency": "DKK",
        "debtor": {"name": "Bodil Zebrahest C1"},
        "dateCreated": "2026-01-01T00:00:00Z",
        "isTestCase": False,
    }
    return {**listed, **changes}


def listing(*found, **page):
    about = {"currentPage": 1, "pageSize": 100, "totalResults": len(found), "responseCount": len(found), "totalPages": 1}
    return {"page": {**about, **page}, "cases": list(found)}


LISTS = {
    **{f"an id {value!r:.30}": listing(item(id=value)) for value in IDS},
    **{f"a date {value!r:.30}": listing(item(dateCreated=value)) for value in DATES},
    **{f"an amount {value!r:.30}": listing(item(grossAmount=value)) for value in AMOUNTS},
    **{f"{name} {value!r:.30}": listing(item(**{name: value})) for name in ("reference", "debtor") for value in TEXTS},
    **{f"{name} {value!r:.30}": listing(item(**{name: value})) for name in ("creditorReference", "currency") for value in TEXTS},
    **{f"isTestCase {value!r:.30}": listing(item(isTestCase=value)) for value in TEXTS},
    **{f"{name} {value!r:.30}": listing(item(), **{name: value}) for name in ("totalResults", "totalPages") for value in TOTALS},
    "two alike": listing(item(), item()),
    "pages of other kinds": {"page": [], "cases": []},
    "a page of nothing": {"page": None, "pageData": None, "cases": [item()]},
    "cases that are none": {"page": {}, "cases": [None, 5, "x", []]},
}


def endings(ended, *codes):
    assert ended.code in codes, ended
    assert "bug" not in ended.out + ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("body", [*BODIES.values(), *(json.dumps({"id": value}).encode() for value in IDS)], ids=repr)
def test_an_account_that_cannot_be_read(workspace, fault_proxy, body):
    fault_proxy.hook = lambda seen: Reply(200, body) if seen.path == "/me" else None
    write_csv(workspace.folder / "a.csv", cases(1))
    for command in (("run", "a.csv", "--yes"), ("doctor",)):
        ended = workspace.call(*command)
        endings(ended, 5)
    assert workspace.ledger("SELECT id FROM batch") == []
    assert not fault_proxy.posts()


@pytest.fixture
def doubtful(workspace, fault_proxy):
    """A workspace with a case in doubt, and a function that answers every later read with a body."""
    workspace.env |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}

    def lose_the_case(seen):
        if seen.is_case:
            return Drop()
        has_been_sent = bool(fault_proxy.posts())  # before that the run looks at the list, and sends nothing without it
        return Reply(400) if has_been_sent and "managed-cases" in seen.path else None

    fault_proxy.hook = lose_the_case
    write_csv(workspace.folder / "a.csv", cases(1))
    endings(workspace.call("run", "a.csv", "--yes"), 5, 6)
    assert workspace.ledger("SELECT state FROM entry") == [("in_doubt",)]

    def answer(body):
        with closing(sqlite3.connect(workspace.folder / "ledger.db")) as ledger, ledger:  # whatever became of it before
            ledger.execute("UPDATE entry SET state = 'in_doubt', remote_id = NULL, absent_scans = 0, doubted_at = first_sent_at")
        fault_proxy.hook = _only_reads(body)

    return workspace, answer


def _only_reads(body):
    def hook(seen):
        if seen.is_case:
            return Drop()
        return Reply(200, body) if "managed-cases" in seen.path else None

    return hook


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_list_that_cannot_be_read(doubtful, body):
    workspace, answer = doubtful
    answer(body)
    endings(workspace.call("resume"), 5)
    assert workspace.ledger("SELECT state FROM entry") == [("in_doubt",)]


@pytest.mark.slow
def test_a_list_of_odd_values(doubtful):
    """Whatever a list holds, the case is accepted, waits, or is held: and no command ends as a bug.

    Every third list is tried, so that each field gets odd values of several kinds.
    """
    workspace, answer = doubtful
    for name, body in list(LISTS.items())[::3]:
        answer(json.dumps(body).encode())
        ended = workspace.call("resume")
        assert ended.code in {0, 5, 6}, (name, ended)
        endings(ended, 0, 5, 6)
        ((state,),) = workspace.ledger("SELECT state FROM entry")
        assert state in {"in_doubt", "held", "pending", "accepted"}, name


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_voucher_list_that_cannot_be_read(workspace, fault_proxy, body):
    def hook(seen):
        if seen.is_voucher:
            return Reply(409, b'{"message": "uniqueId already exists"}')
        asked_before = any(one.is_voucher for one in fault_proxy.seen)  # else Debbie is asked whether it knows the case
        return Reply(200, body) if "case-vouchers" in seen.path and asked_before else None

    fault_proxy.hook = hook
    write_workbook(workspace.folder / "a.xlsx", cases(1), vouchers(1))
    endings(workspace.call("run", "a.xlsx", "--yes"), 5, 6)
    assert ("voucher", "in_doubt") in workspace.ledger("SELECT kind, state FROM entry")


def test_vouchers_of_odd_values(workspace, fault_proxy):
    odd = [{name: value} for name in ("uniqueId", "amount", "deletedAt", "caseVoucherId") for value in (*TEXTS, *AMOUNTS, *IDS)]

    def hook(seen):
        if seen.is_voucher:
            return Reply(409, b'{"message": "uniqueId already exists"}')
        return Reply(200, json.dumps([*odd, 5, None, []]).encode()) if "case-vouchers" in seen.path else None

    fault_proxy.hook = hook
    write_workbook(workspace.folder / "a.xlsx", [case("C1")], [voucher("C1")])
    endings(workspace.call("run", "a.xlsx", "--yes"), 6)


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +1400", "Mon, 01 Jan 99999 00:00:00 GMT"]
)
def test_a_clock_beyond_the_calendar(date):
    from datetime import UTC, datetime, timedelta

    from importer.dispatcher.apis.http import skew_of
    from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, ClockSkew

    now = datetime(2026, 11, 2, tzinfo=UTC)
    clock = ClockSkew().measured(skew_of(date, now, now))
    assert clock.earliest(now) - CLOCK_MARGIN <= now
    assert clock.has_passed(now, timedelta(0), now) in {True, False}
    assert ClockSkew.from_text(clock.as_text()) == clock
    clock.warning()
