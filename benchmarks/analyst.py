"""The script that a competent analyst would write instead: pandas, pydantic, httpx, and nothing that remembers.

``python -m benchmarks.analyst SHEET URL CONCURRENCY``. It validates every row first, sends cases and then their vouchers,
keeps a number of requests under way, tries an answer that asks for it again, and writes down what became of each row.
If it dies halfway, nobody knows what was sent; if a connection is lost, it stops. That is the difference to pay for.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (a field is called date)
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import httpx
import pandas as pd
from pydantic import BaseModel, ConfigDict, EmailStr, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from benchmarks.simulation import KEY, TENANT, TOKEN

INVOICE = "eb41e58e-fccf-419d-a771-cd5027fe6e87"
ZONE = ZoneInfo("Europe/Copenhagen")
TRIES = 5
Money = Annotated[Decimal, Field(gt=0, decimal_places=2), PlainSerializer(float, return_type=float)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class SheetDebtor(Model):
    type: Literal["Company", "Person"]
    name: str
    contact_person: str | None = None
    company_registration_number: str | None = None
    address: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country_alpha2: Country
    email: EmailStr | None = None


class SheetCase(Model):
    creditor_company_name: str
    creditor_country_alpha2: Country
    currency_code: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    date: Day
    due_date: Day | None = None
    amount_to_recover: Money
    creditor_reference: Annotated[str, Field(max_length=50)]
    claim_description: str | None = None
    debtor: SheetDebtor


class SheetVoucher(Model):
    voucher_type_id: str
    amount: int
    currency: str
    date: str
    due_date: str | None = None
    source: Literal["CREDITOR", "COLLECTOR"]
    reference_id: str | None = None
    text: str | None = None
    interest: float | None = None
    unique_id: str


def moment(day: pd.Timestamp) -> str:
    local = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return f"{local:%Y-%m-%d %H:%M:%S}.000{local:%z}"[:-2]


def case_of(row: dict[str, Any]) -> SheetCase:
    debtor = SheetDebtor(
        type=row["debtor_type"],
        name=row["debtor_name"],
        contact_person=row["debtor_contact_person"],
        company_registration_number=row["debtor_registration_number"],
        address=row["debtor_address"],
        zip_code=row["debtor_zip_code"],
        city=row["debtor_city"],
        country_alpha2=row["debtor_country"],
        email=row["debtor_email"],
    )
    return SheetCase(
        creditor_company_name=row["creditor_company_name"],
        creditor_country_alpha2=row["creditor_country"],
        currency_code=row["currency"],
        date=row["date"].date(),
        due_date=row["due_date"].date(),
        amount_to_recover=Decimal(str(row["amount_to_recover"])),
        creditor_reference=row["creditor_reference"],
        claim_description=row["claim_description"],
        debtor=debtor,
    )


def voucher_of(row: dict[str, Any]) -> SheetVoucher:
    return SheetVoucher(
        voucher_type_id=INVOICE,
        amount=-int(Decimal(str(row["voucher_amount"])) * 100),
        currency=row["currency"],
        date=moment(row["date"]),
        due_date=moment(row["voucher_due_date"]),
        source=row["voucher_source"],
        reference_id=row["voucher_reference_id"],
        text=row["voucher_text"],
        interest=row["voucher_interest_rate"],
        unique_id=f"{row['case_ref']}-1",
    )


async def post(client: httpx.AsyncClient, gate: asyncio.Semaphore, path: str, model: Model) -> dict[str, Any]:
    body = model.model_dump_json(by_alias=True, exclude_none=True)
    async with gate:
        for attempt in range(TRIES):
            response = await client.post(path, content=body, headers={"Content-Type": "application/json"})
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(float(response.json().get("retryAfter", 2**attempt)))
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


async def send(url: str, concurrency: int, cases: Sequence[SheetCase], vouchers: Sequence[SheetVoucher]) -> list[tuple[str, str]]:
    gate = asyncio.Semaphore(concurrency)
    async with (
        httpx.AsyncClient(base_url=url, headers={"XApiKey": KEY}, timeout=30) as debitura,
        httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as debbie,
    ):
        created = await asyncio.gather(*(post(debitura, gate, "/managed-cases", case) for case in cases))
        paths = [f"/v1/{TENANT}/case-vouchers/{case['id']}" for case in created]
        added = await asyncio.gather(*(post(debbie, gate, path, v) for path, v in zip(paths, vouchers, strict=True)))
    return [(case["id"], voucher["caseVoucherId"]) for case, voucher in zip(created, added, strict=True)]


def main() -> None:
    path, url, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3])
    text = {"debtor_zip_code": str, "debtor_registration_number": str}
    frame = pd.read_excel(path, dtype=text)
    frame = frame.astype(object).where(frame.notna(), None)
    rows: list[dict[str, Any]] = [dict(zip(frame.columns, row, strict=True)) for row in frame.to_numpy().tolist()]
    cases = [case_of(row) for row in rows]
    vouchers = [voucher_of(row) for row in rows]
    ids = asyncio.run(send(url, concurrency, cases, vouchers))
    frame["case_id"], frame["voucher_id"] = zip(*ids, strict=True)
    frame.to_csv("results.csv", index=False)


if __name__ == "__main__":
    main()
