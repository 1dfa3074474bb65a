"""Ways in which ``GET /managed-cases`` and ``GET /managed-cases/{id}`` may differ from the truth, as a table.

Every behaviour leaves evidence: something that the importer knows to be true is missing or different in the list. A list that
hides only what the importer does not know would be beyond what any importer can notice.
"""

from __future__ import annotations

import gzip
import json
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

from support.hostile_server import (
    Behaviour,
    Ending,
    Exchange,
    RemoteCase,
    Wire,
    asked_page,
    case_content,
    page_of,
    plain_id,
    problem,
    wire,
)

CONTROLS = "controls"
"""The name of the server's note with the ids of the cases that existed before the behaviour began."""

Cases = list[RemoteCase]
Item = dict[str, Any]
DEEP = 200_000


@dataclass(frozen=True)
class ListBehaviour:
    """A way to list cases. ``honest_detail``: the request for one case shows it as it is, though the list does not.

    ``in_answers``: the answers to new cases are changed in the same way. ``harmless``: it differs only in spelling, so that every
    row must be accepted.
    """

    name: str
    does: str
    choose: Callable[[Exchange, Cases], Cases] = lambda _, cases: cases
    total: Callable[[Exchange, int, int], Any] = lambda _, shown, true: shown  # noqa: ARG005
    item: Callable[[Item, RemoteCase], Any] = lambda item, _: item
    paging: Callable[[Exchange, list[Any], int, int], dict[str, Any]] = lambda _, items, page, size: page_of(items, page, size)
    size: int | None = None
    envelope: Callable[[dict[str, Any]], Any] = lambda body: body
    reply: Callable[[Exchange, bytes], Wire] = lambda _, body: wire(200, body)
    one: Callable[[Exchange], Wire | None] | None = None
    honest_detail: bool = False
    beside: Callable[[Exchange], Iterable[tuple[Item, datetime]]] | None = None
    date: Callable[[int], str | None] | None = None
    harmless: bool = False
    in_answers: bool = False

    def behaviour(self, base: Behaviour) -> Behaviour:
        """The behaviour of the server: this list beside the answers of ``base``."""
        one = self.one or (None if self.honest_detail else self._one)
        changed = replace(base, list_cases=self._list, one_case=one)
        return replace(changed, date=self.date) if self.date else changed

    def _list(self, exchange: Exchange) -> Wire:
        page, size = asked_page(exchange)
        true = exchange.truth.newest_first()
        chosen = self.choose(exchange, true)
        items = [self.item(case_content(case), case) for case in chosen]
        body = self.paging(exchange, items, page, self.size or size)
        if isinstance(body.get("page"), dict) and "totalResults" in body["page"]:
            body["page"]["totalResults"] = self.total(exchange, body["page"]["totalResults"], len(true))
        return self.reply(exchange, as_json(self.envelope(body)))

    def _one(self, exchange: Exchange) -> Wire | None:
        case = next((c for c in exchange.truth.cases if c.id == plain_id(exchange.path.rsplit("/", 1)[-1])), None)
        return wire(200, as_json(self.item(case_content(case), case))) if case else None


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def true_total(_: Exchange, _shown: int, true: int) -> int:
    return true


def is_new(exchange: Exchange, case: RemoteCase) -> bool:
    return case.id not in exchange.server.notes.get(CONTROLS, ())


# Hidden cases


def hide(name: str, does: str, hidden: Callable[[Exchange, RemoteCase], bool]) -> list[ListBehaviour]:
    """Two behaviours: the total counts what is hidden as well, or only what is shown."""

    def choose(exchange: Exchange, cases: Cases) -> Cases:
        return [case for case in cases if not hidden(exchange, case)]

    return [
        ListBehaviour(f"hides {name}", f"{does}; the total counts what is shown", choose),
        ListBehaviour(f"hides {name}, true total", f"{does}; the total counts all", choose, true_total),
    ]


def _nth(modulus: int, rest: int) -> Callable[[Exchange, RemoteCase], bool]:
    def hidden(exchange: Exchange, case: RemoteCase) -> bool:
        return [c.id for c in sorted(exchange.truth.cases, key=lambda c: c.created)].index(case.id) % modulus == rest

    return hidden


def _young(seconds: float) -> Callable[[Exchange, RemoteCase], bool]:
    return lambda _, case: datetime.now(UTC) - case.created < timedelta(seconds=seconds)


def _flapping(exchange: Exchange, cases: Cases) -> Cases:
    exchange.server.notes["turn"] = turn = exchange.server.notes.get("turn", 0) + 1
    return cases if turn % 2 else []


def _stale(exchange: Exchange, cases: Cases) -> Cases:
    """The first list that was ever answered under this behaviour, again and again."""
    return list(exchange.server.notes.setdefault("stale", cases))


def _of_another_account(exchange: Exchange, _: Cases) -> Cases:
    if "others" not in exchange.server.notes:
        exchange.server.notes["others"] = [_stranger(n) for n in range(7)]
    return exchange.server.notes["others"]  # type: ignore[no-any-return]


