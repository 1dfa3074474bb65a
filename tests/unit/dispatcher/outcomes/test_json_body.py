"""Bodies that no API of ours sends: damaged, hostile, or larger than anything that can be meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer.dispatcher.outcomes.json_body import LONGEST_TEXT, MOST_LEVELS, read_json
from importer.dispatcher.outcomes.judge import OutcomeKind, judge
from importer.dispatcher.outcomes.reply import Answer
from importer.domain.kinds import RecordKind

HOSTILE = {
    "lists": b"[" * 200_000,
    "lists in full": b"[" * 900 + b"]" * 900,
    "objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "as deep as the parser goes": b'{"id":' + b"[" * 970 + b"]" * 970 + b"}",
    "one level too many": b"[" * (MOST_LEVELS + 1) + b"]" * (MOST_LEVELS + 1),
    "values": b"[" + b"[]," * 1_000_001 + b"[]]",
    "an integer": b'{"retryAfter": 1%s}' % (b"0" * 5_000),
    "not UTF-8": b'{"id": "\xff\xfe\x80"}',
    "an unpaired byte order mark": b"\xff\xfe{",
    "nothing": b"",
    "a page": b"<html>maintenance</html>",
    "half": b'{"id": "1',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the text is not shown)
        read_json(body)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", list(RecordKind))
def test_a_hostile_body_is_judged(body: bytes, kind: RecordKind) -> None:
    assert judge(kind, Answer(200, body)).verdict is OutcomeKind.IN_DOUBT
    assert judge(kind, Answer(422, body)).verdict is OutcomeKind.REFUSED
    assert judge(kind, Answer(429, body)).wait_seconds == 60


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"id": "\\ud83d"}', {"id": "?"}),
        ('{"id": "\ud83d"}'.encode("utf-8", "surrogatepass"), {"id": "?"}),
        (b'{"a\\u0000b": ["\\u0000"]}', {"a?b": ["?"]}),
        (json.dumps("x" * 10_000).encode(), "x" * LONGEST_TEXT),
        ('{"id": "æ"}'.encode("utf-16"), {"id": "æ"}),
        (b"[" * MOST_LEVELS + b"]" * MOST_LEVELS, json.loads("[" * MOST_LEVELS + "]" * MOST_LEVELS)),
    ],
)
def test_what_can_be_read_can_be_stored(body: bytes, wanted: Any) -> None:
    assert read_json(body) == wanted
