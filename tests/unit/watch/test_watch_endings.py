"""What becomes of a file, by what its import has returned or raised."""

import pytest

from importer.errors import (
    ApiStopped,
    ExitCode,
    FileRefused,
    FileUnreachable,
    LedgerError,
    LedgerHeld,
    ProfileError,
    QuotaReached,
    SettingsError,
)
from importer.watch.endings import URGENCY, FileEnding, ending_after, most_urgent, retry_seconds


def test_only_the_file_itself_fails_a_file():
    assert ending_after(FileRefused("x")) is FileEnding.FAILED


@pytest.mark.parametrize(
    "error",
    [
        *(ApiStopped("x"), QuotaReached("x"), LedgerHeld("x"), LedgerError("x"), SettingsError("x"), ProfileError("x")),
        *(FileUnreachable("x"), OSError(28, "No space left"), MemoryError()),
    ],
)
def test_what_passes_does_not_fail_a_file(error):
    assert ending_after(error) is FileEnding.LATER


def test_the_waits_double_up_to_a_quarter_of_an_hour():
    assert [retry_seconds(60, tries) for tries in (1, 2, 3, 4, 5, 99)] == [60, 120, 240, 480, 900, 900]
    assert retry_seconds(1800, 3) == 1800


def test_the_most_urgent_code_counts():
    assert set(URGENCY) == set(ExitCode)
    assert most_urgent([]) is ExitCode.OK
    assert most_urgent([ExitCode.OK, ExitCode.ROWS_LEFT, ExitCode.API_STOPPED, ExitCode.FILE_REFUSED]) is ExitCode.API_STOPPED
