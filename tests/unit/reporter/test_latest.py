"""`output/latest` leads to the newest results, and replaces nothing that is not ours."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from importer.domain.file_access import OWNER_ALONE
from importer.reporter.latest import point_to


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "one", tmp_path / "two"
    first.mkdir()
    second.mkdir()
    return first, second


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows without the right to make links."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(1314, "a required privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", refuse)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a right there")
def test_a_link_to_the_newest_folder(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    for folder in (*folders, folders[0]):
        point_to(folder, OWNER_ALONE)
        assert (tmp_path / "latest").readlink() == Path(folder.name)  # relative: the whole output can be moved
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "one", "two"]


@pytest.mark.usefixtures("no_links")
def test_a_text_file_where_there_are_no_links(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    for folder in folders:
        point_to(folder, OWNER_ALONE)
        assert (tmp_path / "latest").read_text(encoding="utf-8") == f"{folder}\n"
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "latest").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "one", "two"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a right there")
def test_a_text_file_becomes_a_link_where_that_is_possible_again(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    (tmp_path / "latest").write_text(f"{folders[0]}\n")
    point_to(folders[1], OWNER_ALONE)
    assert (tmp_path / "latest").is_symlink()


@pytest.mark.parametrize("text", ["my notes\n", "/one\n/two\n", "x" * 5_000])
def test_a_file_of_a_person_stays(tmp_path: Path, folders: tuple[Path, Path], text: str) -> None:
    (tmp_path / "latest").write_text(text)
    point_to(folders[0], OWNER_ALONE)
    assert (tmp_path / "latest").read_text() == text


def test_a_folder_of_a_person_stays(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    (tmp_path / "latest").mkdir()
    point_to(folders[0], OWNER_ALONE)
    assert (tmp_path / "latest").is_dir()
    assert not (tmp_path / "latest").is_symlink()
