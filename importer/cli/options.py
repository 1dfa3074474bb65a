"""The options that several commands share, each with its help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from importer.domain.kinds import QuestionKind

Paths = Annotated[list[Path], typer.Argument(help="Spreadsheets, or folders of them.", show_default=False)]
SandboxFlag = Annotated[bool, typer.Option("--sandbox", help="Use the embedded sandbox, with a ledger of its own.")]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help="A profile's name or path, or none; by default the one that lists the headings.")
]
Documents = Annotated[
    Path | None,
    typer.Option(
        "--documents",
        metavar="PATH",
        help="A folder or ZIP of documents that are attached to vouchers by invoice number; by default one beside the list with "
        "its name.",
        show_default=False,
    ),
]
OutputDir = Annotated[Path | None, typer.Option("--output", help="Where the sheets go; the default is a setting.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summaries as JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")]
NewLedger = Annotated[
    bool, typer.Option("--new-ledger", help="Begin with a new ledger for this account; without a terminal it must be said.")
]
StopAtQuota = Annotated[
    bool, typer.Option("--stop-at-quota", help="End instead of waiting for an hourly or daily quota that is used up.")
]
LeaveSending = Annotated[
    bool, typer.Option("--leave-sending", help="Record and approve only; a worker, another sender or `resume` sends.")
]
StandBy = Annotated[
    bool, typer.Option("--stand-by", help="While another process sends for the account, wait, and go on when it has ended.")
]
Config = Annotated[Path | None, typer.Option("--config", help="Another settings file than importer.toml.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only results.")]
Verbose = Annotated[
    int,
    typer.Option("--verbose", "-v", count=True, help="Logs on stderr; twice for every attempt, with its row and reference."),
]


class LogForm(StrEnum):
    """How logs are written."""

    TEXT = "text"
    JSON = "json"


LogFileOption = Annotated[
    Path | None,
    typer.Option("--log-file", metavar="PATH", help="Add the logs to this file too, which is rotated.", show_default=False),
]
LogFormatOption = Annotated[
    LogForm, typer.Option("--log-format", help="Logs as lines of text, or as JSON, which never holds a reference.")
]
ExpectRows = Annotated[
    int | None,
    typer.Option(
        "--expect-rows",
        min=0,
        metavar="N",
        help="Refuse the files unless they hold N rows in all: rows with cases or, without any cases, with vouchers.",
        show_default=False,
    ),
]
ExpectTotals = Annotated[
    list[str] | None,
    typer.Option(
        "--expect-total",
        metavar="DKK=1234.50",
        help="Refuse the files unless their amounts add up to this in all: amount_to_recover of the cases or, without any "
        "cases, voucher_amount. Once for each currency of the files.",
        show_default=False,
    ),
]
Batch = Annotated[int, typer.Argument(help="The batch's number, as `importer status` shows it.", show_default=False)]
Confirm = Annotated[
    int | None,
    typer.Option(
        "--confirm",
        min=0,
        metavar="N",
        help="Send without asking if exactly N cases (without cases: vouchers) would be sent; else leave everything staged.",
        show_default=False,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=1,
        metavar="N",
        help="Approve the first N cases with their vouchers; the rest stays staged.",
        show_default=False,
    ),
]
MaxRejected = Annotated[
    str | None,
    typer.Option("--max-rejected", metavar="5%", help="Leave everything staged if more of the rows are rejected."),
]
MaxDropped = Annotated[
    str | None,
    typer.Option("--max-dropped", metavar="5%", help="Leave everything staged if more of the rows are left out."),
]
ListIsCurrent = Annotated[
    bool,
    typer.Option("--list-is-current", help="The list counts, although it looks older or shorter than the last one."),
]
Exists = Annotated[
    str | None,
    typer.Option("--exists", metavar="ID", help="It exists at the API, with this id; for a case, its reference will do."),
]
Absent = Annotated[bool, typer.Option("--absent", help="It does not exist at the API: the next run or resume sends it.")]
Send = Annotated[bool, typer.Option("--send", help="A questioned entry is another claim: the next run or resume sends it.")]
Same = Annotated[
    bool,
    typer.Option("--same", help="With --batch: each row is the same as the one that its question names.", show_default=False),
]
Drop = Annotated[bool, typer.Option("--drop", help="A questioned entry is never sent; another answer takes that back.")]
OfBatch = Annotated[
    int | None, typer.Option("--batch", metavar="N", help="Answer all questions of one kind in this batch.", show_default=False)
]
KindOfQuestion = Annotated[
    QuestionKind | None, typer.Option("--kind", help="With --batch: the kind of the questions.", show_default=False)
]
ConfirmedRows = Annotated[
    int | None,
    typer.Option("--confirm", metavar="ROWS", min=0, help="With --batch: the number of rows to answer.", show_default=False),
]
AlthoughListed = Annotated[
    bool, typer.Option("--although-listed", help="With --absent: a similar case or voucher in the API's list is another one.")
]
SameAs = Annotated[
    str | None,
    typer.Option(
        "--same-as", metavar="ENTRY", help="A questioned entry is the same as this entry, or as the case or voucher with this id."
    ),
]
