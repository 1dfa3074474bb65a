"""The floor: the same POSTs from memory with bare aiohttp, nothing else. ``python -m benchmarks.floor SHEET URL CONCURRENCY``.

The bytes are those that the importer sends. Reading them in is not measured; neither is anything kept of the answers
but the cases' ids, which the vouchers need.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from benchmarks.simulation import KEY, TENANT, TOKEN

Post = tuple[str, bytes, dict[str, str]]


def payloads(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Return the bytes of the rows' cases and of their vouchers, if they have any, as the importer makes them."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from importer.domain.models import with_fields
    from importer.domain.records import CaseRecord, VoucherRecord
    from importer.loader.context import LoadContext
    from importer.loader.profile import NO_PROFILE
    from importer.loader.source import open_file

    zone = ZoneInfo("Europe/Copenhagen")
    cases, vouchers = [], []
    with open_file(path, NO_PROFILE, LoadContext(datetime.now(zone).date(), zone)) as source:
        for number, row in enumerate(source.rows):
            assert isinstance(row.case, CaseRecord)
            cases.append(row.case.payload)
            if isinstance(row.voucher, VoucherRecord):
                vouchers.append(with_fields(row.voucher.payload, {"uniqueId": f"{number:040x}"}))
    return cases, vouchers


async def post_all(session: aiohttp.ClientSession, posts: Iterator[Post], concurrency: int, member: str) -> list[str]:
    """Return the ids in the order of the requests."""
    ids: dict[int, str] = {}
    numbered = enumerate(posts)

    async def work() -> None:
        for number, (url, body, headers) in numbered:
            async with session.post(url, data=body, headers=headers) as response:
                ids[number] = json.loads(await response.read())[member]

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return [ids[number] for number in range(len(ids))]


async def measure(cases: list[bytes], vouchers: list[bytes], url: str, concurrency: int) -> dict[str, float]:
    def headers(number: int, credential: dict[str, str]) -> dict[str, str]:
        shared = {"Content-Type": "application/json", "Accept": "application/json"}
        return shared | credential | {"Idempotency-Key": f"{number:032x}"}

    first = [(f"{url}/managed-cases", case, headers(n, {"XApiKey": KEY})) for n, case in enumerate(cases)]
    own = [headers(n, {"Authorization": f"Bearer {TOKEN}"}) for n, _ in enumerate(vouchers, len(cases))]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
        began, used = time.perf_counter(), time.process_time()
        ids = await post_all(session, iter(first), concurrency, "id")
        base = f"{url}/v1/{TENANT}/case-vouchers/"
        second = ((base + i, voucher, mine) for i, voucher, mine in zip(ids, vouchers, own, strict=False))
        await post_all(session, second, concurrency, "caseVoucherId")
        return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}


def main() -> None:
    cases, vouchers = payloads(Path(sys.argv[1]))
    print(json.dumps(asyncio.run(measure(cases, vouchers, sys.argv[2], int(sys.argv[3])))))


if __name__ == "__main__":
    main()
