"""The short form of the trial of a watched folder: each way in which files arrive, and a watcher that is killed."""

from folder_trial import WAYS, run_trial


def test_every_file_is_taken_once_and_whole(tmp_path):
    figures = run_trial(tmp_path, files=len(WAYS), seconds=2, kills=2, seed=7, settle=0.4)
    assert "2 kills" in figures
