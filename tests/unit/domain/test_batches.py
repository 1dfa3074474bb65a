"""What a proposal would do, how it may differ from the one that was reviewed, and the digest of what an approval covers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.batches import NOBODY, Person, Proposal, difference, entry_hash, person_from_json, person_json, plus
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus

CASE, VOUCHER = RecordKind.CASE, RecordKind.VOUCHER
PENDING, REJECTED, KNOWN, CHANGED = RowStatus.PENDING, RowStatus.REJECTED, RowStatus.ALREADY_IMPORTED, RowStatus.CHANGED


def proposal(digest: str = "a", overlaps: tuple[int, ...] = (), **rows: int) -> Proposal:
    counts = {CASE: {RowStatus(name): {"DKK": (count, count * 100)} for name, count in rows.items() if count}, VOUCHER: {}}
    return Proposal(counts, digest, overlaps)


@pytest.mark.parametrize(
    ("reviewed", "now", "words"),
    [
        (proposal(pending=3), proposal(pending=3), None),
        (proposal(pending=3), proposal("b", pending=2, already_imported=1), None),
        (proposal(pending=3, rejected=1), proposal("b", rejected=1, already_imported=2, changed=1), None),
        (proposal(pending=3), proposal("b", pending=3), "the values to be sent are others"),
        (proposal(pending=3), proposal("b", pending=4), "3 cases were to be sent and 4 are now"),
        (proposal(pending=3), proposal("b", pending=2, rejected=1), "3 cases were to be sent and 2 are now"),
        (proposal(pending=3), proposal("b", pending=2, questioned=1), "0 cases were questioned and 1 are now"),
        (proposal(pending=3, rejected=1), proposal("b", pending=2, already_imported=2), "1 cases were rejected and 0 are now"),
        (proposal(pending=3), proposal(pending=3, overlaps=(7,)), "batch 7, staged later"),
        (proposal(pending=3, overlaps=(7,)), proposal(pending=3, overlaps=(7,)), None),
    ],
)
def test_what_may_differ_from_the_review(reviewed: Proposal, now: Proposal, words: str | None) -> None:
    found = difference(reviewed, now)
    assert found is None if words is None else words in (found or "")


def test_a_proposal_is_the_same_after_the_ledger() -> None:
    one = replace(proposal("f", (3, 4), pending=2, rejected=1), counts={CASE: {PENDING: {"DKK": (2, 5)}}, VOUCHER: {}})
    assert Proposal.from_json(one.as_json()) == one
    assert (one.rows_to_send(), one.rows(PENDING, CASE), one.money(PENDING, CASE)) == (2, 2, {"DKK": 5})


@given(st.lists(st.integers(0, 2**256 - 1)), st.integers(0, 2**256 - 1))
def test_a_digest_does_not_depend_on_the_order_and_gives_back_what_is_taken_out(hashes: list[int], one: int) -> None:
    assert plus("0", *hashes) == plus("0", *reversed(hashes))
    assert plus(plus("0", *hashes, one), one, sign=-1) == plus("0", *hashes)


def test_every_part_of_a_request_counts_in_the_digest() -> None:
    file = json.dumps({"path": "a.pdf", "sha256": "0", "content_type": "application/pdf"})
    hashes = {
        entry_hash(CASE, "k", b'{"a":1}', None, None),
        entry_hash(VOUCHER, "k", b'{"a":1}', None, None),
        entry_hash(VOUCHER, "l", b'{"a":1}', None, None),
        entry_hash(VOUCHER, "k", b'{"a":2}', None, None),
        entry_hash(VOUCHER, "k", b'{"a":1}', "id", None),
        entry_hash(VOUCHER, "k", b'{"a":1}', None, file),
        entry_hash(VOUCHER, "k", b'{"a":1}', None, file.replace("a.pdf", "b.pdf")),
        entry_hash(VOUCHER, "k", b'{"a":1}', None, file.replace('"0"', '"1"')),
    }
    assert len(hashes) == 8


def test_the_ids_that_the_first_attempt_adds_do_not_count() -> None:
    file = json.dumps({"path": "a.pdf", "sha256": "0", "content_type": "application/pdf"})
    uploaded = json.dumps(json.loads(file) | {"file_id": "f1"})
    late = b'{"a":1,"referenceCaseVoucherId":"v","appendix":{"fileId":"f1"}}'
    assert entry_hash(VOUCHER, "k", b'{"a":1}', None, file) == entry_hash(VOUCHER, "k", late, None, uploaded)


def test_a_person_is_the_same_after_the_ledger() -> None:
    ann = Person("ann", "host", 1001)
    assert person_from_json(person_json(ann)) == ann
    assert (person_from_json(None), ann.text()) == (NOBODY, "ann@host")
