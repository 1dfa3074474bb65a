"""The line that `importer serve --hash-password` prints for a local user."""

from __future__ import annotations

import pytest

from importer.cli import serve
from importer.errors import UsageError
from importer.web.login.passwords import is_right


def answering(*answers):
    """A terminal at which these answers are typed."""
    left = list(answers)

    class Typed:
        def ask_secret(self, _):
            return left.pop(0)

    return Typed


@pytest.fixture(autouse=True)
def _at_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)


def test_a_password_is_asked_for_twice(monkeypatch):
    monkeypatch.setattr(serve, "TerminalDialogue", answering("correct horse", "correct horse"))
    line = serve._hash_of_asked()
    assert is_right({"ann": line}, "ann", "correct horse")
    assert not is_right({"ann": line}, "ann", "correct hors")


def test_two_passwords_that_differ_are_refused(monkeypatch):
    monkeypatch.setattr(serve, "TerminalDialogue", answering("correct horse", "correct hose"))
    with pytest.raises(UsageError, match="differ"):
        serve._hash_of_asked()
