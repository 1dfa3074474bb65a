"""Pings to a watchdog such as healthchecks.io, which reports a run that did not begin or did not end.

Its address is secret, since all who know it could report that all is well: it appears in no message.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from importer.errors import ExitCode

SECONDS = 10.0
MOST_BYTES = 10_000
"""The text of a ping is cut off here, as healthchecks.io does."""
CODES: Mapping[ExitCode, int | None] = MappingProxyType(
    {
        ExitCode.OK: 0,
        ExitCode.BUG: 1,
        ExitCode.USAGE: 2,
        ExitCode.ROWS_LEFT: 0,  # rows to correct are not an outage
        ExitCode.FILE_REFUSED: 4,
        ExitCode.API_STOPPED: 5,
        ExitCode.IN_DOUBT: 6,
        ExitCode.QUOTA: 0,
        ExitCode.APPROVAL: 0,
        ExitCode.LEDGER_HELD: 0,
        ExitCode.INTERRUPTED: None,  # a person has ended the run, and knows it
    }
)
"""The code that is pinged for an exit code: 0 is success, any other a failure, and for None there is no ping."""


def ping(address: str, signal: str, run_id: str, text: str = "") -> str | None:
    """Ping ``address/signal`` for a run, with a text. Returns what went wrong, without the address; None if nothing did."""
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs the address of each request
    body = text.encode()[:MOST_BYTES]
    try:
        answer = httpx.post(
            f"{address.rstrip('/')}/{signal}",
            params={"rid": run_id},
            content=body,
            headers={"Content-Type": "text/plain; charset=utf-8"},
            timeout=SECONDS,
            follow_redirects=False,
            trust_env=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return None if answer.is_success else f"it answered with {answer.status_code}"
