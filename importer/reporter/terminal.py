"""The summary as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import wrap

from importer.domain.accounts import SANDBOX_ACCOUNT
from importer.domain.batches import BatchState
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.money import totals_text
from importer.domain.notes import NoteKind
from importer.domain.questions import RULES, answers_together
from importer.domain.states import DONE, RowStatus
from importer.errors import ExitCode
from importer.ledger.queries.report_rows import BatchInfo
from importer.reporter.error_groups import ErrorGroups
from importer.reporter.row_reasons import in_words
from importer.reporter.sheets import READY
from importer.reporter.summary import KEYS, PLURAL, Summary

TOP_REASONS = 3
REASON_LETTERS = 150
"""The longest line of a reason; a longer one goes on below."""
MOST_LINES = 4


def table(summary: Summary, *, checking: bool) -> list[str]:
    """Return one block for each kind: rows and money as read, then by status."""
    lines: list[str] = []
    for kind in RecordKind:
        if not summary.count(kind):
            continue
        apart = _left_out_of_list(summary, kind)
        lines.append(_head(summary, kind, is_apart=bool(apart)))
        for status in KEYS if not apart else [one for one in KEYS if one is not RowStatus.LEFT_OUT]:
            if rows := summary.count(kind, status):
                name = READY if checking and status is RowStatus.PENDING else in_words(status)
                lines.append(f"    {name:<18}{rows:>9,}  {totals_text(summary.money(kind, status))}".rstrip())
        lines += apart
    return lines or ["  no rows"]


def _head(summary: Summary, kind: RecordKind, *, is_apart: bool) -> str:
    rows, money = summary.count(kind), summary.money(kind)
    if is_apart:
        rows -= summary.count(kind, RowStatus.LEFT_OUT)
        left = summary.money(kind, RowStatus.LEFT_OUT)
        money = {code: cents - left.get(code, 0) for code, cents in money.items()}
    return f"  {PLURAL[kind].capitalize():<20}{rows:>9,}  {totals_text(money)}".rstrip()


def _left_out_of_list(summary: Summary, kind: RecordKind) -> list[str]:
    """Return the line on the documents of a list that are in no case, which are rows and no cases; none for any other source."""
    rows = summary.count(RecordKind.CASE, RowStatus.LEFT_OUT)
    if kind is not RecordKind.CASE or not rows or all(note.kind is not NoteKind.CASES_OF_ROWS for note in summary.batch.notes):
        return []
    return [f"  {'Rows left out':<20}{rows:>9,}  {totals_text(summary.money(RecordKind.CASE, RowStatus.LEFT_OUT))}".rstrip()]


def report_lines(
    summary: Summary, groups: Mapping[str, ErrorGroups], folder: Path, *, kept: Sequence[str] = (), checking: bool
) -> list[str]:
    """Return the report of a batch for the terminal. It ends with the most frequent reasons and the path to the sheets.

    ``kept`` are sentences about sheets that were not overwritten.
    """
    balance = "balanced: every row is accounted for" if summary.balanced else "NOT BALANCED: please report this as a bug"
    what = "checked, nothing sent" if checking else f"batch {summary.batch.id}"
    lines = [f"{summary.batch.source_name}  ({what})", *table(summary, checking=checking), f"  {balance}"]
    lines += _control(summary) if checking else []
    if not checking and _nothing_new(summary):
        lines.append("  nothing was sent: what can be imported was imported before")
    lines += [f"  note: {note}" for note in summary.notes]
    lines += _no_claim_any_more(summary)
    for name, why in _BESIDES.items():
        lines += _without_error(groups[name], why)
    lines += [*_questions(summary, checking=checking), *_reasons(groups["errors"])]
    lines += [] if checking else _next_steps(summary, groups["errors"])
    return [*lines, *(f"  note: {sentence}" for sentence in kept), f"  sheets: {folder}"]


def _control(summary: Summary) -> list[str]:
    """Return the totals of each sheet, to be compared with the system that exported it."""
    lines = ["  control totals, as read and of the valid rows alone:"] if summary.sheets else []
    for sheet in summary.sheets:
        read, valid = (totals_text(dict(sorted(money.items()))) for money in (sheet.read, sheet.valid))
        lines.append(f'    {PLURAL[sheet.kind]} in "{sheet.sheet}": {sheet.rows:,} rows  {read}'.rstrip())
        if sheet.valid_rows != sheet.rows:
            lines.append(f"      valid: {sheet.valid_rows:,} rows  {valid}".rstrip())
        if sheet.unread:
            places = ", ".join(sheet.unread_places) + (", …" if sheet.unread > len(sheet.unread_places) else "")
            lines.append(
                f"      without {sheet.unread:,} amount{'s' if sheet.unread > 1 else ''} that could not be read exactly: {places}"
            )
    return lines


def _no_claim_any_more(summary: Summary) -> list[str]:
    """Return what is most urgent: claims that were sent and are paid, credited or disputed now."""
    lines = []
    if count := summary.newly_no_claim:
        what = "1 claim that was sent is" if count == 1 else f"{count:,} claims that were sent are"
        lines.append(
            f"  PAID, CREDITED OR DISPUTED AFTER SENDING: {what} no claim any more. Tell the collection partner: see changes.xlsx"
        )
    if count := summary.newly_part_paid:
        what = "1 claim that was sent" if count == 1 else f"{count:,} claims that were sent"
        lines.append(f"  PAID IN PART AFTER SENDING: less is open of {what}. Tell the collection partner: see changes.xlsx")
    return lines


_BESIDES = {
    "left-out": "left out, and listed in left-out.xlsx:",
    "changes": "changed since they were sent, and listed in changes.xlsx; nothing was sent:",
}


def _without_error(groups: ErrorGroups, heading: str) -> list[str]:
    """Return why rows with which nothing is wrong were not sent, and how many."""
    ordered = groups.ordered()
    lines = [f"  {heading}"] if ordered else []
    lines += [line for group, totals in ordered[:TOP_REASONS] for line in _counted(totals.rows, group.text())]
    more = len(ordered) - TOP_REASONS
    return lines + ([f"         and {more} more reason{'s' if more > 1 else ''}"] if more > 0 else [])


def _questions(summary: Summary, *, checking: bool) -> list[str]:
    """Return the open questions by kind, each with the command that answers them together."""
    lines = ["  questions:"] if summary.questions else []
    for kind, by_currency in summary.questions.items():
        rows, money = sum(rows for rows, _ in by_currency.values()), {code: cents for code, (_, cents) in by_currency.items()}
        lines.append(f"  {rows:>6,} × {kind}: {RULES[kind].sentence}  {totals_text(money)}".rstrip())
        lines += [] if checking else _answers(summary.batch, kind, rows)
    return lines


def _answers(batch: BatchInfo, kind: QuestionKind, rows: int) -> list[str]:
    """Return the commands that answer all questions of a kind, one a line, so that each can be pasted as it is."""
    sandbox = " --sandbox" if batch.cases_account == SANDBOX_ACCOUNT else ""
    words = (word.split()[0] for word in answers_together(kind))
    command = f"importer resolve --batch {batch.id} --kind {kind}"
    return [f"           all at once: `{command} --{word} --confirm {rows}{sandbox}`" for word in words]


def _counted(rows: int, reason: str) -> list[str]:
    """Return a reason with its rows. A long one goes on over lines, since its advice stands at its end."""
    first, *further = wrap(reason, REASON_LETTERS, max_lines=MOST_LINES, placeholder=" …") or [""]
    return [f"  {rows:>6,} × {first}", *(f"{' ' * 11}{line}" for line in further)]


def _reasons(groups: ErrorGroups) -> list[str]:
    """Return the most frequent causes, and the number of rows that are only consequences."""
    ordered = groups.ordered()
    causes = [(group, totals) for group, totals in ordered if not group.is_consequence]
    follow = sum(totals.rows for group, totals in ordered if group.is_consequence)
    lines = ["  most frequent reasons:"] if causes else []
    for group, totals in causes[:TOP_REASONS]:
        lines += _counted(totals.rows, group.text())
        lines += [f"           {values}"] if (values := totals.frequent_values()) else []
    if more := len(causes) - TOP_REASONS:
        lines += [f"         and {more} more: see the sheet Summary of errors.xlsx"] if more > 0 else []
    return lines + (
        [f"  {follow:>6,} only follow from these: correct the cases, and import the vouchers with them"] if follow else []
    )


_NEXT_STEPS = {
    RowStatus.PENDING: "not sent yet: `importer resume` sends them",
    RowStatus.IN_DOUBT: "in doubt: `importer resume` in a quarter of an hour settles most of them",
    RowStatus.HELD: "held: errors.xlsx says what to look for and which `importer resolve` to type",
    RowStatus.QUESTIONED: "questioned: errors.xlsx says what is asked of each; answer in #answer and import that file",
    RowStatus.REFUSED: "refused: correct them in errors.xlsx and import that file",
    RowStatus.REJECTED: "rejected: correct them in errors.xlsx and import that file",
}


def _next_steps(summary: Summary, groups: ErrorGroups) -> list[str]:
    """Return what to do about the rows that are not done, the first step first. A row that was corrected later needs none."""
    counts = {status: groups.statuses[status] for status in _NEXT_STEPS}
    steps = [f"  next: {rows:,} {_NEXT_STEPS[status]}" for status, rows in counts.items() if rows]
    if steps and summary.exit_code is ExitCode.ROWS_LEFT:
        steps.append("        open errors.xlsx first: it holds the rows that are left, for which the exit code is 3")
    if count := summary.newly_no_claim:
        which = "a case that was sent" if count == 1 else f"{count:,} cases that were sent"
        steps.insert(0, f"  next: tell the collection partner about {which}, or withdraw in the portal: changes.xlsx names each")
    later = summary.corrected_later
    return steps + ([f"        {later:,} of the rejected and blocked ones were corrected by a later import"] if later else [])


def _nothing_new(summary: Summary) -> bool:
    """Return whether a run had nothing to send, because all valid rows had been imported before."""
    untried = {RowStatus.ALREADY_IMPORTED, RowStatus.REPEATED, RowStatus.LEFT_OUT, RowStatus.CHANGED, RowStatus.WITHDRAWN}
    untried |= {RowStatus.QUESTIONED, RowStatus.REJECTED, RowStatus.BLOCKED}
    tried = [status for status in RowStatus if status not in untried]
    known = any(summary.count(kind, RowStatus.ALREADY_IMPORTED) for kind in RecordKind)
    return known and not any(summary.count(kind, status) for kind in RecordKind for status in tried)


def status_lines(summaries: list[Summary], quotas: Iterable[str] = ()) -> list[str]:
    """Return one line per batch, with its source and the numbers of done and remaining rows; then the quotas' lines."""
    return [*([_status_line(summary) for summary in summaries] or ["The ledger is empty."]), *quotas]


