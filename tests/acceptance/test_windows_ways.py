"""What Windows needs and can be tried elsewhere: other code pages, and a window that stays open."""

import json
import os

import pytest
from support.sheets import cases, write_csv

CODE_PAGE = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"}


def test_no_letter_is_lost_in_json_whatever_the_code_page(workspace):
    write_csv(workspace.folder / "żółć 債権.csv", cases(1))
    ended = workspace.run("check", "żółć 債権.csv", "--sandbox", "--json", env=CODE_PAGE)
    assert ended.code == 0
    assert [summary["source"]["name"] for summary in json.loads(ended.out)] == ["żółć 債権.csv"]


def test_letters_that_a_code_page_lacks_do_not_end_a_command(workspace):
    write_csv(workspace.folder / "żółć.csv", cases(1))
    ended = workspace.run("run", "żółć.csv", "--sandbox", env=CODE_PAGE)
    assert (ended.code, "accepted" in ended.out) == (0, True)


@pytest.mark.skipif(os.name == "nt", reason="a terminal of Unix")
def test_the_window_of_dropped_files_stays_open_until_enter(configured_workspace):
    from support.terminal import at_a_terminal, finish, read_until

    with at_a_terminal(configured_workspace, "dragged") as (process, keyboard):
        shown = read_until(keyboard, "Press Enter to close this window.")
        assert "No file was dropped" in shown
        os.write(keyboard, b"\n")
        assert finish(process, keyboard)[0] == 2


def test_dropped_files_are_imported(workspace):
    write_csv(workspace.folder / "dropped.csv", cases(2))
    ended = workspace.call("dragged", "--sandbox", "--", workspace.folder / "dropped.csv")
    assert (ended.code, "accepted                  2" in ended.out) == (0, True)


def test_dropped_files_are_not_sent_without_an_answer(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "dropped.csv", cases(1))
    ended = configured_workspace.call("dragged", "--", configured_workspace.folder / "dropped.csv")
    assert (ended.code, "There is no terminal to ask on" in ended.err) == (2, True)
    assert fake_apis.cases == []