def _stranger(number: int) -> RemoteCase:
    debtor = {"type": "Company", "name": f"Fremmed {number} ApS", "country": "Denmark"}
    sent = {"creditorCompanyName": "Andre A/S", "currencyCode": "DKK", "amountToRecover": 1000 + number, "debtor": debtor}
    identifier = str(uuid4())
    moment = datetime.now(UTC) - timedelta(minutes=number)
    return RemoteCase(identifier, identifier[:8].upper(), moment, sent | {"creditorReference": f"F-{number}"}, foreign=True)


def _same(key: str, value: Any) -> Callable[[Exchange, RemoteCase], bool]:
    return lambda _, case: case.sent.get(key) == value


HIDING = [
    ListBehaviour("honest", "lists what there is, as documented"),
    *hide("new cases for ever", "shows no case that is younger than the behaviour", is_new),
    *hide("cases for a second", "shows a case a second after its creation", _young(1.0)),
    *hide("every third case", "shows two of three cases", _nth(3, 2)),
    *hide("every second case", "shows every other case", _nth(2, 1)),
    *hide("all cases", "shows an empty list", lambda *_: True),
    *hide("the cases of one creditor", "shows no case of one of the creditors", _same("creditorCompanyName", "Syd Test ApS")),
    *hide("test cases", "shows no test case", _same("isTest", True)),
    *hide("cases without a reference", "shows only cases with a reference", _same("creditorReference", None)),
    *hide("large claims", "shows only claims below 2,000", lambda _, case: case.sent["amountToRecover"] >= 2000),
    ListBehaviour("hides real cases", "shows only test cases", lambda _, cases: [c for c in cases if c.sent.get("isTest")]),
    ListBehaviour("hides the newest case", "never shows the newest one", lambda _, cases: cases[1:]),
    ListBehaviour("hides the two newest cases, true total", "never shows them", lambda _, cases: cases[2:], true_total),
    ListBehaviour("hides the oldest cases", "shows only the three newest", lambda _, cases: cases[:3]),
    ListBehaviour("empty every second time", "every second request shows an empty list", _flapping),
    ListBehaviour("stale", "repeats the first list that it answered", _stale),
    ListBehaviour("stale, true total", "repeats the first list, but counts what there is", _stale, true_total),
    ListBehaviour("another account", "lists the cases of another account", _of_another_account),
    ListBehaviour(
        "another account, true total", "lists another account's cases and counts ours", _of_another_account, true_total
    ),
]


# Pages


def _overlapping(_: Exchange, items: list[Any], page: int, size: int) -> dict[str, Any]:
    first = max((page - 1) * (size - 1), 0)
    return _cut(items, first, size, page, math.ceil(max(len(items) - 1, 1) / (size - 1)))


def _skipping(_: Exchange, items: list[Any], page: int, size: int) -> dict[str, Any]:
    return _cut(items, (page - 1) * (size + 1), size, page, math.ceil(len(items) / (size + 1)))


def _cut(items: list[Any], first: int, size: int, page: int, pages: Any) -> dict[str, Any]:
    shown = items[first : first + size]
    about = {"currentPage": page, "pageSize": size, "totalResults": len(items), "responseCount": len(shown)}
    return {"page": about | {"totalPages": pages}, "cases": shown}


def pages_say(value: Any) -> Callable[[Exchange, list[Any], int, int], dict[str, Any]]:
    """Pages of the right cases, with another number of pages; ``...`` leaves it out."""

    def paging(_: Exchange, items: list[Any], page: int, size: int) -> dict[str, Any]:
        body = page_of(items, page, size)
        body["page"]["totalPages"] = value
        if value is ...:
            del body["page"]["totalPages"]
        return body

    return paging


def _endless(exchange: Exchange, items: list[Any], page: int, size: int) -> dict[str, Any]:
    body = page_of(items, page, size)
    more = [case_content(_stranger(n)) for n in range(size - len(body["cases"]))]
    body["cases"] += more
    body["page"] |= {"totalPages": 10**6, "totalResults": exchange.server.notes.get("claimed", len(items))}
    return body


def _growing(exchange: Exchange, items: list[Any], page: int, size: int) -> dict[str, Any]:
    body = _endless(exchange, items, page, size)
    body["page"]["totalResults"] = page * size + (size if page < 12 else 0)
    body["page"]["totalPages"] = page + (page < 12)
    return body


def _shuffled(seed: int | None) -> Callable[[Exchange, Cases], Cases]:
    """Another order; with no seed another one for each request."""

    def choose(exchange: Exchange, cases: Cases) -> Cases:
        order = list(cases)
        random.Random(exchange.server.notes.get("seed", 0) + (len(exchange.server.requests) if seed is None else seed)).shuffle(
            order
        )
        return order

    return choose


def _reversed(_: Exchange, cases: Cases) -> Cases:
    return cases[::-1]


