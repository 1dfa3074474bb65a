"""What a control file says."""

import pytest

from importer.errors import FileRefused
from importer.watch.control_file import read_control
from importer.workspace.expectation import Expectation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Expectation()),
        ("\n \n", Expectation()),
        ("rows = 49\n", Expectation(49)),
        ("\ufeffRows: 49\r\nDKK = 1234.50\r\nsek=-1.00", Expectation(49, {"DKK": 123450, "SEK": -100})),
    ],
)
def test_what_can_be_read(tmp_path, text, expected):
    path = tmp_path / "a.csv.ok"
    path.write_text(text, encoding="utf-8")
    assert read_control(path) == expected
    assert read_control(tmp_path / "none.ok") == Expectation()


@pytest.mark.parametrize("text", ["49", "rows = many", "DKK = 1.234,50", "DKK=1\nDKK=2", "lines = 3", "rows = 1 2"])
def test_what_cannot_be_read_refuses_the_file(tmp_path, text):
    path = tmp_path / "a.csv.ok"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused, match=r"a\.csv\.ok"):
        read_control(path)
