"""The lines of the logs: each event that an operator reads, as text and as JSON. What is not listed here is not written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from importer.errors import ExitCode

Facts = Mapping[str, Any]
_PERSONAL = frozenset({"reference"})
"""The facts that may be personal data: they are written as text alone."""
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\ufffd")


def text_line(event: str, facts: Facts, at: datetime) -> str | None:
    """Return the line of an event, with local time and its offset from UTC; None for one that is not for operators."""
    if event not in _TEXTS:
        return None
    return f"{at.astimezone().isoformat(timespec='seconds')} {_text(event, facts)}".translate(_CONTROLS)


def json_line(event: str, facts: Facts, at: datetime) -> str | None:
    """Return an event as one JSON object, with the time in UTC, its text, and facts without personal data; None as above."""
    if event not in _TEXTS:
        return None
    known = {name: facts[name] for name in _FACTS[event] if name in facts and name not in _PERSONAL}
    message = _text(event, {name: value for name, value in facts.items() if name not in _PERSONAL})
    time = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": time, "event": event, **known, "message": message}, ensure_ascii=False, default=str)


def _text(event: str, facts: Facts) -> str:
    return _TEXTS[event](facts)


def _rows(rows: Mapping[str, int]) -> str:
    """Return rows by kind or status: ``49 cases, 3 vouchers`` or ``46 accepted, 3 rejected``."""
    plural = {"case": "cases", "voucher": "vouchers"}
    parts = [f"{count:,} {plural.get(name, name.replace('_', ' '))}" for name, count in rows.items() if count]
    return ", ".join(parts) or "no rows"


def _batch(facts: Facts) -> str:
    """Return the number of the batch that a file became; a check has none."""
    return f" as batch {facts['batch']}" if "batch" in facts else ""


def _clock(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().isoformat(timespec="seconds")


def _attempt(facts: Facts) -> str:
    status = f", HTTP {facts['status']}" if facts.get("status") else ""
    reference = f", {facts['reference']}" if facts.get("reference") else ""
    where = f"{facts['file']} row {facts['row']}{reference}"
    return f"attempt: {facts['kind']} {facts['entry']} ({where}): {facts['outcome']}{status}"


_ENDS = {
    ExitCode.OK: "done",
    ExitCode.BUG: "a bug in the importer",
    ExitCode.USAGE: "the command, the settings or the ledger must be corrected first",
    ExitCode.ROWS_LEFT: "rows are left to be corrected",
    ExitCode.FILE_REFUSED: "a file could not be read, or is not what is expected",
    ExitCode.API_STOPPED: "an API is down or refuses the credentials; rows wait",
    ExitCode.IN_DOUBT: "rows are in doubt, held or questioned",
    ExitCode.QUOTA: "a quota is used up; rows wait",
    ExitCode.APPROVAL: "staged; it waits for an approval",
    ExitCode.LEDGER_HELD: "another run holds the ledger",
    ExitCode.INTERRUPTED: "interrupted, or declined",
}


def _ended(facts: Facts) -> str:
    code = int(facts["exit_code"])
    why = _ENDS[ExitCode(code)] if code in set(ExitCode) else "unknown"
    return f"importer {facts['command']} ended after {facts['seconds']:,.1f} s with exit code {code}: {why}"


def _page(facts: Facts) -> str:
    batch = f", batch {facts['batch']}" if "batch" in facts else ""
    return f"page: {facts['action']}{batch}, by {facts['person'] or 'nobody known'} from {facts['address']}: {facts['result']}"


_TEXTS: dict[str, Callable[[Facts], str]] = {
    "started": lambda f: f"importer {f['command']} started (version {f['version']}, process {f['process']})",
    "workspace": lambda f: f"workspace {f['workspace']}, ledger {f['ledger']}",
    "empty_folder": lambda f: f"the folder {f['folder']} holds no files",
    "read": lambda f: f"{f['file']} read{_batch(f)}: {f['rows']:,} rows",
    "known": lambda f: f"{f['file']} was imported before as it is{_batch(f)}: {f['rows']:,} rows",
    "empty": lambda f: f"{f['file']} has headings and no rows",
    "unreadable": lambda f: f"{f['file']} could not be read",
    "approved": lambda f: f"batch {f['batch']} approved",
    "new_ledger": lambda f: f"the ledger {f['ledger']} begins to serve the account {f['account']}",
    "sending": lambda f: f"sending to {f['to']}: {_rows(f['rows'])} are open",
    "waiting": lambda f: f"nothing is sent to {f['api']} before {_clock(f['until'])}: {f['why']}",
    "resumed": lambda _: "sending goes on",
    "progress": lambda f: f"{f['done']:,} of {f['rows']:,} sent; the end is expected at {_clock(f['finish'])}",
    "sent": lambda f: f"sending ended: {f['done']:,} of {f['rows']:,} sent",
    "reconciled": lambda f: f"{f['in_doubt']:,} cases in doubt were looked for in Debitura's list: {f['moved']:,} are settled",
    "attempt": _attempt,
    "report": lambda f: f"batch {f['batch']} ({f['file']}): {_rows(f['rows'])}",
    "checked": lambda f: f"{f['file']} checked: {_rows(f['rows'])}",
    "claimed": lambda f: f"{f['file']} is taken from {f['folder']}",
    "placed": lambda f: f"{f['file']} is in {f['place']} (exit code {f['exit_code']})",
    "put_off": lambda f: f"{f['file']} waits (exit code {f['exit_code']}), and is tried again in {f['seconds']:,.0f} s",
    "folder_away": lambda f: f"the folder {f['folder']} cannot be used now",
    "folder_back": lambda f: f"the folder {f['folder']} is there again",
    "page": _page,
    "leftovers": lambda f: f"{f['folder']} of an earlier version of the page was removed: {f['files']:,} files",
    "bug": lambda f: f"bug {f['number']}: {f['place']} Its traceback: {f['trace']}",
    "ended": _ended,
}
_FACTS = {
    "started": ("command", "version", "process"),
    "workspace": ("workspace", "ledger"),
    "empty_folder": ("folder",),
    "read": ("file", "batch", "rows"),
    "known": ("file", "batch", "rows"),
    "empty": ("file",),
    "unreadable": ("file",),
    "approved": ("batch",),
    "new_ledger": ("ledger", "account"),
    "sending": ("to", "rows"),
    "waiting": ("api", "until", "seconds", "why"),
    "resumed": (),
    "progress": ("done", "rows", "finish"),
    "sent": ("done", "rows"),
    "reconciled": ("in_doubt", "moved"),
    "attempt": ("kind", "entry", "file", "row", "outcome", "status"),
    "report": ("file", "batch", "rows", "exit_code"),
    "checked": ("file", "rows", "exit_code"),
    "claimed": ("file", "folder"),
    "placed": ("file", "place", "exit_code"),
    "put_off": ("file", "exit_code", "seconds"),
    "folder_away": ("folder",),
    "folder_back": ("folder",),
    "page": ("action", "person", "subject", "address", "batch", "result", "status"),
    "leftovers": ("folder", "files"),
    "bug": ("number", "place", "trace"),
    "ended": ("command", "exit_code", "seconds"),
}
