"""What a listing says of its files."""

import pytest

from importer.watch.scanning.verdicts import ListedFile, Rules, Verdict, judge

RULES = Rules(5)


def entry(name="a.csv", size=10, mtime=1, attributes=0):
    return ListedFile(name, size, mtime, attributes=attributes)


def verdicts(listings, rules=RULES):
    """The verdicts on the last of these listings, which were made at these seconds."""
    seen, judged = {}, []
    for now, entries in listings:
        seen, judged = judge(entries, seen, now, rules)
    return {one.entry.name: one.verdict for one in judged}


def test_a_file_is_settled_when_it_has_not_changed_for_long_enough():
    assert verdicts([(0, [entry()])]) == {"a.csv": Verdict.SETTLING}
    assert verdicts([(0, [entry()]), (4.9, [entry()])]) == {"a.csv": Verdict.SETTLING}
    assert verdicts([(0, [entry()]), (5, [entry()])]) == {"a.csv": Verdict.SETTLED}


@pytest.mark.parametrize("changed", [entry(size=11), entry(mtime=2)])
def test_each_change_begins_the_time_again(changed):
    assert verdicts([(0, [entry()]), (3, [changed]), (7, [changed])]) == {"a.csv": Verdict.SETTLING}
    assert verdicts([(0, [entry()]), (3, [changed]), (8, [changed])]) == {"a.csv": Verdict.SETTLED}


def test_a_file_that_was_away_begins_again():
    assert verdicts([(0, [entry()]), (3, []), (6, [entry()])]) == {"a.csv": Verdict.SETTLING}


@pytest.mark.parametrize("lock", ["~$a.csv", ".~lock.a.csv#"])
def test_a_file_with_a_lock_beside_it_is_open(lock):
    assert verdicts([(0, [entry(), entry(lock)]), (9, [entry(), entry(lock)])]) == {"a.csv": Verdict.OPEN}
    assert verdicts([(0, [entry(), entry(lock)]), (9, [entry()])]) == {"a.csv": Verdict.SETTLED}


@pytest.mark.parametrize("attribute", [0x1000, 0x40000, 0x400000])
def test_a_placeholder_is_not_downloaded(attribute):
    placeholder = entry(attributes=attribute | 0x20)
    assert verdicts([(0, [placeholder]), (9, [placeholder])]) == {"a.csv": Verdict.NOT_DOWNLOADED}


def test_a_control_file_must_be_there_and_settled():
    rules = Rules(5, control_files=True)
    control = entry("a.csv.ok", 0)
    assert verdicts([(0, [entry()]), (9, [entry()])], rules) == {"a.csv": Verdict.WITHOUT_CONTROL}
    assert verdicts([(0, [entry()]), (9, [entry(), control])], rules)["a.csv"] is Verdict.WITHOUT_CONTROL
    assert verdicts([(0, [entry()]), (9, [entry(), control]), (14, [entry(), control])], rules)["a.csv"] is Verdict.SETTLED


def test_the_oldest_file_comes_first_and_others_are_named():
    seen, judged = judge(
        [entry("b.csv", mtime=1), entry("a.csv", mtime=2), entry("~$c.xlsx"), entry("p.pdf", mtime=0)], {}, 7, RULES
    )
    assert [(one.entry.name, one.verdict) for one in judged] == [
        ("p.pdf", Verdict.OTHER),
        ("b.csv", Verdict.SETTLING),
        ("a.csv", Verdict.SETTLING),
    ]
    _, judged = judge([entry("b.csv", size=12)], seen, 10, RULES)
    assert (judged[0].waited, judged[0].still) == (3, 0)
