# ruff: noqa: DTZ001  (cells of a sheet have no time zone)
"""Tests of the bytes stored in ledgers: fingerprints are keys, so that one different byte sends a case a second time.

The table was made by the first version, which used Python's own encoder alone. It must not be changed.
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.domain.cells import decode_cells, encode_cells
from importer.domain.identity import fingerprint


class Marked(str):
    __slots__ = ()


class Word(StrEnum):
    CASE = "case"


class Digits(int):
    __slots__ = ()


class Measured(float):
    __slots__ = ()


# A value, the text of a row with this cell alone, and the fingerprint of this part alone (or the error that it raises).
STORED = [
    (None, "[null]", "1d8fc6ceb1f94c6326d6d5483d258fcb2e179e98"),
    (True, "[true]", "1c28f2eb0958c3d15db1f0f0e7f2b8998ca2b8f6"),
    (False, "[false]", "456e2e3fa05ee1e2f4e529558008ce162bbd388a"),
    ("", '[""]', "055539df4a0b804c58caf46c0cd2941af10d64c1"),
    ("A-1001", '["A-1001"]', "f657c15a796ca3e7edcb2356e035926344d6ca28"),
    (" with spaces ", '[" with spaces "]', "953062061cab3cfd424f6f352632b60ff01da991"),
    ('says "no"', '["says \\"no\\""]', "27e972b3d318a441d9042814bb41acf1b51c5c4e"),
    ("C:\\cases\\1", '["C:\\\\cases\\\\1"]', "3ef854d9af7f95c0a75f3a2392f48bd7e330059d"),
    ("a/b", '["a/b"]', "1693b0cfc4dae1878cdb4234fe0c8d96b42766f9"),
    ("\n\r\t\b\f", '["\\n\\r\\t\\b\\f"]', "8ee1e8a7db0a9a42e45246bc5f1af26f00dcdcc2"),
    (
        "\x00\x01\x02\x03\x04\x05\x06\x07",
        '["\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007"]',
        "67dcb48e12e0af3e03183a26e99a5f3a813b165e",
    ),
    (
        "\x0b\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18",
        '["\\u000b\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018"]',
        "e7ccdd9462278cbe756c8062e9753ff99a9c59a4",
    ),
    (
        "\x19\x1a\x1b\x1c\x1d\x1e\x1f",
        '["\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f"]',
        "425f456e0c3eb6244b0a76f2eb6a6ba9fab9fdf9",
    ),
    ("\x7f\x80\x85\x9f", '["\x7f\x80\x85\x9f"]', "efe93e53ad4fb336992c12c0aa728fc16a4d6de5"),
    (
        "\xa0\xad\u200b\ufeff\ufffd\ufffe\uffff",
        '["\xa0\xad\u200b\ufeff\ufffd\ufffe\uffff"]',
        "6f4c3e0973e857cb89d8855ed6353f592c001601",
    ),
    ("\u2028\u2029", '["\u2028\u2029"]', "7659453166c1817e116c54ec04511036b807c538"),
    (
        "Sørensen & Ångström, Łódź, 東京",
        '["S\xf8rensen & \xc5ngstr\xf6m, \u0141\xf3d\u017a, \u6771\u4eac"]',
        "09d6b22e50074bba7246dbd8143640fc20e79e2d",
    ),
    ("e\u0301 is not é", '["e\u0301 is not \xe9"]', "7fc47272e50b42682173f9d06fbfb6e6df3c80bc"),
    ("<b>&amp;</b>", '["<b>&amp;</b>"]', "26b6e0f72723f20460b8af9c965069e9eff93915"),
    (
        "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467",
        '["\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467"]',
        "0a367588c76bd4dbf4d33c4ddcb6ca0c1bef1cad",
    ),
    ("\ud800", '["\ud800"]', UnicodeEncodeError),
    ("a\udfffb", '["a\udfffb"]', UnicodeEncodeError),
    ("\ud83d\ude00", '["\ud83d\ude00"]', UnicodeEncodeError),
    ("x" * 40_000, '["' + "x" * 40_000 + '"]', "8bb97356d8591a285ee67e7fe0f606e62c5ecabd"),
    ('"' * 1_000, '["' + '\\"' * 1_000 + '"]', "3d0593d575534ffa2ec9df8055dd4b914ea9d42e"),
    ("null", '["null"]', "53b41ab0dae62befcb8708620b6d14794a24feda"),
    ("[1,2]", '["[1,2]"]', "7db90ccc2512936ebb502447b5da59c1201d6802"),
    ('{"date":"2026-01-31"}', '["{\\"date\\":\\"2026-01-31\\"}"]', "0d746528deb53d51d8c564e0ee1ed6fc58819449"),
    (0, "[0]", "d0bca111f8628137adc4c16f123496dcdd1d590d"),
    (-1, "[-1]", "d124b23c696a85177dac41a7a28c853546e55caa"),
    (2**53 + 1, "[9007199254740993]", "ee825a6b803b8c559f4ee311b23736dbc4b31535"),
    (2**63 - 1, "[9223372036854775807]", "40a16ca546ca958148861f89265f14b5f81469c8"),
    (2**63, "[9223372036854775808]", "c1ec81dcec3942b4bbbe52b34697df5dfc855559"),
    (2**64 - 1, "[18446744073709551615]", "4ea5dfe84efa7d59c009278e17e8539539da1fa9"),
    (2**64, "[18446744073709551616]", "d4b57053bd41fc57d87993357c07b27d3e92ff53"),
    (-(2**63), "[-9223372036854775808]", "7e5b6d39bf27ab8a4075df575010d91c92d8288a"),
    (-(2**63) - 1, "[-9223372036854775809]", "b07b5c1e73922b900e59408aa65b61f44f920867"),
    (10**30, "[1000000000000000000000000000000]", "7089f1ae8ff0bcab237f240a55137598d130cdd3"),
    (0.0, "[0.0]", "37aed087d1cfac1ac1185c1622819ee5100567b1"),
    (-0.0, "[-0.0]", "7bf21b3c3ebc8a257d2618abe4d23978afbc5fb9"),
    (0.1, "[0.1]", "06a6535c3ff5c9da828e977bc53df452117cd157"),
    (0.30000000000000004, "[0.30000000000000004]", "e54ec050d935c92d92de7fb92c3c071820ac2482"),
    (1.0, "[1.0]", "c2272c0a862f11de35da66ec8be34349001ddeba"),
    (-1234.5, "[-1234.5]", "c34e4bae60994aac134f97cb25edf0a8afc34a8e"),
    (123456789.125, "[123456789.125]", "a0f10b78f3f6fa23370590c084a3febecaf91e7c"),
    (99999999.99, "[99999999.99]", "d7be5d8c45cd62be125a3f5d6f91c122148ef30a"),
    (1e-4, "[0.0001]", "96c8389dc753fae4bf730d170abab295b647e2f9"),
    (9.999999999999999e-05, "[9.999999999999999e-05]", "56e19f94e38ec0399145e575e51040b1e457d569"),
    (1e-5, "[1e-05]", "5d25b7bdc4575bf02b92b5fdbbfb904381619221"),
    (1e-7, "[1e-07]", "3a55cbf67bb44f8e2d9f40c71dce1f45ec939509"),
    (5e-324, "[5e-324]", "36ae31cf02ccda095c0e10f6eb921c5c76dc4a04"),
    (1e15, "[1000000000000000.0]", "a3ba957d2b30a2edf48ff7a1d063a90d096ed9e0"),
    (9999999999999998.0, "[9999999999999998.0]", "1bd82c15a397e6cf5ab4a4fe177f2f0f403d7384"),
    (1e16, "[1e+16]", "369a2279cbcf72a0375030aca2cf4236ee8ff66d"),
    (1e17, "[1e+17]", "b135fb79c70c7ce5215c0ed0d4612718ae91969a"),
    (1e22, "[1e+22]", "874fb9d2596aaba564dfd660367382274b1875b9"),
    (1.7976931348623157e308, "[1.7976931348623157e+308]", "dabeb6b2980d2d512888b69d2576387da2a30109"),
    (math.nan, "[NaN]", "638577393ecb248f472c18a1a95104181a318855"),
    (math.inf, "[Infinity]", "10058b8cd98a02ff73d5cd3092bb44f05b0d1114"),
    (-math.inf, "[-Infinity]", "4735d351ed0e14ba484a0d7a09335c3b87412588"),
    (Decimal("1.50"), '["1.50"]', "944b93fd5bc881117df2a4320bcb95ca9d335c00"),
    (Decimal("1E+3"), '["1E+3"]', "9a96f67057b551418cbd44b629a8f354c5c51757"),
    (Decimal("-0.00"), '["-0.00"]', "6e7d84efe0dbe6db830e90716d00166d4b3a7a8d"),
    (Decimal("NaN"), '["NaN"]', "e039c1f89ddf26ca4abad1c6edd6f366e9eff0b3"),
    (date(2026, 1, 31), '[{"date":"2026-01-31"}]', "2fe0d9ef3ce706fcacb14d166fbdd7ddfc2eb7eb"),
    (date(1, 1, 1), '[{"date":"0001-01-01"}]', "8172e6809f7f6aa9763ec42e8cf4214404d3bc2d"),
    (datetime(2026, 1, 31), '[{"datetime":"2026-01-31T00:00:00"}]', "90bf1cf54158cba59058b5c18b430fbc73946f05"),
    (
        datetime(2026, 1, 31, 12, 30, 15, 1),
        '[{"datetime":"2026-01-31T12:30:15.000001"}]',
        "aff8eac47c941bd2a08b2fe283f1874c86d42a6b",
    ),
    (
        datetime(2026, 1, 31, 12, 30, tzinfo=UTC),
        '[{"datetime":"2026-01-31T12:30:00+00:00"}]',
        "4344afa0f605133148222936a50faf6f3275c2da",
    ),
    (
        datetime(2026, 1, 31, 12, 30, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        '[{"datetime":"2026-01-31T12:30:00-03:30"}]',
        "64fa8711b259e3de56eee0a45e663bf03dcf52c5",
    ),
    (time(12, 30), '[{"time":"12:30:00"}]', "3a6d51184cccbfe7c15e6c56fd927b28bae5ef6f"),
    (time(0, 0, 0, 250), '[{"time":"00:00:00.000250"}]', "14e510d2d281f75d796ed894e6a2877e9db101ca"),
    (time(12, 30, tzinfo=UTC), '[{"time":"12:30:00+00:00"}]', "293e3730ff52911b0524629f29b145b2f3652a04"),
    (timedelta(hours=30), '[{"seconds":108000.0}]', "9ed2f0d4a48d2b6a54a2cf21c316a48c65d942d6"),
    (timedelta(days=-1, microseconds=1), '[{"seconds":-86399.999999}]', "ab1a3021547266fb2c97517c273f50b71f8b9f15"),
    (timedelta(seconds=90), '[{"seconds":90.0}]', "44030d8ac567349c236afefac31e0ec933c87425"),
    (timedelta(microseconds=1), '[{"seconds":1e-06}]', "f7a217505eb61ad73c5995af114d715b798ba006"),
    (Marked("#N/A"), '["#N/A"]', "bb5b79dc0209ec5f39cd898028c007cdfac07a32"),
    (Word.CASE, '["case"]', "df8e79815b0e820a783aa5729cb4063890110a6b"),
    (Digits(7), "[7]", "589ffd3acf522ae81192579f297589e93b0c41f7"),
    (Measured(1e16), "[1e+16]", "369a2279cbcf72a0375030aca2cf4236ee8ff66d"),
    ([], "[[]]", "cf1cbb66a638b4860a516671fb74850e6ccf787f"),
    ([1, "two", [None, 1e16, 0.5]], '[[1,"two",[null,1e+16,0.5]]]', "724d513570775259050da2a01aada106bba04d48"),
    ((1, ("a", True)), '[[1,["a",true]]]', "e74d4b0f769124ccaf23659dcd1a4e7fa918216a"),
    ({}, "[{}]", "e10808d43975dc400731053386849f864f297e6c"),
    (
        {"b": 1, "a": [2, {"d": 1e-7, "c": "é"}]},
        '[{"b":1,"a":[2,{"d":1e-07,"c":"\xe9"}]}]',
        "faed03e9580069edfd5731ba229fef4b6ec9f830",
    ),
    (
        {"z": 1, "ä": 2, "\uffff": 3, "\U00010000": 4},
        '[{"z":1,"\xe4":2,"\uffff":3,"\U00010000":4}]',
        "d66b41119711948ac624ab1e73683e9ba4b41e57",
    ),
    ({2: "two", 10: "ten"}, '[{"2":"two","10":"ten"}]', "b1414039f0f1e842e31c300129986b7f4a9e9ca4"),
    ([date(2026, 1, 31), Decimal("0.10")], '[[{"date":"2026-01-31"},"0.10"]]', "993a1a5eeac475d0d34efea369324f3bfa0eee9f"),
    ([2**70, "\ud800"], '[[1180591620717411303424,"\ud800"]]', UnicodeEncodeError),
]


@pytest.mark.parametrize(("value", "row", "digits"), STORED, ids=[str(n) for n in range(len(STORED))])
def test_ledgers_hold_these_very_bytes(value, row, digits) -> None:
    assert encode_cells((value,)) == row
    if isinstance(digits, str):
        assert fingerprint(value) == digits
    else:
        with pytest.raises(digits):
            fingerprint(value)


@pytest.mark.parametrize(
    ("parts", "digits"),
    [
        ((), "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d"),
        (("a", "b"), "0473ef2dc0d324ab659d3580c1134e9d81203590"),
        ((("a", "b"),), "db8992cf941b185a1c5bbcfbdc3f43204fe09d42"),
        (("case", "C-1", "Søren", True, None), "d4f9a1f479de0d05db9939097d3127b103a1b7b8"),
        (("voucher", "a" * 40, 1.5, 2**70), "2ba5e73eb9aa33dc1a20d4ea66cd4585c10ee3f1"),
    ],
)
def test_several_parts_are_one_list(parts, digits) -> None:
    assert fingerprint(*parts) == digits


def cells_of_old(cells) -> str:
    """Encode cells as the first version did."""

    def marked(cell):
        for kind, name in ((datetime, "datetime"), (date, "date"), (time, "time")):
            if isinstance(cell, kind):
                return {name: cell.isoformat()}
        return {"seconds": cell.total_seconds()} if isinstance(cell, timedelta) else str(cell)

    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"), default=marked)


def fingerprint_of_old(*parts) -> str:
    """Compute a fingerprint as the first version did."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


