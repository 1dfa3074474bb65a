"""What becomes of a job by the exit code of its command."""

import signal

import pytest

from importer.errors import ExitCode
from importer.worker.outcomes import DONE, FAILED, MOST_TRIES, after_sending, after_taking_in

DONE_CODES = (ExitCode.OK, ExitCode.ROWS_LEFT, ExitCode.APPROVAL)
NOT_ITS_FAULT = (ExitCode.INTERRUPTED, -signal.SIGTERM, -signal.SIGINT, ExitCode.LEDGER_HELD)


@pytest.mark.parametrize("code", DONE_CODES)
def test_what_a_command_has_finished_is_done(code):
    assert after_taking_in(code, 1) == after_sending(code, 1) == DONE


@pytest.mark.parametrize("code", NOT_ITS_FAULT)
def test_a_job_that_was_interrupted_or_kept_out_is_tried_again_for_ever(code):
    for found in (after_taking_in(code, 99), after_sending(code, 99)):
        assert found.again_after is not None
        assert not found.counts


@pytest.mark.parametrize("code", [ExitCode.USAGE, ExitCode.FILE_REFUSED])
def test_a_file_that_is_refused_is_reported_at_once(code):
    assert after_taking_in(code, 1) == FAILED


@pytest.mark.parametrize("code", [ExitCode.BUG, -signal.SIGKILL, -signal.SIGSEGV])
def test_a_file_that_kills_its_command_is_reported_after_some_tries(code):
    assert after_taking_in(code, 1).counts
    assert after_taking_in(code, MOST_TRIES) == FAILED


@pytest.mark.parametrize("code", [ExitCode.IN_DOUBT, -signal.SIGKILL, ExitCode.API_STOPPED])
def test_sending_goes_on_soon_and_then_after_a_while_but_never_ends_with_open_entries(code):
    first, later = after_sending(code, 1), after_sending(code, MOST_TRIES)
    assert first.again_after is not None
    assert later.again_after is not None
    assert first.again_after < later.again_after


def test_an_account_that_waits_for_a_quota_leaves_its_place_to_others_for_a_while():
    assert after_sending(ExitCode.QUOTA, 99).again_after
    assert after_taking_in(ExitCode.QUOTA, 1) == DONE


def test_doubts_after_taking_in_are_left_to_the_sender():
    assert after_taking_in(ExitCode.IN_DOUBT, 1) == DONE


@pytest.mark.parametrize("code", list(ExitCode))
def test_each_exit_code_is_decided_about(code):
    assert after_taking_in(code, 1)
    assert after_sending(code, 1)
