"""The block of a schedule in a crontab, and the lines around it."""

import os
import shlex
import shutil
import subprocess
from datetime import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.schedules import FOLDERS, cron_command, job

from importer.errors import UsageError
from importer.scheduling.crontab import block, block_in, installation, with_block

LETTERS = st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"])
OTHERS = st.lists(st.text(LETTERS), max_size=4).map(lambda lines: "".join(f"{line}\n" for line in lines))


def lines_of(one):
    return block(one).splitlines()[1:-1]


def test_a_line_has_the_five_fields_and_one_short_command():
    command = "cd /srv/collection && /opt/importer/bin/importer schedule run-now nightly --workspace /srv/collection"
    assert lines_of(job(at=["Mon..Fri 03:30", "Sun 06:05"])) == [f"30 3 * * 1,2,3,4,5 {command}", f"5 6 * * 0 {command}"]


@pytest.mark.skipif(os.name == "nt", reason="a shell is needed")
def test_the_shell_gets_every_word_as_it_is(tmp_path):
    workspace = tmp_path / """a b%n \\% \\\\% $HOME "q" 'r' `id` ø"""
    workspace.mkdir()
    (line,) = lines_of(job(str(workspace), at="03:30"))
    command = cron_command(line).replace("/opt/importer/bin/importer", "pwd && printf '%s\\n'")
    ended = subprocess.run(["sh", "-c", command], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [str(workspace), "schedule", "run-now", "nightly", "--workspace", str(workspace)]


@given(st.text(LETTERS, min_size=1))
@example("a\\%b\\\\%c%")
def test_every_path_comes_through_cron_and_is_one_word_of_the_shell(text):
    path = f"/srv/{text}/x"
    (line,) = lines_of(job(path, {"IMPORTER_DATA_FOLDER": path}, at="03:30"))
    assert "\n" not in line
    words = shlex.split(cron_command(line))
    assert (words[1], words[3], words[-1]) == (path, f"IMPORTER_DATA_FOLDER={path}", path)


@given(OTHERS, OTHERS)
def test_all_other_lines_stay_as_they_are(before, after):
    one, later = job(), job(at="06:00")
    installed = before + block(one) + after
    assert block_in(installed, one.identifier) == block(one)
    assert with_block(before, one.identifier, block(one)) == before + block(one)
    assert with_block(installed, one.identifier, block(later)) == before + block(later) + after
    assert with_block(installed, one.identifier, "") == before + after


def test_a_last_line_without_its_end_stays_and_is_ended():
    assert with_block("5 5 * * * true", job().identifier, block(job())) == f"5 5 * * * true\n{block(job())}"


def test_two_workspaces_have_blocks_of_their_own():
    first, second = job("/srv/a"), job("/srv/b")
    both = with_block(block(first), second.identifier, block(second))
    assert with_block(both, first.identifier, "") == block(second)


def test_a_block_without_its_end_is_left_to_a_person():
    broken = block(job()).rsplit("# END", 1)[0]
    with pytest.raises(UsageError, match="crontab -e"):
        with_block(broken, job().identifier, "")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"system": True, "user": "collection"}, "crontab is that of a user"),
        ({"credentials": {"debbie_token": "/etc/x"}}, "cron loads no credentials"),
    ],
)
def test_what_cron_cannot_do_is_refused(settings, said):
    with pytest.raises(UsageError, match=said):
        installation(job(**settings), FOLDERS)


def test_a_command_that_cron_would_cut_off_is_refused():
    with pytest.raises(UsageError, match="too long for cron"):
        block(job("/srv/" + "x" * 900))


def test_the_notes_say_what_cron_does_not_do():
    assert ["catch up" in note or "times are those of the machine" in note for note in installation(job(), FOLDERS).notes] == [
        True,
        True,
    ]
    assert installation(job(at="23:59"), FOLDERS).files[0].text.count(time(23, 59).strftime("59 23 * * *")) == 1


@pytest.mark.skipif(shutil.which("crontab") is None, reason="crontab is not installed")
def test_a_real_crontab_accepts_the_block(tmp_path):
    path = tmp_path / "crontab"
    path.write_text(block(job("""/srv/a b%n \\% "q" 'r' ø""")), encoding="utf-8")
    ended = subprocess.run(["crontab", "-T", path], capture_output=True, text=True, check=False)
    if "invalid option" in ended.stderr:
        pytest.skip("this crontab does not check files")
    assert ended.returncode == 0, ended.stderr
