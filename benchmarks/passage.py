"""Count the files through which one accepted case passes between reading and report.

    python -m benchmarks.passage

A case passes through a file if a function of it is called more often the more cases there are: a sheet with some thousand
cases and one with twice as many are imported, from an .xlsx file over HTTP into a report, and the calls are compared. What
runs once for a command, a file or a sheet, or for a sample of its rows, is set-up and is counted apart; libraries and the
sandbox, which stands for the vendors, are left out.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import openpyxl

import importer
from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import Settings

CASES = 2_500  # more than any sample of rows, and more than two chunks of everything that is done in parts
PACKAGE = Path(importer.__file__).parent
HEADINGS = (
    *("case_ref", "creditor_company_name", "creditor_country", "currency", "date", "amount_to_recover"),
    *("debtor_type", "debtor_name", "debtor_contact_person", "debtor_country"),
)


class Passage:
    """How often each function of the package was called, by file."""

    def __init__(self) -> None:
        self.calls: dict[str, Counter[str]] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count the calls of this thread and of those that it starts."""
        called: Counter[CodeType] = Counter()

        def note(frame: FrameType, event: str, _: Any) -> None:
            del event  # a call, also of a library: which file it is in is looked at once, and not for each call
            called[frame.f_code] += 1

        before = sys.gettrace(), threading.gettrace()
        threading.settrace(note)
        sys.settrace(note)
        try:
            yield
        finally:
            sys.settrace(before[0])
            threading.settrace(before[1])
            self._add(called)

    def _add(self, called: Counter[CodeType]) -> None:
        for code, times in called.items():
            if code.co_filename.startswith(str(PACKAGE)) and code.co_name != "<module>":
                file = str(Path(code.co_filename).relative_to(PACKAGE))
                self.calls.setdefault(file, Counter())[code.co_qualname] += times

    def files(self) -> set[str]:
        """Return the files with a function that was called, without the sandbox."""
        return {file for file in self.calls if not file.startswith("sandbox")}

    def grown_since(self, some: Passage) -> set[str]:
        """Return the files with a function that was called more often than in ``some``."""
        return {file for file in self.files() if self.calls[file] - some.calls.get(file, Counter())}


def passage_of(cases: int) -> Passage:
    """Import a sheet with so many cases, all of which are accepted."""
    found = Passage()
    with tempfile.TemporaryDirectory() as name, Sandbox(SandboxSettings()) as sandbox:
        folder, key = Path(name), sandbox.settings.api_keys[0]
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Cases")
        sheet.append(HEADINGS)
        for number in range(cases):
            fixed = ("Nordlys A/S", "DK", "DKK", "2026-01-31", 100.5 + number, "Company")
            sheet.append((f"C-{number}", *fixed, f"Havblik {number} ApS", "Mette Holm", "DK"))
        book.save(folder / "cases.xlsx")
        settings = Settings(
            debitura={"base_url": sandbox.url, "api_key": key},
            ledger={"url": f"sqlite:///{folder / 'ledger.db'}"},
            output={"directory": folder / "output"},
        )
        with found.watched():
            result = importer.run(folder / "cases.xlsx", yes=True, new_ledger=True, settings=settings)
        assert result.exit_code == 0, result
    return found


def count(cases: int = CASES) -> tuple[set[str], set[str]]:
    """Return the files that every case passes through, and those that run once for a command, a file or a sheet."""
    passage_of(1)  # the first call imports modules, which must not be counted
    some, twice = passage_of(cases), passage_of(2 * cases)
    passed = twice.grown_since(some)
    return passed, (some.files() | twice.files()) - passed


def main() -> None:
    """Print both lists."""
    passed, set_up = count()
    print(f"A case passes through {len(passed)} files:", *sorted(passed), sep="\n  ")
    print(f"Besides, {len(set_up)} files run once for a command, a file or a sheet:", *sorted(set_up), sep="\n  ")


if __name__ == "__main__":
    main()
