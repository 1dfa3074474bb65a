"""Sources from DataFrames, and what is said of a file as a whole."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from importer.domain.cells import decode_cells, encode_cells
from importer.domain.notes import Note, NoteKind
from importer.domain.records import CaseRecord, LoadedRow, LoadedSource, Reject, VoucherRecord
from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records.row_reader import LoadContext
from importer.loader.source import open_file, open_frames
from importer.reporter.notes import sentence

CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"))
CASE = {
    "case_ref": "C-1",
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "currency": "DKK",
    "date": "2026-01-31",
    "amount_to_recover": "5000.00",
    "debtor_type": "Person",
    "debtor_name": "Bodil Zebrahest",
    "debtor_country": "DK",
}
VOUCHER = {
    "case_ref": "C-1",
    "voucher_type": "invoice",
    "voucher_amount": "1000.00",
    "currency": "DKK",
    "date": "2026-01-31",
    "source": "CREDITOR",
}


def cases(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([CASE | change for change in changes or ({},)])


def frames(profile: Profile = NO_PROFILE, **named: pd.DataFrame) -> LoadedSource:
    return open_frames(named, CONTEXT, profile)


def csv(tmp_path: Path, text: str, profile: Profile = NO_PROFILE, name: str = "in.csv") -> tuple[LoadedSource, list[LoadedRow]]:
    path = tmp_path / name
    path.write_text(text, encoding=profile.encoding or "utf-8")
    with open_file(path, profile, CONTEXT) as source:
        return source, list(source.rows)


def payload(record: object) -> dict[str, Any]:
    assert isinstance(record, CaseRecord | VoucherRecord), record
    return json.loads(record.payload)


HEADER = ",".join(CASE)
LINE = ",".join(CASE.values())


# DataFrames


def test_frames_of_cases_and_vouchers_are_one_source_cases_first() -> None:
    source = frames(Vouchers=pd.DataFrame([VOUCHER]), Cases=cases())
    assert [head.name for head in source.heads] == ["Cases", "Vouchers"]
    assert source.has_cases
    case, voucher = source.rows
    assert payload(case.case)["amountToRecover"] == 5000.0
    assert payload(voucher.voucher)["amount"] == -100000


def test_rows_are_numbered_as_to_excel_would_whatever_the_index() -> None:
    frame = cases({}, {"case_ref": "C-2"}).set_index(pd.Index([70, 3]))
    assert [row.row.number for row in frames(Cases=frame).rows] == [2, 3]


def test_typed_values_of_a_frame_are_read_as_what_they_are() -> None:
    frame = pd.DataFrame(
        {
            "case_ref": pd.array([1001, 1002], dtype="Int64"),
            "creditor_company_name": pd.Series(["Nordlys", "Nordlys"], dtype="category"),
            "creditor_country": ["DK", "NA"],  # Namibia
            "currency": ["DKK", "DKK"],
            "date": pd.to_datetime(["2026-01-31", "2026-02-01"]),
            "due_date": [pd.Timestamp("2026-02-14"), pd.NaT],
            "amount_to_recover": np.array([5000, 0.1 + 0.2]),
            "debtor_type": ["Person", "Person"],
            "debtor_name": ["Bodil", "Viggo"],
            "debtor_country": ["DK", "DK"],
            "debtor_zip_code": [8000, np.nan],
            "is_test": np.array([True, False]),
            "comments": [None, pd.NA],
        }
    )
    first, second = (payload(row.case) for row in frames(Cases=frame).rows)
    assert (first["date"], first["dueDate"], first["amountToRecover"], first["isTest"]) == (
        "2026-01-31",
        "2026-02-14",
        5000.0,
        True,
    )
    assert first["debtor"]["zipCode"] == "8000"
    assert second["amountToRecover"] == 0.3
    assert second["creditorCountryAlpha2"] == "NA"
    assert second["isTest"] is False
    assert not {"dueDate", "comments"} & set(second)
    assert "zipCode" not in second["debtor"]


@pytest.mark.parametrize("value", [np.int64(5000), np.int8(50), np.float64(0.5), 7, 0.5, Decimal("1.500"), Decimal("5000.00")])
def test_a_number_in_a_column_of_objects_is_no_text(value) -> None:
    # With a decimal comma the text "1.500" would be fifteen hundred.
    frame = cases().astype(object)
    frame.loc[0, "amount_to_recover"] = value
    (row,) = frames(Profile(decimal=","), Cases=frame).rows
    assert payload(row.case)["amountToRecover"] == float(value)


@pytest.mark.parametrize(
    ("value", "code"),
    [(float("inf"), "error_cell"), (1e16, "digits_lost"), ([5], "not_a_number"), (pd.Timedelta("1h"), "not_a_number")],
)
def test_a_value_that_is_no_amount_is_rejected(value, code) -> None:
    frame = cases().astype(object)
    frame.loc[0, "amount_to_recover"] = value
    (row,) = frames(Cases=frame).rows
    assert isinstance(row.case, Reject)
    assert [reason.code for reason in row.case.reasons] == [code]


def test_the_cells_of_a_frame_can_be_kept_by_the_ledger() -> None:
    frame = (
        cases().astype(object).assign(a=np.int64(5), b=pd.Timestamp("2026-01-31 12:30"), c=[{"x": 1, "y": 2}], d=np.bool_(True))
    )
    (row,) = frames(Cases=frame).rows
    kept = decode_cells(encode_cells(row.row.cells))
    assert kept[-4:] == (5, pd.Timestamp("2026-01-31 12:30"), "{'x': 1, 'y': 2}", True)


@pytest.mark.parametrize(
    ("frame", "place"),
    [(cases({"debtor_name": "Bo\ud83d"}), "row 2, column 'debtor_name'"), (cases().assign(**{"x\ud83d": 1}), "row 1, column")],
)
def test_half_a_letter_is_told_with_its_place_before_anything_is_taken_in(frame, place) -> None:
    with pytest.raises(FileRefused, match=place):
        frames(Cases=frame)


def test_a_frame_is_named_by_its_content() -> None:
    same = frames(Cases=cases()).sha256
    assert frames(Cases=cases().set_index(pd.Index([9]))).sha256 == same
    others = [cases({"case_ref": "C-2"}), cases({}, {}), cases().rename(columns={"debtor_name": "Debtor"})]
    assert len({same, frames(Vouchers=cases()).sha256, *(frames(Cases=frame).sha256 for frame in others)}) == 5


def test_long_frames_are_read_to_their_end() -> None:
    frame = cases(*({"case_ref": f"C-{n}"} for n in range(4100)))
    rows = list(frames(Cases=frame).rows)
    assert [row.row.number for row in rows] == list(range(2, 4102))
    assert {row.case.ref for row in rows if isinstance(row.case, CaseRecord)} == {f"C-{n}" for n in range(4100)}


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": [1]})])
def test_a_frame_of_something_else_is_refused(frame) -> None:
    with pytest.raises(FileRefused, match=r'no sheet with columns of cases or vouchers \(looked at "Data"'):
        frames(Data=frame)


def test_a_frame_without_rows_holds_nothing() -> None:
    assert list(frames(Cases=cases().iloc[:0]).rows) == []


# Files


def test_a_file_is_known_by_its_bytes_and_its_profile(tmp_path: Path) -> None:
    source, rows = csv(tmp_path, f"{HEADER}\n{LINE}\n", Profile(name="bank"))
    again, _ = csv(tmp_path, f"{HEADER}\n{LINE}\n", name="other.csv")
    assert (source.name, source.profile, source.sha256) == ("in.csv", "bank", again.sha256)
    assert again.profile is None
    assert (rows[0].row.sheet, rows[0].row.number, rows[0].row.cells) == ("in.csv", 2, tuple(CASE.values()))


def test_blank_rows_are_passed_over_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    _, rows = csv(tmp_path, f"{HEADER}\n\n{LINE}\n , ,,,,,,,\n{LINE}\n")
    assert [row.row.number for row in rows] == [3, 5]


def test_an_unquoted_delimiter_rejects_its_row_and_no_other(tmp_path: Path) -> None:
    split = LINE.replace("Bodil Zebrahest", "Zebrahest, Bodil")
    _, rows = csv(tmp_path, f"{HEADER}\n{LINE}\n{split}\n{LINE},,\n")
    codes = [[reason.code for reason in row.case.reasons] if isinstance(row.case, Reject) else [] for row in rows]
    assert codes == [[], ["too_many_cells"], ["cells_differ"]]


def test_a_quoted_delimiter_is_text(tmp_path: Path) -> None:
    quoted = LINE.replace("Bodil Zebrahest", '"Zebrahest, Bodil"')
    _, rows = csv(tmp_path, f"{HEADER}\n{quoted}\n")
    assert payload(rows[0].case)["debtor"]["name"] == "Zebrahest, Bodil"


def test_an_unknown_column_is_a_note_and_an_empty_heading_is_none(tmp_path: Path) -> None:
    source, _ = csv(tmp_path, f"{HEADER},Salesman,,Region,#row\n{LINE},x,,y,1\n")
    assert list(map(sentence, source.notes)) == ['Sheet "in.csv": not used: "Salesman", "Region".']


def test_a_derived_debtor_type_is_told(tmp_path: Path) -> None:
    header = "InvoiceNumber,DebtorName,Country,InvoiceDate,PrincipalAmount,CurrencyCode"
    line = "1,Bodil,DK,2026-01-31,5.00,DKK"
    constants = {"creditor_company_name": "Nordlys", "creditor_country": "DK"}
    source, rows = csv(tmp_path, f"{header}\n{line}\n", Profile(constants=constants))
    assert source.notes[0] == Note(NoteKind.TYPE_DERIVED, "in.csv")
    assert payload(rows[0].case)["debtor"]["type"] == "Person"


def test_a_header_further_down(tmp_path: Path) -> None:
    text = f"Open items\nas of,31 January\n{HEADER}\n{LINE}\n"
    _, rows = csv(tmp_path, text, Profile(header_row=3))
    assert [row.row.number for row in rows] == [4]
    source, found = csv(tmp_path, text)
    assert found == rows
    assert list(map(sentence, source.notes)) == ['Sheet "in.csv": the headings are in row 3; rows 1–2 above them were left out.']
    unknown = text.replace("creditor", "kred").replace("debtor", "deb").replace("amount", "am").replace("date", "d")
    with pytest.raises(FileRefused, match=r"no sheet with columns of cases or vouchers.*header_row"):
        csv(tmp_path, unknown)


def test_a_header_row_that_is_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="row 2, the profile's header_row, is empty"):
        csv(tmp_path, f"Open items\n\n{HEADER}\n{LINE}\n", Profile(header_row=2))


def test_delimiter_encoding_and_quote_of_a_profile(tmp_path: Path) -> None:
    profile = Profile(encoding="cp850", delimiter="~", quote="'")
    text = "~".join(CASE) + "\n" + "~".join(CASE.values()).replace("Bodil Zebrahest", "'Bødil~Zebrahest'") + "\n"
    _, rows = csv(tmp_path, text, profile)
    assert payload(rows[0].case)["debtor"]["name"] == "Bødil~Zebrahest"


def test_vouchers_alone_are_for_cases_that_exist(tmp_path: Path) -> None:
    row = {"case_id": "D-77"} | {k: v for k, v in VOUCHER.items() if k != "case_ref"}
    source, rows = csv(tmp_path, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    assert not source.has_cases
    assert isinstance(rows[0].voucher, VoucherRecord)
    assert (rows[0].voucher.case_id, rows[0].voucher.case_ref) == ("D-77", None)


def test_an_appendix_is_looked_for_where_the_context_says(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1")
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, folder=tmp_path)
    source = open_frames({"Vouchers": pd.DataFrame([VOUCHER | {"appendix_file": "a.pdf"}])}, context)
    (row,) = source.rows
    assert isinstance(row.voucher, VoucherRecord)
    assert row.voucher.appendix is not None


def test_rows_of_a_text_that_are_shorter_than_the_headings_are_kept_as_wide_as_these(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    header = "creditor_company_name;creditor_country;currency;date;amount_to_recover;debtor_type;debtor_name;debtor_country;tag"
    path.write_text(f"{header}\nNordlys A/S;DK;DKK;2026-01-31;100;Person;Mette Holm;DK\n", encoding="utf-8")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        (row,) = source.rows
    assert len(row.row.cells) == len(header.split(";"))
    assert row.row.cells[-1] is None


def test_nothing_is_noted_of_a_sheet_of_our_own_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        cases().to_excel(book, sheet_name="Cases", index=False)
        for name in ("Bo's", "Bo"):
            pd.DataFrame({"#row": [1]}).to_excel(book, sheet_name=name, index=False)
            book.sheets[name].sheet_state = "hidden"
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        assert source.notes == ()
