"""The settings that say which invoices are claims by their due date."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ClaimSettings(BaseModel):
    """Which invoices are claims, by their due date."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_days_overdue: Annotated[
        int, Field(ge=0, le=3650, description="How many days an invoice must be overdue; before that its row is left out.")
    ] = 0
    max_days_ahead: Annotated[
        int,
        Field(
            ge=0,
            le=36_500,
            description="How many days a due date may be after today or after the invoice's date; a later one is rejected, since "
            "its year is probably mistyped.",
        ),
    ] = 365