PAGES = [
    ListBehaviour("small pages", "shows three cases a page, and says so", size=3),
    ListBehaviour(
        "small pages, called one page",
        "shows three cases and says that there is one page",
        paging=lambda _, items, page, size: _cut(items, (page - 1) * size, size, page, 1),
        size=3,
    ),
    ListBehaviour(
        "small pages, called one page, small total",
        "shows three cases and says that there are no others",
        paging=lambda _, items, page, size: _cut(items, (page - 1) * size, size, page, 1),
        total=lambda *_: 3,
        size=3,
    ),
    ListBehaviour("pages overlap", "begins each page with the last case of the one before", paging=_overlapping, size=3),
    ListBehaviour("pages skip", "leaves out a case between two pages", paging=_skipping, size=3),
    ListBehaviour("pages counted from 0", "takes page 1 for the second", size=3, paging=lambda _, i, p, s: page_of(i, p + 1, s)),
    ListBehaviour("always the first page", "ignores the page asked for", size=3, paging=lambda _, i, __, s: page_of(i, 1, s)),
    ListBehaviour(
        "second page empty", "has nothing after the first page", size=3, paging=lambda _, i, p, s: page_of(i[:s], p, s)
    ),
    ListBehaviour("number of pages missing", "does not say how many pages there are", paging=pages_say(...), size=3),
    ListBehaviour("number of pages 0", "says that there are 0 pages", paging=pages_say(0), size=3),
    ListBehaviour("number of pages as text", "says how many pages there are as text", paging=pages_say("4"), size=3),
    ListBehaviour("number of pages negative", "says that there are -1 pages", paging=pages_say(-1), size=3),
    ListBehaviour("number of pages true", "says true in place of a number", paging=pages_say(True), size=3),
    ListBehaviour("too many pages", "says that there are a million pages", paging=pages_say(10**6), size=3),
    ListBehaviour("pages without end", "has strangers' cases on a million pages", paging=_endless),
    ListBehaviour("pages that grow", "has 12 pages, and each one says that there is one more", paging=_growing),
    ListBehaviour("unsorted", "ignores the order", _shuffled(5)),
    ListBehaviour("unsorted, small pages", "ignores the order and shows three a page", _shuffled(5), size=3),
    ListBehaviour("another order each time", "shuffles the cases for each request, three a page", _shuffled(None), size=3),
    ListBehaviour("ascending", "shows the oldest first", _reversed),
    ListBehaviour("ascending, small pages", "shows the oldest first, three a page", _reversed, size=3),
    ListBehaviour(
        "ascending, one page only",
        "shows the three oldest and says that there are no others",
        lambda _, cases: cases[::-1][:3],
    ),
]


# Totals


def total(name: str, does: str, value: Callable[[Exchange, int, int], Any]) -> ListBehaviour:
    return ListBehaviour(f"total {name}", does, total=value)


def _without_total(body: dict[str, Any]) -> dict[str, Any]:
    body["page"].pop("totalResults")
    return body


TOTALS = [
    ListBehaviour("total missing", "does not say how many cases there are", envelope=_without_total),
    ListBehaviour("total missing, small pages", "nor on pages of three", envelope=_without_total, size=3),
    ListBehaviour(
        "total missing, new cases hidden",
        "shows no new case and does not say how many there are",
        lambda exchange, cases: [case for case in cases if not is_new(exchange, case)],
        envelope=_without_total,
    ),
    total("one more", "counts one case more", lambda _, shown, __: shown + 1),
    total("one less", "counts one case less", lambda _, shown, __: shown - 1),
    total("as text", "is a text", lambda _, shown, __: str(shown)),
    total("negative", "is -1", lambda *_: -1),
    total("0", "is 0", lambda *_: 0),
    total("null", "is null", lambda *_: None),
    total("with decimals", "is a number with decimals", lambda _, shown, __: shown + 0.5),
    total("true", "is true", lambda *_: True),
    total("enormous", "has 31 digits", lambda *_: 10**30),
    total("a list", "is a list", lambda *_: [1]),
    total("changes", "is another one each time", lambda exchange, shown, _: shown + len(exchange.server.requests)),
]


# Dates


def dated(name: str, does: str, value: Callable[[RemoteCase], Any], **more: Any) -> ListBehaviour:
    """``dateCreated`` is ``value``, in the list and in the request for one case; ``...`` leaves it out."""

    def item(content: Item, case: RemoteCase) -> Item:
        content["dateCreated"] = value(case)
        if content["dateCreated"] is ...:
            del content["dateCreated"]
        return content

    return ListBehaviour(f"date {name}", does, item=item, **more)


def shifted(**by: float) -> Callable[[RemoteCase], str]:
    return lambda case: (case.created + timedelta(**by)).strftime("%Y-%m-%dT%H:%M:%SZ")


def constant(value: Any) -> Callable[[RemoteCase], Any]:
    return lambda _: value


_EAST = timezone(timedelta(hours=11))

