from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("C12-ba7816", EntryLabel.of(RecordKind.CASE, 12, "abc")),
        ("V999999999999999-e3b0c4", EntryLabel.of(RecordKind.VOUCHER, 999_999_999_999_999, "")),
    ],
)
def test_labels_of_old_error_sheets_are_still_understood(text, label) -> None:
    assert label.text() == text
    assert EntryLabel.parse(text) == label


@given(st.sampled_from(RecordKind), st.integers(0, 10**15 - 1), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_label_reads_back_and_fits_its_own_key(kind, entry_id, key) -> None:
    label = EntryLabel.of(kind, entry_id, key)
    assert EntryLabel.parse(label.text()) == label
    assert label.fits(key)
    assert not label.fits(f"{key}x")


@pytest.mark.parametrize(
    "text",
    [
        *("", "C12", "12-ba7816", "X12-ba7816", "c12-ba7816", "C12-BA7816", "C12-ba781", "C12-ba78160", " C12-ba7816"),
        *("C12-ba7816\n", "C-ba7816", "C1234567890123456-ba7816", "C١٢-ba7816"),
    ],
)
def test_what_is_no_label(text) -> None:
    assert EntryLabel.parse(text) is None
