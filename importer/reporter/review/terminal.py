"""The review as text for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from importer.domain.kinds import RecordKind
from importer.domain.money import grouped_text
from importer.domain.part_headings import with_article
from importer.domain.states import NOTHING_TO_DO, RowStatus
from importer.reporter.review.debtors import debtor_lines
from importer.reporter.review.model import (
    AccountShown,
    ControlTotal,
    FileReview,
    Parties,
    ReasonRows,
    Review,
    SheetReading,
    StatusRows,
    Totals,
    UnusedColumn,
    ValuesOfColumn,
)
from importer.reporter.review.stage import REASONS, ReviewStage
from importer.reporter.review.text import counted, flow, listed, money_parts, visible, wrapped
from importer.reporter.review.values import ordered_values, value_text
from importer.reporter.row_reasons import in_words
from importer.reporter.sheets import READY

REASONS_SHOWN = 5
CREDITORS_SHOWN = 5
MOST_CLAIMS, CLAIMS_BY_CURRENCY = 5, 2
LONGEST_TEXT = 500
_STATUS_WIDTH, _ROWS_WIDTH = 18, 9


def first_lines(review: Review) -> list[str]:
    """Return the decisive lines: where it goes, what can be sent, what cannot, what could not be read, what is unusual."""
    statuses = review.statuses()
    ready = [one for one in statuses if one.status is RowStatus.PENDING]
    lines = flow(["Account:", *_account(review.account).split()], rest="         ")
    lines += _labelled("Ready to send:", ready) if ready else ["Ready to send:  nothing"]
    if others := [one for one in statuses if one.status is not RowStatus.PENDING]:
        texts = [f"{counted(one.rows, one.kind)} {in_words(one.status)}" for one in others]
        lines += flow([*(f"{text}," for text in texts[:-1]), texts[-1]], "Not to be sent: ")
    lines += _unreadable(review)
    for file in review.files:
        where = f"{file.source}: " if len(review.files) > 1 else ""
        lines += listed((f"{where}{one.message}" for one in file.unusual), "Unusual: ", " " * 9)
    return lines


def review_lines(review: Review, heading: str | None = None, stage: ReviewStage = ReviewStage.OPEN) -> list[str]:
    """Return the whole review, in the order of decisions: what is sent, how it was read, what is in it, what is unusual.

    ``heading``: the first sentence, if nothing is to be decided any more; ``stage`` says what the rows wait for.
    """
    lines = _heading(review, heading)
    if len(review.files) > 1:
        lines += ["", *wrapped(f"All {len(review.files)} files"), *_table(review.statuses())]
    for file in review.files:
        lines += ["", *wrapped(file.source), *_table(file.statuses), *_balance(file)]
    unreadable = _unreadable(review)
    lines += ["", *unreadable] if unreadable else []
    lines += _without_rows(review)
    for file in review.files:
        lines += ["", *wrapped(f"About {file.source}")] if len(review.files) > 1 else []
        lines += [line for section in _sections(file, stage) if section for line in ("", *section)]
    return [*lines, "", *wrapped(f"Sending {review.finish}.")] if review.finish else lines


def closing_lines(review: Review, folders: Sequence[Path], page: Path | None) -> list[str]:
    """Return what to do after a check, the first step first, and where its files are. Paths are not wrapped."""
    lines = ["", "What to do next", *listed(_steps(review)), *(f"  sheets: {folder}" for folder in folders)]
    return [*lines, f"  review: {page}"] if page else lines


def _steps(review: Review) -> Iterator[str]:
    statuses = review.statuses()
    left = sum(one.rows for one in statuses if one.status not in {RowStatus.PENDING, *NOTHING_TO_DO})
    is_ready = any(one.status is RowStatus.PENDING for one in statuses)
    if left:
        what = "case or voucher" if left == 1 else "cases and vouchers"
        yield f"Open errors.xlsx: it holds {left:,} {what} that cannot be sent, with the reasons in front. Correct them there."
    if review.unreadable:
        yield "Correct or replace what could not be read, and check again."
    if is_ready:
        yield "`importer run` with the same file sends what is ready, and asks before it does."
    elif not left and not review.unreadable:
        yield "Nothing: there is no row that has to be sent."


def _heading(review: Review, heading: str | None) -> list[str]:
    checked = "What an import would do. This check sends and records nothing."
    what = heading or (checked if review.is_check else "What would be sent.")
    places = {"account": _account(review.account), "workspace": review.workspace, "ledger": review.ledger}
    return [*wrapped(what), *(line for name, text in places.items() if text for line in wrapped(text, f"  {name:<11}"))]


def _account(account: AccountShown) -> str:
    if account.is_sandbox:
        return "the sandbox on this computer; nothing reaches Debitura or Debbie"
    who = account.company or ("the owner of the key" if account.partner else "not known before the first import,")
    partner = f" (partner {account.partner})" if account.partner else ""
    return f"LIVE: {who}{partner} at {account.host}"


def _labelled(label: str, rows: Iterable[StatusRows]) -> list[str]:
    lines: list[str] = []
    for one in rows:
        name = f"{counted(one.rows, one.kind)}"
        lines += flow(money_parts(one.money), f"{'' if lines else label:<16}{name:<16}", gap="  ")
    return lines


def _table(statuses: Sequence[StatusRows]) -> list[str]:
    """Return one block for each kind: rows and money as read, then by status."""
    lines: list[str] = []
    for kind in RecordKind:
        found = [one for one in statuses if one.kind is kind]
        if not found:
            continue
        money: Totals = {}
        for one in found:
            money = {code: money.get(code, 0) + one.money.get(code, 0) for code in sorted({*money, *one.money})}
        lines += _amounts(f"  {kind.capitalize()}s", sum(one.rows for one in found), money)
        for one in found:
            name = READY if one.status is RowStatus.PENDING else in_words(one.status)
            lines += _amounts(f"    {name}", one.rows, one.money)
    return lines or ["  no rows"]


def _amounts(name: str, rows: int, money: Totals) -> list[str]:
    return flow(money_parts(money), f"{name:<{_STATUS_WIDTH + 2}}{rows:>{_ROWS_WIDTH},}  ", gap="  ")


def _balance(file: FileReview) -> list[str]:
    if file.balanced:
        return ["  balanced: every row is accounted for"]
    return ["  NOT BALANCED: please report this as a bug"]


def _unreadable(review: Review) -> list[str]:
    if not review.unreadable:
        return []
    return [f"Not read: {counted(len(review.unreadable), 'file')}", *listed(review.unreadable)]


def _without_rows(review: Review) -> list[str]:
    return ["", "Nothing to import", *listed(review.without_rows)] if review.without_rows else []


def _sections(file: FileReview, stage: ReviewStage) -> Iterator[list[str]]:
    """Yield the sections about one file, in the order in which a review has them. Some may be empty."""
    yield _reasons(file, stage)
    yield _reading(file)
    yield _totals(file)
    yield _not_due(file)
    yield _credits(file)
    yield debtor_lines(file)
    yield _creditors(file.creditors)
    yield _largest(file)
    if file.unusual:
        yield ["Unusual", *listed(one.message for one in file.unusual)]


def _reasons(file: FileReview, stage: ReviewStage) -> list[str]:
    """Return the most frequent reasons: of left-out rows, then of wrong ones, then the number of mere consequences."""
    lines: list[str] = []
    if file.is_example:
        lines += wrapped("This is the example: some rows are wrong on purpose, to show what becomes of them.", "  ")
    causes = [one for one in file.reasons if not one.is_consequence]
    for one in causes[:REASONS_SHOWN]:
        lines += _reason(one)
    if (more := len(causes) - REASONS_SHOWN) > 0:
        lines += wrapped(f"and {counted(more, 'more reason')}: see the sheet Summary of errors.xlsx", "         ")
    if follow := sum(one.rows for one in file.reasons if one.is_consequence):
        text = "only follow from these: correct the cases, and import the vouchers with them"
        lines += wrapped(text, f"  {follow:>6,} ", " " * 11)
    return [REASONS[stage], *lines] if file.reasons else []


def _reason(one: ReasonRows) -> list[str]:
    status = "" if one.status in {RowStatus.REJECTED, *NOTHING_TO_DO} else f"{in_words(one.status)}: "
    status = "left out: " if one.status is RowStatus.LEFT_OUT else status
    where = f"{one.row}: {one.values}" if one.values and one.rows == 1 else one.values or one.row
    text = f"{status}{one.reason}" + (f" ({where})" if one.values or one.rows == 1 else "")
    shown = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return wrapped(shown, f"  {one.rows:>6,} × ", " " * 11)


def _reading(file: FileReview) -> list[str]:
    lines = [*listed(file.notes), *(line for sheet in file.sheets for line in _sheet(sheet))]
    return ["How it was read", *lines] if lines else []


def _sheet(sheet: SheetReading) -> list[str]:
    if not sheet.holds:  # a sheet without records, with a note on why
        return listed(sheet.notes)
    texts = [f"{counted(len(sheet.same_names), 'heading')} under the importer's own names"] if sheet.same_names else []
    texts += [f'"{column.heading}" → {", ".join(column.columns)}' for column in sheet.other_names]
    texts += [f"{name} is {value} in all rows" for name, value in sheet.constants]
    texts += [*sheet.decisions, *sheet.notes]
    texts += map(_values, sheet.values)
    if sheet.unused:
        texts.append(f"not used: {', '.join(map(_unused, sheet.unused))}")
    return [*wrapped(f'Sheet "{sheet.name}", {sheet.holds}', "  ", "    "), *listed(texts, "    ", "      ")]


def _values(one: ValuesOfColumn) -> str:
    return f'values of "{one.heading}": ' + "; ".join(map(value_text, ordered_values(one)))


def _unused(column: UnusedColumn) -> str:
    seems = f" (looks like {with_article(column.seems)})" if column.seems else ""
    return f'"{column.heading}"{seems}'


def _totals(file: FileReview) -> list[str]:
    """Return totals that do not add up, and the control totals of each sheet, to be compared with the exporting system."""
    lines = listed(file.wrong_totals)
    for one in file.control_totals:
        lines += _control_total(one)
    return ["Totals, as read and of the valid rows alone (control totals)", *lines] if lines else []


def _control_total(one: ControlTotal) -> list[str]:
    head = f'{one.kind}s in "{visible(one.sheet)}": {counted(one.rows, "row")}'
    lines = flow([head, *money_parts(one.read)], "  ", "      ", gap="  ")
    if one.valid_rows != one.rows:
        lines += flow([f"valid: {counted(one.valid_rows, 'row')}", *money_parts(one.valid)], "    ", "      ", gap="  ")
    if one.unread:
        places = ", ".join(one.unread_rows) + (", …" if one.unread > len(one.unread_rows) else "")
        lines += wrapped(f"without {counted(one.unread, 'amount')} that could not be read exactly: {places}", "    ", "      ")
    return lines


def _not_due(file: FileReview) -> list[str]:
    if file.not_due is None:
        return []
    head = f"{counted(file.not_due.rows, 'case')}, left out until a later list"
    return ["Not due yet", *flow([head, *money_parts(file.not_due.money)], "  ", "    ", gap="  ")]


def _credits(file: FileReview) -> list[str]:
    if file.credits is None:
        return []
    lines = flow([counted(file.credits.rows, "voucher"), *money_parts(file.credits.money)], "  ", "    ", gap="  ")
    without = file.credits.without_invoice
    lines += wrapped(f"{without:,} of them name no invoice", "    ") if without else []
    return ["Credit notes and payments, which count against the debt", *lines]


def _creditors(creditors: Sequence[Parties]) -> list[str]:
    lines: list[str] = []
    for one in creditors[:CREDITORS_SHOWN]:
        lines += flow([f"{one.name}: {counted(one.cases, 'case')}", *money_parts(one.money)], "  ", "    ", gap="  ")
    if (more := len(creditors) - CREDITORS_SHOWN) > 0:
        lines.append(f"  and {counted(more, 'more creditor')}")
    return ["Creditors", *lines] if lines else []


def _largest(file: FileReview) -> list[str]:
    currencies = {one.currency for one in file.largest}
    most = MOST_CLAIMS if len(currencies) == 1 else CLAIMS_BY_CURRENCY
    lines: list[str] = []
    seen: dict[str, int] = {}
    for one in file.largest:
        seen[one.currency] = seen.get(one.currency, 0) + 1
        if seen[one.currency] <= most:
            reference = f", {one.reference}" if one.reference else ""
            text = f"{one.currency} {grouped_text(one.amount)}  {one.debtor} for {one.creditor}{reference} ({one.row})"
            lines += wrapped(text, "  ", "    ")
    return ["Largest claims", *lines] if lines else []