DATES = [
    dated("0001", "is the first day of the calendar", constant("0001-01-01T00:00:00Z")),
    dated("0001, small pages", "is the first day of the calendar, on pages of three", constant("0001-01-01T00:00:00"), size=3),
    dated("of the invoice", "is the invoice's date", lambda case: case.sent.get("date")),
    dated("of the invoice, small pages", "is the invoice's date, on pages of three", lambda c: c.sent.get("date"), size=3),
    dated("days early", "is three days before the creation", shifted(days=-3)),
    dated("days late", "is three days after the creation", shifted(days=3)),
    dated("hours early", "is five hours before the creation", shifted(hours=-5)),
    dated("hours late", "is five hours after the creation", shifted(hours=5)),
    dated("minutes early", "is 20 minutes before the creation", shifted(minutes=-20)),
    dated("minutes early, small pages", "is 20 minutes early, on pages of three", shifted(minutes=-20), size=3),
    dated(
        "without zone", "is a local time of Sydney without its zone", lambda c: f"{c.created.astimezone(_EAST):%Y-%m-%dT%H:%M:%S}"
    ),
    dated("without zone, UTC", "is a time of UTC without a zone", lambda c: f"{c.created:%Y-%m-%dT%H:%M:%S}"),
    dated("in another zone", "has the offset +11:00", lambda c: f"{c.created.astimezone(_EAST):%Y-%m-%dT%H:%M:%S}+11:00"),
    dated("in seconds", "is a number of seconds", lambda c: int(c.created.timestamp())),
    dated("in milliseconds", "is a number of milliseconds", lambda c: int(c.created.timestamp() * 1000)),
    dated("null", "is null", constant(None)),
    dated("missing", "is missing", constant(...)),
    dated("empty", "is an empty text", constant("")),
    dated("9999", "is the last moment of the calendar", constant("9999-12-31T23:59:59.9999999Z")),
    dated("9999, far west", "is the last moment of the calendar in a zone west of UTC", constant("9999-12-31T23:59:59-12:00")),
    dated("0001, far east", "is the first moment of the calendar in a zone east of UTC", constant("0001-01-01T00:00:00+14:00")),
    dated("10000", "is beyond the calendar", constant("10000-01-01T00:00:00Z")),
    dated("0000", "is the day 0000-00-00", constant("0000-00-00T00:00:00Z")),
    dated("of month 13", "is not a date", constant("2026-13-41T25:61:00Z")),
    dated("without time", "is a day", lambda c: f"{c.created:%Y-%m-%d}"),
    dated("in words", "is the text yesterday", constant("yesterday")),
    dated("of a mail", "is written as in mails", lambda c: format_datetime(c.created)),
    dated("with seven decimals", "has seven decimals", lambda c: f"{c.created:%Y-%m-%dT%H:%M:%S.%f}0Z"),
    dated("an object", "is an object", constant({"at": "2026-01-01"})),
    dated("a long number", "is a number of 5,000 digits", constant("9" * 5000)),
    dated("with offset 99", "has the offset +99:99", lambda c: f"{c.created:%Y-%m-%dT%H:%M:%S}+99:99"),
    dated("the same for all", "is the same for all", constant("2026-01-05T10:00:00Z")),
]


# Fields of a case


def field(name: str, does: str, key: str, value: Callable[[Any, RemoteCase], Any], **more: Any) -> ListBehaviour:
    """The field ``key`` is ``value`` of what it should be; ``...`` leaves it out."""

    def item(content: Item, case: RemoteCase) -> Item:
        content[key] = value(content.get(key), case)
        if content[key] is ...:
            del content[key]
        return content

    return ListBehaviour(name, does, item=item, **more)


def named(name: str, does: str, value: Callable[[str], Any], **more: Any) -> ListBehaviour:
    """The debtor's name is ``value`` of what it should be."""
    return field(f"debtor {name}", does, "debtor", lambda debtor, _: debtor | {"name": value(debtor["name"])}, **more)


def _swapped(key: str) -> Callable[[Exchange, list[Any], int, int], dict[str, Any]]:
    """Each case has another one's value."""

    def paging(_: Exchange, items: list[Any], page: int, size: int) -> dict[str, Any]:
        values = [item[key] for item in items]
        return page_of([item | {key: value} for item, value in zip(items, values[1:] + values[:1], strict=True)], page, size)

    return paging


def _upper(text: Any, _: RemoteCase) -> Any:
    return text.upper() if isinstance(text, str) else text


def when_text(change: Callable[[str], Any]) -> Callable[[Any, RemoteCase], Any]:
    return lambda value, _: change(value) if isinstance(value, str) else value


