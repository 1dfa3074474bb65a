"""The manifest of a folder of results: the batch that it belongs to, and the bytes of its files as they were written last.

It holds ids, names of files and hashes of whole files, and no data of debtors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class BatchIdentity:
    """What a folder belongs to. The time of the taking in tells batches of a restored ledger from those that it has lost."""

    ledger: str
    batch: int
    taken_at: str


@dataclass
class Manifest:
    """The content of a manifest: the batch, and by file the SHA-256 of what we wrote, or were about to write, last."""

    identity: BatchIdentity
    files: dict[str, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        """Return the text of the manifest."""
        batch = self.identity
        facts = {"version": 1, "ledger": batch.ledger, "batch": batch.batch, "taken_at": batch.taken_at, "files": self.files}
        return json.dumps(facts, indent=2) + "\n"


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder; None if it has none that can be read."""
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        identity = BatchIdentity(str(found["ledger"]), int(found["batch"]), str(found["taken_at"]))
        files = {str(name): [str(digest) for digest in digests] for name, digests in found["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Manifest(identity, {name: digests for name, digests in files.items() if Path(name).name == name})
