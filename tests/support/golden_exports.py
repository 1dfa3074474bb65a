"""Exports as systems write them: what a list with its settings and answers comes to, as a text that is kept beside it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from support.ledgers import ACCOUNTS, LedgerDriver, open_driver, run_sql
from support.paths import GOLDEN_FILES

from importer.domain.confirmed_values import Confirmed, list_keys, listed_values, values_to_confirm
from importer.domain.notes import Note
from importer.domain.reasons import Reason
from importer.domain.records import LoadedSource
from importer.domain.row_states import IN_WORDS
from importer.domain.states import RowStatus
from importer.ledger.intake.intake import take_in
from importer.ledger.queries.report_rows import RecordResult, ReportRow
from importer.ledger.storage.schema import entry
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_file

SYSTEMS = GOLDEN_FILES / "exports" / "systems"
INPUTS = sorted(path for path in SYSTEMS.iterdir() if path.suffix in {".csv", ".xlsx"})
TODAY = date(2026, 11, 27)
SETTINGS = {
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "debtor_type": "by name",
    "debtor_contact_person": "Accounts payable",
}
SENT, CREDITS = "Sent", "Credits and payments"
_SECTIONS = {
    RowStatus.PENDING: SENT,
    RowStatus.REPEATED: "Repeated",
    RowStatus.LEFT_OUT: "Left out",
    RowStatus.QUESTIONED: "Questioned",
    RowStatus.REJECTED: "Rejected",
}


@dataclass(frozen=True)
class Export:
    """A list of a system: the settings that hold for every import, the answers of a person, and the claims in it.

    ``answers`` is the profile as a person would have it after answering; ``claims`` maps references to amounts, written by
    hand: what must be sent, and nothing else.
    """

    path: Path
    settings: Mapping[str, str]
    answers: Mapping[str, Any]
    claims: Mapping[str, str]

    @classmethod
    def at(cls, path: Path) -> Export:
        found = tomllib.loads(path.with_name(f"{path.name}.toml").read_text(encoding="utf-8"))
        return cls(path, SETTINGS | found.get("settings", {}), found.get("answers", {}), found.get("claims", {}))

    @property
    def golden(self) -> Path:
        return self.path.with_name(f"{self.path.name}.txt")

    def given(self) -> list[str]:
        """Each answer, one by one: a heading, a value, a constant."""
        return list(_leaves(self.answers))


@dataclass(frozen=True)
class Result:
    """What a list came to: the text that is kept, what would be sent, and whether the money of the rows adds up."""

    text: str
    sent: Mapping[str, str]
    is_balanced: bool


def result_of(export: Export, folder: Path) -> Result:
    """Stage a list in a new ledger twice: as it is, and with the values confirmed that its first review showed."""
    profile = Profile(**export.answers, name="answers") if export.answers else Profile()
    context = LoadContext(TODAY, ZoneInfo("Europe/Copenhagen"), defaults=export.settings)
    with open_driver(folder) as driver:
        notes, confirmed = _confirm(export, profile, context)
        with open_file(export.path, profile, replace(context, confirmed=confirmed)) as source:
            batch = _take(driver, source)
        rows = [(line, line.case) for line in driver.lines(batch) if line.case]
        payloads = _payloads(driver)
        sections = _sections(rows, payloads)
        text = "\n".join(_written(export, notes, sections))
        sent = [payloads[found.entry_id] for _, found in rows if found.status is RowStatus.PENDING and found.entry_id]
        claims = {wire.get("creditorReference", "(none)"): f"{wire['amountToRecover']:.2f}" for wire in sent}
        return Result(text + "\n", claims, driver.balanced(batch))


def _confirm(export: Export, profile: Profile, context: LoadContext) -> tuple[list[Note], Confirmed]:
    """Return the notes on the list as it is first read, and what a person confirms who approves its review."""
    with open_file(export.path, profile, context) as source:
        list(source.rows)
        notes, (head, *_) = [*source.notes, *source.found], source.heads
    keys = list_keys(profile.name or None, head.header)
    texts = {heading: tuple(sorted(found)) for _, heading, found in listed_values(notes)}
    return notes, dict.fromkeys(keys, texts)


def _take(driver: LedgerDriver, source: LoadedSource) -> int:
    return run_sql(driver.ledger, lambda connection: take_in(connection, source, ACCOUNTS, "run", ()))


def _payloads(driver: LedgerDriver) -> dict[int, dict[str, Any]]:
    query = select(entry.c.id, entry.c.payload)
    found = run_sql(driver.ledger, lambda connection: connection.execute(query).all())
    return {number: json.loads(payload) for number, payload in found if payload}


def _sections(rows: Iterable[tuple[ReportRow, RecordResult]], payloads: Mapping[int, dict[str, Any]]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {name: [] for name in (SENT, CREDITS, *dict.fromkeys(_SECTIONS.values()))}
    for line, found in rows:
        name = _SECTIONS[found.status]
        is_credit = name == "Left out" and any(reason.code == "credit" for reason in found.reasons)
        wire = payloads.get(found.entry_id or 0, {})
        told = _claim(wire) if name == SENT else "; ".join(map(Reason.text, found.reasons)) or "-"
        sections[CREDITS if is_credit else name].append(f"  row {line.number}: {told}")
    return sections


def _claim(wire: Mapping[str, Any]) -> str:
    debtor = wire["debtor"]
    amount = f"{wire['currencyCode']} {wire['amountToRecover']:.2f}"
    days = f"{wire['date']}, due {wire.get('dueDate', '(none)')}"
    return f"{wire.get('creditorReference', '(none)')}, {amount}, {days}, {debtor['type']} {debtor['name']}"


def _written(export: Export, notes: Iterable[Note], sections: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"Answers: {len(export.given())}"
    yield from (f"  {answer}" for answer in export.given())
    confirmed = [f'  "{text}" is {IN_WORDS[meaning]}' for _, text, meaning in values_to_confirm(notes)]
    yield f"Confirmed: {len(confirmed)}"
    yield from confirmed
    for name, lines in sections.items():
        yield f"{name}: {len(lines)}"
        yield from lines


def _leaves(table: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield from (f"{path}{name} = {one}" for one in (value if isinstance(value, list) else [value]))
