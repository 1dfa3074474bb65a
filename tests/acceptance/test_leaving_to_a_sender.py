"""`run --leave-sending`: what is approved is recorded, and sent by whoever sends for the account later."""

from support.sheets import cases, write_csv


def test_what_is_left_is_sent_by_resume(configured_workspace, fake_apis):
    workspace = configured_workspace
    path = write_csv(workspace.folder / "a.csv", cases(3))
    left = workspace.call("run", path, "--yes", "--leave-sending")
    assert (left.code, len(fake_apis.cases)) == (0, 0), left.err
    assert "left to the account's sender" in left.out + left.err
    assert workspace.call("resume").code == 0
    assert len(fake_apis.cases) == 3