TEXTS = st.text() | st.text(st.characters(codec=None) | st.sampled_from('\x00\x1f\x7f"\\\u2028😀'))  # the latter with surrogates
NUMBERS = st.integers() | st.floats() | st.floats(-1e17, 1e17) | st.floats(-1e-3, 1e-3) | st.integers().map(lambda n: n / 100)
DAYS = st.dates() | st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=-3, minutes=-30))))
TIMES = DAYS | st.times() | st.timedeltas(timedelta(days=-999), timedelta(days=999))
CELLS = st.none() | st.booleans() | TEXTS | NUMBERS | TIMES
NESTED = st.recursive(CELLS | st.decimals(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=5)


def outcome(function, *values):
    try:
        return function(*values)
    except UnicodeEncodeError:
        return UnicodeEncodeError


@given(st.lists(CELLS | NESTED, max_size=8).map(tuple))
@example(("\ud800", 1e16))
@example((2**64, True, 5e-5))
def test_all_is_written_as_the_first_version_wrote_it(values) -> None:
    assert encode_cells(values) == cells_of_old(values)
    assert outcome(fingerprint, *values) == outcome(fingerprint_of_old, *values)


@given(st.lists(CELLS.filter(lambda cell: cell == cell)).map(tuple))  # noqa: PLR0124 - all but NaN
def test_cells_of_old_ledgers_come_back(cells) -> None:
    for text in (encode_cells(cells), cells_of_old(cells)):
        back = decode_cells(text)
        assert back == cells
        assert [type(cell) for cell in back] == [type(cell) for cell in cells]
        assert [math.copysign(1, cell) for cell in back if cell == 0] == [math.copysign(1, cell) for cell in cells if cell == 0]
