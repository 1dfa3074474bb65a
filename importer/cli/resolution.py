"""The command `resolve`: what its options say together, which answer and about what."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.invocation import environment_of
from importer.cli.options import (
    Absent,
    AlthoughListed,
    Config,
    ConfirmedRows,
    Drop,
    Exists,
    KindOfQuestion,
    OfBatch,
    Same,
    SameAs,
    SandboxFlag,
    Send,
)
from importer.cli.terminal import TerminalDialogue, say
from importer.domain.kinds import QuestionKind
from importer.errors import UsageError

if TYPE_CHECKING:
    from importer.domain.questions import RowAnswer
    from importer.workspace.environment import Environment

Settling = Callable[["Environment"], str]
"""Carries an answer out, and returns a line for the user."""

_ONE = "Say what is true. In doubt or held: --exists ID or --absent. Questioned: --send, --same-as ENTRY or --drop."
_NO_ENTRY = f"{_ONE} Name the entry, such as C12-3f9a2b, or answer many with --batch."
_ALL = "Say which questions to answer and how: --batch N --kind KIND, and --send, --same or --drop."


@dataclass(frozen=True, slots=True)
class Given:
    """The answers that were given as options."""

    exists: str | None
    same_as: str | None
    absent: bool
    send: bool
    same: bool
    drop: bool
    although_listed: bool


def resolve(
    entry: Annotated[
        str | None, typer.Argument(help="The entry: its name in the column #entry of an error sheet.", show_default=False)
    ] = None,
    *,
    exists: Exists = None,
    absent: Absent = False,
    send: Send = False,
    same_as: SameAs = None,
    drop: Drop = False,
    although_listed: AlthoughListed = False,
    batch: OfBatch = None,
    kind: KindOfQuestion = None,
    same: Same = False,
    confirm: ConfirmedRows = None,
    sandbox: SandboxFlag = False,
    config: Config = None,
) -> None:
    """Record whether an entry in doubt or held exists at the API, or answer questions: about one entry, or all of a kind."""
    given = Given(exists, same_as, absent=absent, send=send, same=same, drop=drop, although_listed=although_listed)
    if batch is None and kind is None and confirm is None:
        settle = of_entry(entry, given)
    else:
        settle = of_batch(entry, given, batch, kind, confirm)
    with environment_of(config, sandbox=sandbox) as environment:
        say(settle(environment))


def of_entry(entry: str | None, given: Given) -> Settling:
    """Return what to do about one entry. Raises UsageError if the options contradict each other, or one is missing."""
    if entry is None:
        raise UsageError(_NO_ENTRY)
    chosen = [given.exists is not None, given.absent, given.send, given.same_as is not None, given.drop]
    blank = any(text is not None and not text.strip() for text in (given.exists, given.same_as))
    if given.same or chosen.count(True) != 1 or blank or (given.although_listed and not given.absent):
        raise UsageError(_ONE)
    return _settle(entry, given)


def _settle(entry: str, given: Given) -> Settling:
    from importer.commands.answer import answer
    from importer.commands.resolve import Resolution, resolve

    if given.exists is not None or given.absent:
        return lambda environment: resolve(environment, entry, Resolution(given.exists, given.although_listed))
    return lambda environment: answer(environment, entry, _answer(given))


def of_batch(entry: str | None, given: Given, batch: int | None, kind: QuestionKind | None, confirm: int | None) -> Settling:
    """Return what to do about the questions of a batch. Raises UsageError if the options do not go together."""
    from importer.commands.answer_batch import BatchAnswer, answer_batch

    others = (entry, given.exists, given.same_as, given.absent or None, given.although_listed or None)
    if any(one is not None for one in others) or [given.send, given.same, given.drop].count(True) != 1:
        raise UsageError(_ALL)
    if batch is None or kind is None:
        raise UsageError(_ALL)
    wanted = BatchAnswer(batch, kind, _answer(given).word, confirm)
    return lambda environment: answer_batch(environment, wanted, TerminalDialogue() if sys.stdin.isatty() else None)


def _answer(given: Given) -> RowAnswer:
    from importer.domain.questions import AnswerWord, RowAnswer

    if given.same_as is not None:
        return RowAnswer(AnswerWord.SAME, given.same_as.strip())
    if given.send:
        return RowAnswer(AnswerWord.SEND)
    return RowAnswer(AnswerWord.DROP if given.drop else AnswerWord.SAME)
