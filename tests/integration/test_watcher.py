"""A watcher over many rounds, with a clock that a test sets, on the sandbox."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.sheets import case, cases, vouchers, write_csv

from importer.cli.terminal import TerminalConsole
from importer.errors import ExitCode, UsageError
from importer.settings import load_settings
from importer.watch.endings import Imported
from importer.watch.request import WatchRequest, watched_folders
from importer.watch.scanning.system import this_system
from importer.watch.watcher import Hooks, watch
from importer.workspace.environment import open_environment
from importer.workspace.workspace import Workspace

START = datetime(2026, 11, 26, 2, 30, tzinfo=UTC)


@dataclass
class Story:
    """What happens between the rounds of a watcher, and what it says. It is stopped after the last step."""

    folder: Path
    steps: list[Callable[[], None]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    passed: float = 0.0
    rounds: list[datetime] = field(default_factory=list)
    imported: list[Imported] = field(default_factory=list)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def seconds(self) -> float:
        return self.passed

    def wait(self, seconds: float) -> None:
        self.passed += seconds
        if self.steps:
            self.steps.pop(0)()
        else:
            self.stop.set()

    def tell(
        self, *steps: Callable[[], None], watching: tuple[Path, ...] | None = None, once: bool = False, quiet: bool = True
    ) -> ExitCode:
        """Run a watcher, with these steps between its rounds."""
        self.steps = list(steps)
        self.stop.clear()
        workspace = Workspace(self.folder / "workspace")
        request = WatchRequest(workspace, watching or (self.folder / "drop",), once=once)
        hooks = Hooks(self.rounds.append, self.imported.append)
        console = TerminalConsole(quiet=quiet, verbose=0, yes=True)
        with open_environment(workspace, load_settings(workspace.settings_file), sandbox=True) as environment:
            return watch(request, environment, console, self, self.stop, hooks, this_system())

    def ended(self) -> list[tuple[str, str]]:
        return [(one.name, one.ending.value) for one in self.imported]


@pytest.fixture
def story(tmp_path) -> Iterator[Story]:
    (tmp_path / "workspace").mkdir()
    (tmp_path / "drop").mkdir()
    return Story(tmp_path)


def nothing() -> None:
    pass


def test_a_file_is_taken_after_the_settle_time_and_each_round_is_shown(story, capsys):
    drop = story.folder / "drop"
    steps = [lambda: write_csv(drop / "a.csv", cases(1)), nothing, nothing]
    assert story.tell(*steps, nothing) is ExitCode.OK
    assert story.ended() == [("a.csv", "done")]
    assert story.rounds == [START + timedelta(seconds=3 * number) for number in range(5)]
    assert story.imported[0].at == START + timedelta(seconds=9)  # seen first at 3 s, and quiet for 5 s at 9 s
    assert next(path.name for path in (drop / "done").iterdir()).startswith("2026-11-26T0330-")  # of Copenhagen
    assert capsys.readouterr().err == ""


def test_vouchers_come_after_the_cases_that_were_dropped_with_them(story):
    drop = story.folder / "drop"
    write_csv(drop / "a-vouchers.csv", vouchers(2))
    write_csv(drop / "b-cases.csv", cases(2))
    story.tell(nothing, nothing, nothing)
    assert story.ended() == [("b-cases.csv", "done"), ("a-vouchers.csv", "done")]
    assert {one.exit_code for one in story.imported} == {ExitCode.OK}


def test_a_folder_that_is_away_is_waited_for_and_nothing_is_written_in_its_place(story, capsys):
    drop, elsewhere = story.folder / "drop", story.folder / "elsewhere"

    def vanish():
        drop.rename(elsewhere)
        drop.mkdir()  # as a mount point is there when its disk is not

    def write():
        assert list(drop.iterdir()) == []
        write_csv(elsewhere / "b.csv", cases(1, first=20))

    def come_back():
        drop.rmdir()
        elsewhere.rename(drop)

    write_csv(drop / "a.csv", cases(1))
    story.tell(nothing, nothing, vanish, nothing, write, nothing, come_back, *[nothing] * 3)
    assert story.ended() == [("a.csv", "done"), ("b.csv", "done")]
    shown = capsys.readouterr().err
    assert shown.count("has no file .importer any more. Is its drive connected?") == 1
    assert shown.count("is there again.") == 1


def test_a_mount_point_without_its_disk_is_not_taken_for_a_new_folder(story, capsys):
    """The disk goes away before the first import, so that the folder has no mark yet."""
    drop, elsewhere = story.folder / "drop", story.folder / "elsewhere"

    def vanish():
        drop.rename(elsewhere)
        drop.mkdir()

    story.tell(nothing, vanish, nothing, nothing)
    assert list(drop.iterdir()) == []
    assert capsys.readouterr().err.count("Is its drive connected?") == 1


def test_a_watcher_that_begins_while_the_disk_is_away_writes_nothing_in_its_place(story, capsys):
    drop, elsewhere = story.folder / "drop", story.folder / "elsewhere"
    write_csv(drop / "a.csv", cases(1))
    story.tell(nothing, nothing)
    drop.rename(elsewhere)
    drop.mkdir()
    story.tell(nothing, nothing)
    assert list(drop.iterdir()) == []
    assert "make an empty file .importer in it" in capsys.readouterr().err
    (drop / ".importer").touch()  # it is a new folder
    write_csv(drop / "b.csv", cases(1, first=20))
    story.tell(nothing, nothing, nothing)
    assert story.ended() == [("a.csv", "done"), ("b.csv", "done")]
    assert (drop / ".importer").read_bytes() == (elsewhere / ".importer").read_bytes()


def test_a_folder_that_was_removed_is_waited_for(story, capsys):
    drop = story.folder / "drop"
    write_csv(drop / "a.csv", cases(1))
    story.tell(nothing, nothing, lambda: shutil.rmtree(drop), nothing, nothing)
    assert capsys.readouterr().err.count("cannot be used now (No such file or directory)") == 1


def test_other_files_go_on_while_one_waits(story, monkeypatch):
    """One file of two is kept waiting by a disk that is full where its results go."""
    from importer.watch import inbox

    settle, full = inbox.settle, [OSError(28, "No space left on device")] * 2

    def settled(watched, made, *arguments, **more):
        if made.name == "a.csv" and full:
            raise full.pop()
        return settle(watched, made, *arguments, **more)

    monkeypatch.setattr(inbox, "settle", settled)
    drop = story.folder / "drop"
    write_csv(drop / "a.csv", cases(1))
    write_csv(drop / "b.csv", cases(1, first=20))
    story.tell(*[nothing] * 70)
    assert story.ended() == [("a.csv", "later"), ("b.csv", "done"), ("a.csv", "done")]
    assert "No space left on device" in story.imported[0].messages[0]
    assert story.imported[2].at - story.imported[0].at >= timedelta(seconds=60 + 120)
    assert [one.result.reports[0].summary.batch.id for one in story.imported if one.ending.value == "done"] == [2, 1]


def test_two_folders_are_watched_and_none_twice(story):
    other = story.folder / "other"
    other.mkdir()
    write_csv(other / "b.csv", cases(1, first=20))
    write_csv(story.folder / "drop" / "a.csv", cases(1))
    story.tell(nothing, nothing, nothing, watching=(story.folder / "drop", other))
    assert sorted(story.ended()) == [("a.csv", "done"), ("b.csv", "done")]
    with pytest.raises(UsageError, match="is named twice"):
        story.tell(watching=(other, story.folder / "drop" / ".." / "other"))


def test_a_bug_in_one_file_does_not_keep_the_others(story, monkeypatch):
    from importer.watch import inbox

    run = inbox.run

    def run_with_a_bug(request, *arguments):
        if request.paths[0].name == "a.csv":
            raise ZeroDivisionError
        return run(request, *arguments)

    monkeypatch.setattr(inbox, "run", run_with_a_bug)
    drop = story.folder / "drop"
    write_csv(drop / "a.csv", cases(1))
    write_csv(drop / "b.csv", cases(1, first=20))
    story.tell(nothing, nothing, nothing)
    assert story.ended() == [("a.csv", "failed"), ("b.csv", "done")]
    (why,) = (drop / "failed").glob("*-why.txt")
    assert "This is a bug in the importer: ZeroDivisionError at test_watcher.py" in why.read_text(encoding="utf-8")


def test_a_file_that_grows_until_it_is_moved_is_reported(story, monkeypatch, capsys):
    from importer.watch import inbox

    settle = inbox.settle

    def settled(watched, made, *arguments, **more):
        made.path.write_bytes(made.path.read_bytes() + b"C9;1\n")
        return settle(watched, made, *arguments, **more)

    monkeypatch.setattr(inbox, "settle", settled)
    write_csv(story.folder / "drop" / "a.csv", cases(1))
    story.tell(nothing, nothing, nothing)
    assert inbox.GROWN in story.imported[0].messages
    assert inbox.GROWN in capsys.readouterr().err
    assert [path.name[-14:] for path in (story.folder / "drop" / "done").glob("*-changed.txt")] == ["-a-changed.txt"]


def test_a_file_that_grows_while_it_waits_is_imported_whole(story, monkeypatch):
    from importer.errors import ApiStopped
    from importer.watch import inbox

    drop, run, down = story.folder / "drop", inbox.run, [ApiStopped("The API is down.")]

    def run_later(request, *arguments):
        if down:
            raise down.pop()
        return run(request, *arguments)

    def grow():
        (path,) = drop.glob("working/*/a.csv")
        write_csv(path, cases(2))

    monkeypatch.setattr(inbox, "run", run_later)
    write_csv(drop / "a.csv", cases(1))
    story.tell(nothing, nothing, grow, *[nothing] * 30)
    assert story.ended() == [("a.csv", "later"), ("a.csv", "done")]
    assert inbox.GROWN not in story.imported[1].messages
    assert story.imported[1].result.reports[0].summary.batch.control["case"]["DKK"][0] == 2


def test_no_results_are_written_where_the_drive_is_not_mounted(story, monkeypatch):
    """The drive goes away after the import and before the results are written, and comes back."""
    from importer.watch import inbox

    drop, elsewhere, settle = story.folder / "drop", story.folder / "elsewhere", inbox.settle

    def settled(*arguments, **more):
        if not elsewhere.exists() and not story.imported:
            drop.rename(elsewhere)
            drop.mkdir()
        return settle(*arguments, **more)

    def come_back():
        assert list(drop.iterdir()) == []
        drop.rmdir()
        elsewhere.rename(drop)

    monkeypatch.setattr(inbox, "settle", settled)
    write_csv(drop / "a.csv", cases(1))
    story.tell(nothing, nothing, nothing, come_back, *[nothing] * 30)
    assert story.ended() == [("a.csv", "later"), ("a.csv", "done")]


def test_a_file_that_another_watcher_has_is_no_import(story, monkeypatch, capsys):
    from importer.errors import ApiStopped
    from importer.watch import inbox

    def stopped(*_):
        raise ApiStopped("The API is down.")

    def take():
        (path,) = (story.folder / "drop").glob("working/*/a.csv")
        shutil.rmtree(path.parent)

    monkeypatch.setattr(inbox, "run", stopped)
    write_csv(story.folder / "drop" / "a.csv", cases(1))
    story.tell(nothing, nothing, take, *[nothing] * 25, quiet=False)
    assert story.ended() == [("a.csv", "later")]
    assert "a.csv was taken over by another watcher." in capsys.readouterr().err


def test_once_ends_with_the_last_code_of_each_file(story, monkeypatch):
    from importer.errors import LedgerHeld
    from importer.watch import inbox

    run, drop, held = inbox.run, story.folder / "drop", [LedgerHeld("held")]

    def run_when_free(*arguments):
        if held:
            raise held.pop()
        return run(*arguments)

    monkeypatch.setattr(inbox, "run", run_when_free)
    write_csv(drop / "a.csv", cases(1))
    another = lambda: write_csv(drop / "b.csv", cases(1, first=20))  # noqa: E731  (it settles, so that there is another round)
    assert story.tell(nothing, another, *[nothing] * 20, once=True) is ExitCode.OK
    assert held == []
    assert story.ended() == [("a.csv", "later"), ("a.csv", "done"), ("b.csv", "done")]


def test_once_says_that_there_is_nothing(story, capsys):
    assert story.tell(once=True, quiet=False) is ExitCode.OK
    assert f"The folder {story.folder / 'drop'} holds no complete files: nothing to import.\n" in capsys.readouterr().err


def test_a_folder_with_a_profile_has_its_own_group(story):
    drop, workspace = story.folder / "drop", story.folder / "workspace"
    (workspace / "profiles").mkdir()
    (workspace / "profiles" / "list.toml").write_text('holds = "cases"\n[columns]\nFaktura = "case_ref"\n', encoding="utf-8")
    (workspace / "importer.toml").write_text('[watch.profiles]\nshared = "list"\nnew = "list"\n', encoding="utf-8")
    (drop / "shared").mkdir()
    drop.chmod(0o700)
    (drop / "shared").chmod(0o2770)
    made = Workspace(workspace)
    with open_environment(made, load_settings(made.settings_file), sandbox=True) as environment:
        found = watched_folders(WatchRequest(made, (drop,)), environment)
    assert [one.access.gid for one in found] == [None, (drop / "shared").stat().st_gid, None]


def stop_at_the_review(story, monkeypatch) -> None:
    """Ask the watcher to end while a file is read."""
    from importer.watch.console import FileConsole

    go_on = FileConsole._go_on

    def stop(console):
        story.stop.set()
        go_on(console)

    monkeypatch.setattr(FileConsole, "_go_on", stop)


def test_a_watcher_that_is_to_end_sends_nothing_more(story, monkeypatch):
    """In the sandbox a batch is approved when it is read: its file stays claimed, and the next watcher goes on with it."""
    drop = story.folder / "drop"
    write_csv(drop / "a.csv", cases(1))
    with monkeypatch.context() as patched:
        stop_at_the_review(story, patched)
        assert story.tell(nothing, nothing, nothing) is ExitCode.OK
    assert story.ended() == []
    assert [path.name for path in drop.glob("working/*/a.csv")] == ["a.csv"]
    story.stop.clear()
    assert story.tell(nothing, nothing, nothing) is ExitCode.OK
    assert [one.line() for one in story.imported] == ["a.csv is in done (1 accepted)."]


def test_what_is_to_be_done_stands_first_beside_the_file(story):
    write_csv(story.folder / "drop" / "a.csv", [*cases(1), case("C9", debtor_country="Atlantis")])
    (story.folder / "drop" / "b.csv").write_text((story.folder / "drop" / "a.csv").read_text().splitlines()[0] + "\n")
    story.tell(nothing, nothing, nothing)
    texts = {
        path.name.split("-")[-2].split(".")[0]: path.read_text() for path in (story.folder / "drop/done").glob("*-summary.txt")
    }
    assert texts["a"].startswith("Some rows were not imported. They are in the errors sheet beside this file")
    assert "output" not in texts["a"]
    assert texts["b"].startswith("There are no rows in it: nothing was imported.")
    assert "b.csv is in done (no rows)." in [one.line() for one in story.imported]
