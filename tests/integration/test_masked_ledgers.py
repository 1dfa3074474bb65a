"""A ledger of the version before masking: its rows are masked by the upgrade, what was sent stays, and nothing is sent again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.personal_numbers import texts_in
from support.sheets import case, write_csv
from support.workspace import CliWorkspace

from importer.domain.cells import encode_cells

VERSION_7 = 7
NUMBER, BARE = "800101-1234", "8001011234"


def as_version_7(path: Path, row_cells: dict[str, str], payloads: dict[str, dict[str, str]]) -> None:
    """Turn a ledger into one of version 7 whose rows and requests hold numbers. ``row_cells``: a text → what stood there."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE entry DROP COLUMN party")
        db.execute("DROP TABLE document")
        db.execute("DROP TABLE known_list")
        db.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (str(VERSION_7),))
        db.execute("UPDATE alembic_version SET version_num = ?", (str(VERSION_7),))
        for table in ("row", "proposal"):
            for identifier, cells in db.execute(f"SELECT id, cells FROM {table}").fetchall():
                before = tuple(row_cells.get(cell, cell) if isinstance(cell, str) else cell for cell in json.loads(cells))
                db.execute(f"UPDATE {table} SET cells = ? WHERE id = ?", (encode_cells(before), identifier))
        for identifier, ref, payload in db.execute("SELECT id, ref, payload FROM entry").fetchall():
            wire = json.loads(payload)
            wire["debtor"] |= payloads.get(ref, {})
            db.execute("UPDATE entry SET payload = ? WHERE id = ?", (json.dumps(wire).encode(), identifier))


@pytest.fixture
def upgraded(configured_workspace: CliWorkspace, tmp_path: Path) -> CliWorkspace:
    """A workspace with a ledger of version 7: a sent case, a staged one, and a rejected row, each with a personal number."""
    workspace = configured_workspace
    swedish = {"debtor_country": "SE", "debtor_registration_number": "placeholder"}
    workspace.call("run", write_csv(tmp_path / "sent.csv", [case("C1", **swedish), case("C2", amount="x", **swedish)]), "--yes")
    workspace.call("run", write_csv(tmp_path / "staged.csv", [case("C3", **swedish)]), "--yes", env=ALWAYS)
    sent = {"companyRegistrationNumber": BARE}
    as_version_7(workspace.folder / "ledger.db", {"placeholder": NUMBER}, {"C1": sent})
    return workspace


ALWAYS = {"IMPORTER_APPROVAL__REQUIRED": "always"}


def test_the_upgrade_masks_rows_and_keeps_what_was_sent(upgraded: CliWorkspace) -> None:
    done = upgraded.call("status")
    assert "delete it when it is not needed any more" in done.err + done.out
    cells = upgraded.ledger("SELECT cells FROM row UNION ALL SELECT cells FROM proposal")
    assert len(cells) == 3
    assert all("800101-****" in text for (text,) in cells)
    kept = [name for name, text in texts_in(upgraded.folder) if NUMBER.encode() in text]
    assert [name for name in kept if not name.startswith("ledger.before-version")] == []
    found = upgraded.call("doctor").out
    assert "1 request of earlier releases hold" in found
    assert "1 copy of the ledger is from before personal numbers were masked" in found
    (copy,) = upgraded.folder.glob("ledger.before-version-*")
    assert str(copy) in found
    copy.unlink()
    assert "from before personal numbers were masked" not in upgraded.call("doctor").out


def test_the_same_list_sends_nothing_again(upgraded: CliWorkspace, fake_apis) -> None:
    rows = [case("C1", debtor_country="SE", debtor_registration_number=NUMBER)]
    done = upgraded.call("run", write_csv(upgraded.folder.parent / "again.csv", rows), "--yes")
    assert done.code == 0, done.err
    assert len(fake_apis.cases) == 1


def test_a_change_beside_a_sent_number_is_described_without_it(upgraded: CliWorkspace, fake_apis) -> None:
    changed = {"debtor_country": "SE", "debtor_registration_number": "800101-9999", "debtor_email": "other@zebrahest.example"}
    done = upgraded.call("run", write_csv(upgraded.folder.parent / "again.csv", [case("C1", **changed)]), "--yes")
    assert done.code == 0, done.err
    assert len(fake_apis.cases) == 1
    ((why,),) = upgraded.ledger("SELECT reasons FROM reject WHERE status = 'changed'")
    assert "debtor_email was" in why
    assert BARE not in why
    assert "registration" not in why


def test_a_report_of_an_older_batch_is_written_from_masked_cells(upgraded: CliWorkspace) -> None:
    upgraded.call("report", "1")
    texts = [text for name, text in texts_in(upgraded.folder / "output") if name.startswith(("errors", "success"))]
    assert any(b"800101-****" in text for text in texts)
    assert not any(NUMBER.encode() in text for text in texts)
