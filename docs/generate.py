# ruff: noqa: INP001  (a script beside the pages, not a package)
"""Write the generated parts of the pages in this folder from the code.

``python docs/generate.py`` rewrites them; with ``--check`` it changes nothing, names the pages that differ from the code, and
exits with 1 if there are any. A generated part stands between ``<!-- generated: NAME -->`` and ``<!-- /generated -->``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT)]

from generator import columns, commands, list_picture, outcomes, questions, row_states, sandbox, scheduling, settings  # noqa: E402

from importer.domain.columns import CASE_COLUMNS, VOUCHER_COLUMNS  # noqa: E402

BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)
PICTURE = ROOT / "docs" / "images" / "invoice-list.svg"
PARTS: dict[str, Callable[[], str]] = {
    "case-columns": lambda: columns.columns(CASE_COLUMNS),
    "voucher-columns": lambda: columns.columns(VOUCHER_COLUMNS),
    "case-headings": lambda: columns.headings(CASE_COLUMNS),
    "voucher-headings": lambda: columns.headings(VOUCHER_COLUMNS),
    "state-headings": row_states.headings,
    "state-words": row_states.words,
    "voucher-types": columns.voucher_types,
    "commands": commands.commands,
    "exit-codes": commands.exit_codes,
    "settings": settings.settings,
    "settings-file": settings.settings_file,
    "schedule-systemd": scheduling.systemd_units,
    "schedule-crontab": scheduling.crontab_block,
    "schedule-launchd": scheduling.launchd_list,
    "schedule-windows": scheduling.windows_task,
    "sandbox-settings": sandbox.settings,
    "outcomes": outcomes.outcomes,
    "states": outcomes.states,
    "doubts": outcomes.doubts,
    "questions": questions.kinds,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the generated parts of the documents from the code.")
    parser.add_argument("--check", action="store_true", help="only compare, and exit with 1 if a page differs")
    only_check = parser.parse_args(arguments).check
    outdated = {page: text for page in pages() if (text := renewed(before := page.read_text(encoding="utf-8"))) != before}
    if PICTURE.read_text(encoding="utf-8") != (drawn := list_picture.list_picture()):
        outdated[PICTURE] = drawn
    for page, text in outdated.items():
        if not only_check:
            page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{page.relative_to(ROOT)} {'differs from the code' if only_check else 'was written'}\n")
    return int(only_check and bool(outdated))


def pages() -> list[Path]:
    """Return the pages with generated parts."""
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if BLOCK.search(page.read_text(encoding="utf-8"))]


def renewed(text: str) -> str:
    """Return the text of a page with its generated parts as the code has them now."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{PARTS[block[2]]()}\n\n{block[3]}", text)


if __name__ == "__main__":
    sys.exit(main())
