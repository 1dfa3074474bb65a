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

from benchmarks.world import KEY, TENANT, TOKEN

Post = tuple[str, bytes, dict[str, str]]


def payloads(path: Path) -> list[tuple[bytes, bytes]]:
    """The bytes of each row's case and voucher, as the importer makes them."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from importer.loader.context import LoadContext
    from importer.loader.profile import NO_PROFILE
    from importer.loader.source import open_file
    from importer.models import with_fields
    from importer.rows import CaseRecord, VoucherRecord

    zone = ZoneInfo("Europe/Copenhagen")
    found = []
    with open_file(path, NO_PROFILE, LoadContext(datetime.now(zone).date(), zone)) as source:
        for number, row in enumerate(source.rows):
            assert isinstance(row.case, CaseRecord)
            assert isinstance(row.voucher, VoucherRecord)
            found.append((row.case.payload, with_fields(row.voucher.payload, {"uniqueId": f"{number:040x}"})))
    return found


async def post_all(session: aiohttp.ClientSession, posts: Iterator[Post], concurrency: int, member: str) -> list[str]:
    """The ids in the order of the answers' requests."""
    ids: dict[int, str] = {}
    numbered = enumerate(posts)

    async def work() -> None:
        for number, (url, body, headers) in numbered:
            async with session.post(url, data=body, headers=headers) as response:
                ids[number] = json.loads(await response.read())[member]

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return [ids[number] for number in range(len(ids))]


async def measure(found: list[tuple[bytes, bytes]], url: str, concurrency: int) -> dict[str, float]:
    shared = {"Content-Type": "application/json", "Accept": "application/json"}
    keys = [f"{number:032x}" for number in range(2 * len(found))]
    cases = [
        (f"{url}/managed-cases", case, shared | {"XApiKey": KEY, "Idempotency-Key": key})
        for (case, _), key in zip(found, keys, strict=False)
    ]
    own = [shared | {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key} for key in keys[len(found) :]]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
        began, used = time.perf_counter(), time.process_time()
        ids = await post_all(session, iter(cases), concurrency, "id")
        base = f"{url}/v1/{TENANT}/case-vouchers/"
        vouchers = ((base + i, voucher, headers) for i, (_, voucher), headers in zip(ids, found, own, strict=True))
        await post_all(session, vouchers, concurrency, "caseVoucherId")
        return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}


def main() -> None:
    found = payloads(Path(sys.argv[1]))
    print(json.dumps(asyncio.run(measure(found, sys.argv[2], int(sys.argv[3])))))


if __name__ == "__main__":
    main()