IDS = [
    field("id in upper case", "writes ids in upper case", "id", _upper),
    field("id in braces", "writes ids in braces", "id", when_text(lambda i: f"{{{i}}}")),
    field("id without hyphens", "writes ids without hyphens", "id", when_text(lambda i: i.replace("-", ""))),
    field("id with blanks", "writes blanks around ids", "id", when_text(lambda i: f"  {i}\t")),
    field("id as urn", "writes ids as urn:uuid", "id", when_text(lambda i: f"urn:uuid:{i}")),
    field("id a number", "writes ids as numbers", "id", lambda i, _: UUID(i).int),
    field("id a small number", "numbers the cases", "id", lambda i, _: int(i[:6], 16)),
    field("id nil", "gives every case the nil UUID", "id", lambda *_: str(UUID(int=0))),
    field("id the same", "gives every case the same id", "id", lambda *_: "5b1c2d3e-0000-4000-8000-000000000001"),
    field("id null", "has no ids", "id", lambda *_: None),
    field("id missing", "leaves ids out", "id", lambda *_: ...),
    field("id an object", "writes ids as objects", "id", lambda i, _: {"value": i}),
    field("id not a UUID", "writes the reference in place of the id", "id", lambda i, _: i[:8]),
    field("id new", "gives every case another id than its creation did", "id", lambda i, _: str(UUID(int=UUID(i).int ^ 12345))),
    ListBehaviour("ids swapped", "gives each case the id of another one", paging=_swapped("id")),
]

REFERENCES = [
    field("reference rewritten", "writes CR- before references", "creditorReference", when_text(lambda r: f"CR-{r}")),
    field("reference in upper case", "writes references in upper case", "creditorReference", _upper),
    field("reference in lower case", "writes references in lower case", "creditorReference", when_text(str.lower)),
    field("reference truncated", "cuts references off after four characters", "creditorReference", when_text(lambda r: r[:4])),
    field("reference without zeros", "removes leading zeros", "creditorReference", when_text(lambda r: r.lstrip("0"))),
    field("reference without hyphens", "removes hyphens", "creditorReference", when_text(lambda r: r.replace("-", ""))),
    field("reference missing", "leaves references out", "creditorReference", lambda *_: ...),
    field("reference missing in the list", "only one case shows it", "creditorReference", lambda *_: ..., honest_detail=True),
    field("reference null", "has no references", "creditorReference", lambda *_: None),
    field("reference empty", "has empty references", "creditorReference", lambda *_: ""),
    field("reference a number", "writes numbers in place of references", "creditorReference", lambda *_: 4711),
    field("reference of Debitura", "shows Debitura's own reference", "creditorReference", lambda _, case: case.reference),
    field("reference a list", "writes references as lists", "creditorReference", lambda r, _: [r]),
    field("reference the same", "shows the same reference everywhere", "creditorReference", lambda *_: "N-100"),
    ListBehaviour("references swapped", "shows another case's reference", paging=_swapped("creditorReference")),
]

DEBTORS = [
    named("renamed", "shows names that nobody sent", lambda name: f"Debtor {len(name)}"),
    named("in upper case", "shows names in upper case", str.upper),
    named("truncated", "cuts names off after ten characters", lambda name: name[:10]),
    named("masked", "shows stars", lambda name: name[0] + "***"),
    named("without legal form", "leaves out the last word", lambda name: name.rsplit(" ", 1)[0]),
    named("escaped", "escapes names for HTML", lambda name: name.replace("&", "&amp;").replace("ø", "&oslash;")),
    named("garbled", "shows UTF-8 as Latin-1", lambda name: name.encode().decode("latin-1")),
    named("without accents", "replaces letters outside ASCII", lambda name: name.encode("ascii", "replace").decode()),
    named("null", "has null in place of names", lambda _: None),
    named("a number", "has numbers in place of names", len),
    named("the same", "shows the same name everywhere", lambda _: "Debitor Å & Søn A/S"),
    field("debtor missing", "leaves debtors out", "debtor", lambda *_: ...),
    field("debtor missing in the list", "only one case shows it", "debtor", lambda *_: ..., honest_detail=True),
    field("debtor a text", "shows the name in place of the debtor", "debtor", lambda debtor, _: debtor["name"]),
    field("debtor null", "has null in place of debtors", "debtor", lambda *_: None),
    field("debtor a list", "shows a list with the debtor", "debtor", lambda debtor, _: [debtor]),
    field("debtor's name elsewhere", "calls it fullName", "debtor", lambda debtor, _: {"fullName": debtor["name"]}),
    ListBehaviour("debtors swapped", "shows another case's debtor", paging=_swapped("debtor")),
]


def amount(name: str, does: str, value: Callable[[float, RemoteCase], Any], **more: Any) -> ListBehaviour:
    return field(f"amount {name}", does, "grossAmount", value, **more)


def _remainder_only(content: Item, case: RemoteCase) -> Item:
    return {**content, "remainder": case.sent["amountToRecover"] / 2, "grossAmount": None}


