"""The decisions after a night, as a table: what was known, what the night has shown, what is said."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.errors import ExitCode
from importer.notify.decisions import MOST_MARKS, Night, decide
from importer.notify.figures import BatchFigures, LedgerFigures, UndecidedBatch
from importer.notify.refused import MOST_REFUSED, FileNews, still_refused
from importer.notify.state import ExpectationMark, NightState, Trouble
from importer.notify.sums import Sums

NOW = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
MONDAY, TUESDAY = "2026-03-02T02:00:00.000000Z", "2026-03-03T02:00:00.000000Z"


def cases(rows, cents=10_000):
    return Sums({RecordKind.CASE: {"DKK": (rows, rows * cents)}} if rows else {})


def batch(number, new=None, corrected=0, **statuses):
    """A batch with rows in statuses; all are new, unless ``new`` has other numbers."""
    tallies = {RecordKind.CASE: {RowStatus(name): {"DKK": (rows, rows * 10_000)} for name, rows in statuses.items()}}
    news = statuses if new is None else new
    return BatchFigures(
        number,
        tallies,
        {RecordKind.CASE: {RowStatus(name): {"DKK": (rows, rows * 10_000)} for name, rows in news.items() if rows}},
        corrected,
    )


def ledger(*batches, undecided=(), **open_entries):
    newest = max((one.batch for one in batches), default=0)
    found = {RowStatus(name): cases(rows) for name, rows in open_entries.items()}
    return LedgerFigures(newest, batches, found, tuple(UndecidedBatch(number, cases(2)) for number in undecided))


def night(code=ExitCode.OK, figures=None, **more):
    return Night(NOW, code, figures if figures is not None else ledger(), **more)


def said(state, *nights):
    """What is said in each night: titles, those of recoveries with a plus."""
    found = []
    for one in nights:
        state, messages = decide(state, one)
        found.append([("+ " if message.is_recovery else "") + message.title for message in messages])
    return found


def watched(refused=(), read=(), **more):
    """A round of the watcher, with its files by name."""
    code = ExitCode.FILE_REFUSED if refused else ExitCode.OK
    news = FileNews({name: f"failed/{name}" for name in refused}, frozenset(read))
    return night(code, files_read=len(read), unreadable=len(refused), files=news, **more)


HELD = Night(NOW, ExitCode.LEDGER_HELD)
FINE = night(figures=ledger(batch(1, accepted=3)), files_read=1)

STORIES = {
    "fine nights are silent": ([FINE, FINE], [[], []]),
    "a bug": ([night(ExitCode.BUG), night(ExitCode.BUG), FINE], [["the import ended with a bug"], [], ["+ no bug any more"]]),
    "settings that are wrong": (
        [night(ExitCode.USAGE), night(ExitCode.USAGE), FINE],
        [["the import could not run"], [], ["+ the import runs again"]],
    ),
    "an API that is down": (
        [night(ExitCode.API_STOPPED, ledger(pending=3)), night(ExitCode.API_STOPPED, ledger(pending=5)), FINE],
        [["an API is down or refuses the credentials"], [], ["+ the APIs accept requests again"]],
    ),
    "a night without a request does not show that the API is up": (
        [night(ExitCode.API_STOPPED), night(), FINE],
        [["an API is down or refuses the credentials"], [], ["+ the APIs accept requests again"]],
    ),
    "but rows that were sent do": (
        [night(ExitCode.API_STOPPED, ledger(pending=3)), night()],
        [["an API is down or refuses the credentials"], ["+ the APIs accept requests again"]],
    ),
    "a quota": (
        [night(ExitCode.QUOTA, ledger(pending=9)), night(ExitCode.QUOTA, ledger(pending=4)), FINE],
        [["the quota is used up"], [], ["+ the quota is no longer in the way"]],
    ),
    "a quota that an outage follows": (
        [night(ExitCode.QUOTA, ledger(pending=9)), night(ExitCode.API_STOPPED, ledger(pending=9)), FINE],
        [
            ["the quota is used up"],
            ["an API is down or refuses the credentials"],
            ["+ the APIs accept requests again", "+ the quota is no longer in the way"],
        ],
    ),
    "a file that cannot be read": (
        [night(ExitCode.FILE_REFUSED, unreadable=2), night(ExitCode.FILE_REFUSED, unreadable=2), night(), FINE],
        [["2 files were refused"], [], [], ["+ the files can be read again"]],
    ),
    "a file that cannot be read beside a more urgent trouble": (
        [night(ExitCode.API_STOPPED, unreadable=1), night(ExitCode.API_STOPPED), FINE],
        [
            ["an API is down or refuses the credentials", "1 file was refused"],
            [],
            ["+ the APIs accept requests again", "+ the files can be read again"],
        ],
    ),
    "a watched file that is refused, and another one that is good": (
        [watched(["a"]), watched(read=["b"]), watched(read=["a"])],
        [["1 file was refused"], [], ["+ the files can be read again"]],
    ),
    "each watched file that is refused": (
        [watched(["a"]), watched(["a"]), watched(["b", "c"], ["d"]), watched(read=["a", "b"]), watched(read=["c"])],
        [["1 file was refused"], [], ["2 files were refused"], [], ["+ the files can be read again"]],
    ),
    "a watched file that was taken away": (
        [watched(["a", "b"]), watched(read=["c"], gone=frozenset({"a"})), watched(read=["c"], gone=frozenset({"b"}))],
        [["2 files were refused"], [], ["+ the files can be read again"]],
    ),
    "a good run does not end the trouble of a watched file": (
        [watched(["a"]), FINE, night(ExitCode.FILE_REFUSED), FINE, watched(read=["a"])],
        [["1 file was refused"], [], ["1 file was refused"], [], ["+ the files can be read again"]],
    ),
    "runs that are kept out": (
        [HELD, FINE, HELD, Night(NOW, ExitCode.INTERRUPTED), HELD, HELD, night(ExitCode.USAGE), FINE, HELD],
        [
            *([], [], [], [], ["2 runs in succession were kept out"], [], ["the import could not run"]),
            *(["+ the import runs again", "+ runs come through again"], []),
        ],
    ),
    "rows in doubt": (
        [night(figures=ledger(in_doubt=2)), night(figures=ledger(in_doubt=1, held=1)), night(figures=ledger(held=3)), FINE],
        [["2 cases in doubt"], [], ["1 case in doubt"], ["+ nothing is in doubt any more"]],
    ),
    "rows with a question": (
        [
            night(figures=ledger(batch(1, questioned=2), questioned=2)),
            night(figures=ledger(batch(1, questioned=2), batch(2, {}, questioned=2), questioned=2)),
            night(figures=ledger(batch(3, {"questioned": 1}, questioned=3), questioned=3)),
            night(figures=ledger()),
        ],
        [["2 cases with a question"], [], ["1 case with a question"], ["+ all questions are answered"]],
    ),
    "batches that wait for an approval": (
        [
            night(figures=ledger(undecided=[4])),
            night(figures=ledger(undecided=[4])),
            night(figures=ledger(undecided=[4, 5])),
            night(figures=ledger()),
        ],
        [
            ["batch 4 waits for an approval"],
            [],
            ["batch 5 waits for an approval"],
            ["+ nothing waits for an approval"],
        ],
    ),
    "rows to correct, in the same list each night": (
        [
            night(figures=ledger(batch(1, rejected=2, refused=1))),
            night(figures=ledger(batch(1, rejected=2, refused=1), batch(2, {}, rejected=2))),
            night(figures=ledger(batch(1, rejected=2, refused=1), batch(3, {"rejected": 1}, rejected=3))),
        ],
        [["3 cases to correct"], [], ["1 case to correct"]],
    ),
    "rows to correct that were corrected": (
        [
            night(figures=ledger(batch(1, rejected=2))),
            night(figures=ledger(batch(1, rejected=2, corrected=1))),
            night(figures=ledger(batch(1, rejected=2, corrected=2), batch(2, accepted=2))),
        ],
        [["2 cases to correct"], [], ["+ all rows were corrected"]],
    ),
    "a row that waited and was refused then": (
        [night(figures=ledger(batch(1, pending=2), pending=2)), night(figures=ledger(batch(1, refused=1, accepted=1)))],
        [[], ["1 case to correct"]],
    ),
    "changed rows are an event of their own": (
        [night(figures=ledger(batch(1, changed=2))), night(figures=ledger(batch(2, {}, changed=2)))],
        [["2 cases changed after sending"], []],
    ),
    "another run has the ledger": (
        [night(ExitCode.API_STOPPED), Night(NOW, ExitCode.LEDGER_HELD), Night(NOW, ExitCode.INTERRUPTED), FINE],
        [["an API is down or refuses the credentials"], [], [], ["+ the APIs accept requests again"]],
    ),
    "the ledger cannot be read": (
        [night(figures=ledger(in_doubt=2)), Night(NOW, ExitCode.USAGE), FINE],
        [["2 cases in doubt"], ["the import could not run"], ["+ the import runs again", "+ nothing is in doubt any more"]],
    ),
    "an expected file": (
        [
            night(expected={"": ExpectationMark(missing=MONDAY)}),
            Night(NOW, expected={"": ExpectationMark(missing=MONDAY)}),
            Night(NOW, expected={"": ExpectationMark(TUESDAY)}),
        ],
        [["no file came"], [], ["+ the file has come"]],
    ),
    "an expected file of a profile": (
        [night(expected={"visma": ExpectationMark(missing=MONDAY), "": ExpectationMark(MONDAY)})],
        [["no file for the profile visma came"]],
    ),
    "all at once, the most urgent first": (
        [
            night(
                ExitCode.API_STOPPED,
                ledger(batch(1, rejected=1, changed=1), undecided=[2], pending=3, held=1),
                unreadable=1,
            )
        ],
        [
            [
                "an API is down or refuses the credentials",
                "1 file was refused",
                "1 case in doubt",
                "batch 2 waits for an approval",
                "1 case to correct",
                "1 case changed after sending",
            ]
        ],
    ),
}


@pytest.mark.parametrize(("nights", "expected"), STORIES.values(), ids=STORIES)
def test_what_is_said(nights, expected):
    assert said(NightState(), *nights) == expected


def test_what_is_known_holds_the_troubles_since_they_began_and_the_last_success():
    state, _ = decide(NightState(), night(ExitCode.API_STOPPED))
    since = state.troubles[Trouble.STOPPED]
    later = replace(night(ExitCode.API_STOPPED), at=datetime(2026, 3, 4, tzinfo=UTC))
    again, _ = decide(state, later)
    assert (again.troubles, again.exit_code, again.last_success) == ({Trouble.STOPPED: since}, 5, "")
    fine, _ = decide(again, FINE)
    assert (fine.troubles, fine.exit_code, fine.newest_batch) == ({}, 0, 1)
    assert fine.last_success == "2026-03-03T02:30:00.000000Z"


def test_of_a_file_that_comes_twice_in_a_round_the_later_one_counts():
    bad, good = FileNews({"a": "x", "b": "y"}), FileNews(read=frozenset({"a", "c"}))
    assert bad.then(good) == FileNews({"b": "y"}, frozenset({"a", "c"}))
    assert good.then(bad) == FileNews({"a": "x", "b": "y"}, frozenset({"c"}))


def test_of_refused_files_the_newest_are_followed():
    before = {str(number): "" for number in range(MOST_REFUSED)}
    left = still_refused(before, FileNews({"0": "again", "new": "here"}))
    assert (len(left), "1" in left, left["0"], left["new"]) == (MOST_REFUSED, False, "again", "here")


def test_batches_that_are_done_are_not_followed_and_of_the_others_only_the_newest():
    many = [batch(number, rejected=1) for number in range(1, MOST_MARKS + 50)]
    state, messages = decide(NightState(), night(figures=ledger(*many, batch(900, accepted=1), batch(901, pending=1))))
    assert len(state.marks) == MOST_MARKS
    assert 900 not in state.marks
    assert 901 in state.marks
    assert messages[0].title == f"{MOST_MARKS + 49} cases to correct"


def test_the_texts_have_counts_money_and_commands():
    (message,) = decide(NightState(), night(figures=ledger(batch(7, rejected=2), batch(8, refused=1))))[1]
    assert message.text == (
        "3 cases (DKK 300.00) of batches 7 and 8 cannot be sent without a correction. Those who make the sheet correct "
        "errors.xlsx and import that file; `importer report 7` and `importer report 8` write the sheets again."
    )
