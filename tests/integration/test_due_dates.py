"""Due dates: a claim that is not due yet is left out, and sent by the first import in which it is due."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.sheets import case, read_sheet, voucher, write_csv, write_workbook

from importer.workspace.environment import day_of

TODAY = datetime.now(UTC).date() - timedelta(days=10)  # all days of these tests are past, as the server requires
SOON = TODAY + timedelta(days=3)


@pytest.fixture
def on(monkeypatch):
    """Set the day that counts as today."""

    def set_day(day):
        monkeypatch.setattr("importer.workspace.environment.day_of", lambda *_: day)

    return set_day


def shown(ended):
    return " ".join(ended.out.split())


def test_a_row_that_is_not_due_is_left_out_and_comes_by_itself(configured_workspace, fake_apis, on):
    cases = [case("C1"), case("C2", "200.00", due_date=SOON.isoformat()), case("C3", "300.00", due_date=TODAY.isoformat())]
    vouchers = [voucher("C1", due_date=SOON.isoformat()), voucher("C2", "200.00")]
    write_workbook(configured_workspace.folder / "list.xlsx", cases, vouchers)
    on(TODAY)
    first = configured_workspace.call("run", "list.xlsx", "--yes")
    assert first.code == 0
    assert "left out 2 DKK 500.00" in shown(first)
    assert "left out 1 DKK 200.00" in shown(first)
    assert "balanced: every row is accounted for" in first.out
    assert {c["creditorReference"] for c in fake_apis.cases} == {"INV-C1"}
    assert [v["uniqueId"] for v in fake_apis.vouchers] == ["V-C1"]
    (report,) = configured_workspace.reports()
    assert [row["#row"] for row in read_sheet(report / "left-out.xlsx", "Cases")] == [3, 4]
    again = configured_workspace.call("run", "list.xlsx", "--yes")
    assert (again.code, len(fake_apis.cases)) == (0, 1)
    for day, count in ((TODAY + timedelta(days=1), 2), (SOON, 2), (SOON + timedelta(days=1), 3), (SOON + timedelta(days=2), 3)):
        on(day)
        assert configured_workspace.call("run", "list.xlsx", "--yes").code == 0
        assert len(fake_apis.cases) == count
    assert len(fake_apis.vouchers) == 2
    last = configured_workspace.reports()[-1]
    assert not (last / "left-out.xlsx").exists()


def test_left_out_xlsx_can_be_imported_later(configured_workspace, fake_apis, on):
    write_csv(configured_workspace.folder / "a.csv", [case("C1", due_date=SOON.isoformat())])
    on(TODAY)
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    (report,) = configured_workspace.reports()
    on(SOON + timedelta(days=1))
    assert configured_workspace.call("run", report / "left-out.xlsx", "--yes").code == 0
    assert len(fake_apis.cases) == 1
    assert "already imported 1" in shown(configured_workspace.call("run", "a.csv", "--yes"))


def test_a_due_date_before_the_date_is_a_note_of_check_and_run(configured_workspace):
    """Debitura's own documents refuse it for another endpoint only, so that it is sent and its answer decides."""
    dates = [
        case(f"C{n}", date="2026-03-05", due_date=due) for n, due in enumerate(("2026-02-05", "2026-03-05", "2026-03-04"), 1)
    ]
    write_csv(configured_workspace.folder / "a.csv", dates)
    note = 'Sheet "a.csv": rows 2 and 4 have a due date before the date of the invoice.'
    checked = configured_workspace.call("check", "a.csv")
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert (checked.code, ended.code) == (0, 3)
    assert note in " ".join(checked.out.split())  # lines are wrapped
    assert note in ended.out


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-11-26T23:30:00Z", "Europe/Copenhagen", 26),  # there it is the 27th
        ("2026-11-26T03:30:00Z", "America/New_York", 25),
        ("2026-11-26T12:00:00Z", "Europe/Copenhagen", 26),
        ("2026-11-26T23:30:00Z", "Pacific/Auckland", 26),
    ],
)
def test_today_is_the_earlier_of_two_days(moment, zone, day):
    assert day_of(datetime.fromisoformat(moment), ZoneInfo(zone)) == date(2026, 11, day)