AMOUNTS = [
    amount("as text", "writes amounts as text", lambda a, _: f"{a:.2f}"),
    amount("as Danish text", "writes amounts as 1.234,50", lambda a, _: f"{a:,.2f}".translate(str.maketrans(",.", ".,"))),
    amount("with float noise", "writes amounts with 15 decimals", lambda a, _: a + 0.000000000012),
    amount("in cents", "writes amounts in cents", lambda a, _: round(a * 100)),
    amount("with surcharge", "adds a tenth", lambda a, _: round(a * 1.1, 2)),
    amount("rounded", "rounds amounts to whole units", lambda a, _: round(a)),
    amount("null", "has null in place of amounts", lambda *_: None),
    amount("missing", "leaves amounts out", lambda *_: ...),
    amount("missing in the list", "only one case shows it", lambda *_: ..., honest_detail=True),
    amount("0", "shows 0", lambda *_: 0),
    amount("negative", "shows amounts with the other sign", lambda a, _: -a),
    amount("not a number", "writes NaN", lambda *_: math.nan),
    amount("infinite", "writes Infinity", lambda *_: math.inf),
    amount("as text not a number", "writes the text sNaN", lambda *_: "sNaN"),
    amount("enormous", "writes a number with 4,000 digits", lambda *_: 10**4000),
    amount("an object", "writes amount and currency together", lambda a, _: {"value": a, "currency": "DKK"}),
    amount("true", "writes true", lambda *_: True),
    amount("swapped", "shows another case's amount", lambda a, _: a, paging=_swapped("grossAmount")),
    ListBehaviour("amount only as remainder", "shows half the amount, as remainder", item=_remainder_only),
]

OTHERS = [
    field("currency in lower case", "writes currencies in lower case", "currency", lambda c, _: c.lower()),
    field("currency missing", "leaves currencies out", "currency", lambda *_: ...),
    field("currency null", "has null in place of currencies", "currency", lambda *_: None),
    field("currency another", "shows another currency", "currency", lambda *_: "EUR"),
    field("currency a number", "shows the numeric code", "currency", lambda *_: 208),
    field("currency a symbol", "shows kr.", "currency", lambda *_: "kr."),
    field("test mark missing", "does not show which cases are test cases", "isTestCase", lambda *_: ...),
    field("test mark always true", "calls all cases test cases", "isTestCase", lambda *_: True),
    field("test mark always false", "calls no case a test case", "isTestCase", lambda *_: False),
    field("test mark reversed", "calls real cases test cases", "isTestCase", lambda mark, _: not mark),
    field("test mark as text", "writes true and false as text", "isTestCase", lambda mark, _: str(mark).lower()),
    field("test mark null", "has null in place of the mark", "isTestCase", lambda *_: None),
    field("Debitura's reference missing", "leaves the reference out", "reference", lambda *_: ...),
    field("Debitura's reference a number", "writes the reference as a number", "reference", lambda *_: 12345678),
    field("lifecycle unknown", "shows a lifecycle that nobody knows", "lifecycle", lambda *_: "Überprüfung\u0000"),
    field("fields unknown", "shows fields that nobody knows", "neues Feld", lambda *_: {"a": [1, {"b": None}]}),
]


# The shape of the list


def shape(name: str, does: str, change: Callable[[dict[str, Any]], Any], **more: Any) -> ListBehaviour:
    return ListBehaviour(name, does, envelope=change, **more)


SHAPES = [
    shape("pageData", "calls the page pageData", lambda b: {"pageData": b["page"], "cases": b["cases"]}),
    shape(
        "pageData, small pages", "calls it so on pages of three", lambda b: {"pageData": b["page"], "cases": b["cases"]}, size=3
    ),
    shape("page missing", "has no page", lambda b: {"cases": b["cases"]}),
    shape("page a number", "writes the number of the page", lambda b: b | {"page": 1}),
    shape("page empty", "has an empty page", lambda b: b | {"page": {}}),
    shape("cases null", "has null in place of cases", lambda b: b | {"cases": None}),
    shape("cases missing", "has no cases", lambda b: {"page": b["page"]}),
    shape("cases by id", "has an object in place of the list", lambda b: b | {"cases": {c["id"]: c for c in b["cases"]}}),
    shape("cases in lists", "has a list in each place of the list", lambda b: b | {"cases": [[c] for c in b["cases"]]}),
    shape("cases with null", "has null between the cases", lambda b: b | {"cases": [*b["cases"], None]}),
    shape("cases with text", "has the ids in place of cases", lambda b: b | {"cases": [c["id"] for c in b["cases"]]}),
    shape("a bare list", "answers with the list alone", lambda b: b["cases"]),
    shape("data", "calls the cases data", lambda b: {"page": b["page"], "data": b["cases"]}),
    shape("null", "answers null", lambda _: None),
    shape("a text", "answers with a text", lambda _: "ok"),
    shape("an error with status 200", "answers with an error", lambda _: {"businessErrors": [{"type": "X", "message": "down"}]}),
    shape("every case twice", "shows every case twice on a page", lambda b: b | {"cases": [c for c in b["cases"] for _ in "ab"]}),
    ListBehaviour(
        "every case twice, on other pages",
        "shows every case on two pages",
        paging=lambda _, items, page, size: page_of([*items, *items], page, size),
        size=3,
    ),
    ListBehaviour(
        "every case twice, with two ids",
        "shows every case a second time with an id that does not exist",
        paging=lambda _, items, page, size: page_of(
            [entry for item in items for entry in (item, item | {"id": str(UUID(int=UUID(item["id"]).int ^ 7))})], page, size
        ),
    ),
]


