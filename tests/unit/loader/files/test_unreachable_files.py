"""Files that the disk does not give now are told from files that cannot be read: the next try may read the former."""

from __future__ import annotations

import errno

import pytest

from importer.errors import ExitCode, FileRefused, FileUnreachable
from importer.loader.files.delimited import detect_and_check
from importer.loader.files.safety import _unreachable, check_file


@pytest.mark.parametrize(
    ("number", "passes"),
    [(errno.EIO, True), (errno.ESTALE, True), (errno.EACCES, True), (errno.ENOENT, True), (errno.ELOOP, False)],
)
def test_which_troubles_of_a_disk_pass(tmp_path, number, passes):
    error = _unreachable(tmp_path / "a.csv", OSError(number, "trouble"))
    assert isinstance(error, FileUnreachable) is passes
    assert error.exit_code is ExitCode.FILE_REFUSED


def test_a_file_that_is_changed_while_it_is_read_can_be_read_later(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n", encoding="utf-8")
    found = check_file(path)
    path.write_text("x,y\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(FileUnreachable, match="was changed while it was read"):
        detect_and_check(path, found)


def test_an_empty_file_is_refused_for_good(tmp_path):
    (tmp_path / "a.csv").touch()
    with pytest.raises(FileRefused) as caught:
        check_file(tmp_path / "a.csv")
    assert not isinstance(caught.value, FileUnreachable)