def _status_line(summary: Summary) -> str:
    batch = summary.batch
    what = _state_text(batch) if batch.state in _NOT_SENT else _progress_text(summary)
    if batch.state is BatchState.APPROVED and not any(summary.count(kind) for kind in RecordKind):
        what = "headings without rows"
    return f"batch {batch.id}  {batch.taken_at[:16].replace('T', ' ')}  {batch.source_name}: {what}"


def _progress_text(summary: Summary) -> str:
    """Return how many rows of a batch are done, and what became of the others."""
    counts = {status: sum(summary.count(kind, status) for kind in RecordKind) for status in KEYS}
    done = sum(counts[status] for status in DONE)
    rows = sum(summary.count(kind) for kind in RecordKind)
    left = {status: count for status, count in counts.items() if count and status not in DONE}
    rest = ", ".join(f"{count:,} {in_words(status)}{_by_kind(summary, status)}" for status, count in left.items())
    if summary.corrected_later:
        rest += f" ({summary.corrected_later:,} corrected later)"
    return f"{done:,} of {rows:,} done; {rest or 'all'}"


_NOT_SENT = frozenset({BatchState.STAGED, BatchState.VOID, BatchState.DISCARDED})


def _state_text(batch: BatchInfo) -> str:
    """Return the state of a batch that is not to be sent as it is."""
    if batch.state is BatchState.DISCARDED:
        return "discarded"
    what = f"staged by {batch.staged_by.text()}" if batch.state is BatchState.STAGED else "its approval is void"
    return f"{what}; `importer approve {batch.id}` shows it and asks"


def _by_kind(summary: Summary, status: RowStatus) -> str:
    """Return the kinds of questions behind the number of questioned rows: `` (2 twin, 1 same-cells)``."""
    if status is not RowStatus.QUESTIONED or not summary.questions:
        return ""
    kinds = (f"{sum(rows for rows, _ in found.values()):,} {kind}" for kind, found in summary.questions.items())
    return f" ({', '.join(kinds)})"