# Cases of another origin that look like ours


def _twin(sent: Item, **changes: Any) -> Item:
    return {**sent, "claimDescription": "made in the portal", **changes}


def beside(name: str, does: str, make: Callable[[Exchange], Iterable[tuple[Item, datetime]]], **more: Any) -> ListBehaviour:
    """When the answer to a case is lost, other people's cases appear beside it."""
    return ListBehaviour(f"beside: {name}", does, beside=make, **more)


def _now() -> datetime:
    return datetime.now(UTC)


ORIGINS = [
    beside(
        "an older twin",
        "the same claim was entered in the portal two hours before",
        lambda e: [(_twin(e.sent), _now() - timedelta(hours=2))],
    ),
    beside(
        "a test case alike",
        "a test case has the same traits",
        lambda e: [(_twin(e.sent, isTest=not e.sent.get("isTest")), _now())],
    ),
    beside(
        "another amount",
        "a case has the same debtor and reference, and another amount",
        lambda e: [(_twin(e.sent, amountToRecover=7), _now())],
    ),
    beside(
        "another invoice date",
        "a case has all traits but the invoice's date",
        lambda e: [(_twin(e.sent, date="2025-01-01"), _now())],
    ),
    beside("two others", "two strangers' cases have the same traits, at the same time", lambda e: [(_twin(e.sent), _now())] * 2),
    beside(
        "another debtor",
        "a case has the same reference and another debtor",
        lambda e: [(_twin(e.sent, debtor={"name": "Anden ApS"}), _now())],
    ),
    beside(
        "another creditor",
        "a case of another creditor has the same traits",
        lambda e: [(_twin(e.sent, creditorCompanyName="Vest A/S"), _now())],
    ),
]


# Answers that are not a list


def answers(name: str, does: str, reply: Callable[[Exchange, bytes], Wire]) -> ListBehaviour:
    return ListBehaviour(name, does, reply=reply)


def _first_only(first: Callable[[Exchange, bytes], Wire]) -> Callable[[Exchange, bytes], Wire]:
    """Every second request is answered otherwise."""

    def reply(exchange: Exchange, body: bytes) -> Wire:
        exchange.server.notes["asked"] = asked = exchange.server.notes.get("asked", 0) + 1
        return first(exchange, body) if asked % 2 else wire(200, body)

    return reply


PAGE = b"<html><body><h1>Down for maintenance</h1></body></html>"

