"""Waking the watcher when something changes."""

import sys
import threading

from importer.watch.scanning.wake import woken_by_changes


def test_a_new_file_wakes_the_watcher(tmp_path):
    wake, asked = threading.Event(), threading.Event()

    def folders():
        asked.set()
        return [tmp_path]

    with woken_by_changes(folders, wake) as is_possible:
        assert is_possible
        assert asked.wait(60)
        for number in range(600):  # the folder may not be followed yet at the first one
            (tmp_path / f"{number}.csv").write_text("x\n", encoding="utf-8")
            if wake.wait(0.1):
                break
        assert wake.is_set()


def test_without_the_library_nothing_wakes_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with woken_by_changes(lambda: [tmp_path], threading.Event()) as is_possible:
        assert not is_possible
