"""Which files a schedule finds, and what is no empty night."""

import pytest

from importer.errors import FileRefused
from importer.workspace.scheduled_files import scheduled_files


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "work [1]"  # not a pattern
    for name in (
        "incoming/a.csv",
        "incoming/~$b.xlsx",
        "incoming/.c.csv",
        "incoming/f.csv.part",
        "incoming/a.csv.ok",
        "incoming/notes.md",
        "exports/2026/d.xlsx",
        "e[1].csv",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "empty").mkdir()
    return folder


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["incoming"], ["incoming/a.csv"]),
        (["incoming/*"], ["incoming/a.csv", "incoming/notes.md"]),
        (["incoming", "incoming/a.csv", "incoming/*.csv"], ["incoming/a.csv"]),
        (["exports/*/*.xlsx"], ["exports/2026/d.xlsx"]),
        (["e[1].csv"], ["e[1].csv"]),
        (["empty", "empty/*.xlsx", "empty/today.csv", "exports/2027*/*.csv"], []),
    ],
)
def test_folders_patterns_and_files(root, patterns, found):
    assert [path.relative_to(root).as_posix() for path in scheduled_files(patterns, root, pytest.fail)] == found


def test_absolute_paths_and_patterns(root, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.csv").touch()
    assert scheduled_files([str(other), f"{other}/*.csv"], root, pytest.fail) == [other / "x.csv"]


@pytest.mark.parametrize("pattern", ["missing", "missing/*.csv", "missing/today.csv", "missing/*/a.csv"])
def test_a_missing_folder_is_an_error(root, pattern):
    with pytest.raises(FileRefused, match=r"does not exist\. Is its drive connected"):
        scheduled_files(["incoming", pattern], root, pytest.fail)


@pytest.mark.parametrize("lock", ["~$a.csv", ".~lock.a.csv#"])
@pytest.mark.parametrize("pattern", ["incoming", "incoming/*.csv", "incoming/a.csv"])
def test_a_file_that_a_program_has_open_is_named_and_left_to_the_next_night(root, pattern, lock):
    (root / "incoming" / lock).touch()
    said = []
    assert scheduled_files([pattern, "e[1].csv"], root, said.append) == [root / "e[1].csv"]
    (sentence,) = said
    assert sentence.startswith(f"{root / 'incoming' / 'a.csv'} is open in a program, and was not imported.")
    assert f"remove {lock} beside it" in sentence