ANSWERS = [
    answers("404", "does not exist", lambda *_: problem(404, "Not found")),
    answers("400", "is refused", lambda *_: problem(400, "Page size too large")),
    answers("401", "needs other credentials", lambda *_: problem(401, "Unauthorized")),
    answers("403", "is not allowed", lambda *_: problem(403, "Forbidden")),
    answers("302", "is elsewhere", lambda *_: wire(302, b"", headers=[("Location", "/login")])),
    answers("304", "has not changed", lambda *_: wire(304, b"", length=0)),
    answers("204", "is empty", lambda *_: Wire(b"HTTP/1.1 204 No Content\r\n\r\n")),
    answers("500", "fails", lambda *_: problem(500, "Internal error")),
    answers("500 every second time", "fails every second time", _first_only(lambda *_: problem(500, "Internal error"))),
    answers("503 as a page", "is a page with status 503", lambda *_: wire(503, PAGE, kind="text/html")),
    answers("a page", "is a page with status 200", lambda *_: wire(200, PAGE, kind="text/html")),
    answers("empty", "is empty with status 200", lambda *_: wire(200, b"")),
    answers("cut off", "ends in the middle of the JSON", lambda _, body: wire(200, body[: len(body) // 2])),
    answers("cut off on the way", "is shorter than announced", lambda _, b: wire(200, b, length=len(b) + 9, ending=Ending.CLOSE)),
    answers("nested deeply", "is nested 200,000 deep", lambda *_: wire(200, b"[" * DEEP + b"]" * DEEP)),
    answers(
        "a case nested deeply",
        "has a field that is nested 200,000 deep",
        lambda _, body: wire(200, body.replace(b'"lifecycle"', b'"x": ' + b"[" * DEEP + b"]" * DEEP + b', "lifecycle"', 1)),
    ),
    answers("with a byte order mark", "begins with a byte order mark", lambda _, body: wire(200, b"\xef\xbb\xbf" + body)),
    answers("in UTF-16", "is written in UTF-16", lambda _, body: wire(200, body.decode().encode("utf-16"))),
    answers("called text", "is called text/plain", lambda _, body: wire(200, body, kind="text/plain; charset=latin-1")),
    answers("not gzip", "is called gzip, which it is not", lambda _, b: wire(200, b, headers=[("Content-Encoding", "gzip")])),
    answers(
        "gzip cut off",
        "is gzip without its end",
        lambda _, body: wire(200, gzip.compress(body)[:-20], headers=[("Content-Encoding", "gzip")]),
    ),
    answers("too large", "has 25 MB", lambda *_: wire(200, b'{"page": {}, "cases": []' + b" " * 25_000_000 + b"}")),
    answers("reset", "resets the connection", lambda *_: Wire(ending=Ending.RESET)),
    answers("reset every second time", "resets every second connection", _first_only(lambda *_: Wire(ending=Ending.RESET))),
    answers("no answer", "does not answer in time", lambda *_: Wire(ending=Ending.STALL)),
    answers("429 every second time", "is limited for a moment", _first_only(lambda *_: wire(429, {"retryAfter": 0.05}))),
    answers("429 for an hour", "is limited for an hour", lambda *_: wire(429, {"retryAfter": 3600})),
    answers("429 without a time", "is limited and does not say how long", lambda *_: wire(429, b"")),
]


# One case


def one(name: str, does: str, reply: Callable[[Exchange], Wire | None]) -> ListBehaviour:
    """The list leaves the debtor out, so that each case is asked for by its id; ``reply`` is the answer."""
    return field(f"one case: {name}", does, "debtor", lambda *_: ..., one=reply)


def _another(exchange: Exchange) -> Wire:
    named_one = plain_id(exchange.path.rsplit("/", 1)[-1])
    other = next(case for case in exchange.truth.newest_first() if case.id != named_one)
    return wire(200, case_content(other))


ONE = [
    one("404", "does not exist", lambda _: problem(404, "Not found")),
    one("500", "fails", lambda _: problem(500, "Internal error")),
    one("a page", "is a page", lambda _: wire(200, PAGE, kind="text/html")),
    one("null", "is null", lambda _: wire(200, b"null")),
    one("a list", "is a list", lambda _: wire(200, b"[]")),
    one("empty", "is an empty object", lambda _: wire(200, b"{}")),
    one("nested deeply", "is nested 200,000 deep", lambda _: wire(200, b"[" * DEEP + b"]" * DEEP)),
    one("another case", "is another case", _another),
    one("reset", "resets the connection", lambda _: Wire(ending=Ending.RESET)),
]


# The vendor's clock


def clock(name: str, does: str, date: Callable[[int], str | None], **more: Any) -> ListBehaviour:
    return ListBehaviour(f"clock {name}", does, date=date, **more)


def header(**by: float) -> Callable[[int], str]:
    return lambda _: format_datetime(datetime.now(UTC) + timedelta(**by), usegmt=True)


def _jumping(nth: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=5 if nth % 2 else -5), usegmt=True)


def _created(**by: float) -> Callable[[Item, RemoteCase], Item]:
    return lambda content, case: content | {"dateCreated": shifted(**by)(case)}


CLOCKS = [
    clock("missing", "sends no Date header", lambda _: None),
    clock("behind", "sends a Date of five hours ago", header(hours=-5)),
    clock("ahead", "sends a Date in five hours", header(hours=5)),
    clock(
        "behind, dates too",
        "is five hours behind in all that it says",
        header(hours=-5),
        item=_created(hours=-5),
        in_answers=True,
    ),
    clock(
        "ahead, dates too", "is five hours ahead in all that it says", header(hours=5), item=_created(hours=5), in_answers=True
    ),
    clock("ahead, dates behind", "contradicts itself by ten hours", header(hours=5), item=_created(hours=-5)),
    clock("ahead, all dates behind", "contradicts itself everywhere", header(hours=5), item=_created(hours=-5), in_answers=True),
    clock("right, dates 90 minutes behind", "has another clock for the list", header(), item=_created(minutes=-90)),
    clock(
        "right, all dates 90 minutes behind", "has another clock for dates", header(), item=_created(minutes=-90), in_answers=True
    ),
    clock("jumps", "sends a Date that jumps by ten hours", _jumping),
    clock("unreadable", "sends a Date that is not one", lambda _: "now"),
    clock("of year 1", "sends the first day of the calendar", lambda _: "Mon, 01 Jan 0001 00:00:00 GMT"),
    clock("of year 9999", "sends the last day of the calendar", lambda _: "Fri, 31 Dec 9999 23:59:59 GMT"),
]

HARMLESS = {
    *("honest", "small pages", "pageData", "pageData, small pages", "id in upper case", "id without hyphens", "id with blanks"),
    *("date in another zone", "date with seven decimals", "debtor in upper case", "currency in lower case", "fields unknown"),
    *("debtor missing in the list", "amount missing in the list", "lifecycle unknown"),
    *("reference missing in the list", "500 every second time", "reset every second time"),
}
"""Behaviours that the documents allow, or that differ only in spelling."""

_ALL = (
    *(*HIDING, *PAGES, *TOTALS, *DATES, *IDS, *REFERENCES, *DEBTORS, *AMOUNTS, *OTHERS, *SHAPES),
    *(*ORIGINS, *ANSWERS, *ONE, *CLOCKS),
)
LISTS: tuple[ListBehaviour, ...] = tuple(replace(one, harmless=one.name in HARMLESS) for one in _ALL)
"""Every behaviour of the list."""
