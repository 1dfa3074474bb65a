"""The settings of what a night reports: notifications, pings, metrics, and the files that are expected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from importer.domain.expected_files import ExpectedFiles
from importer.domain.hosts import is_loopback
from importer.setting_sections import Section

_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class NotifySettings(Section):
    """To whom a night is reported. Addresses hold secrets: ``IMPORTER_NOTIFY__URLS`` or the keyring has them, never a file."""

    urls: Annotated[
        SecretStr | None,
        Field(
            description="The addresses of Apprise to which notifications are sent, with blanks between them. Only from the "
            "environment or the keyring, never from a file."
        ),
    ] = None
    ping_url: Annotated[
        SecretStr | None,
        Field(
            description="The address of a check at healthchecks.io, or of a server like it, that is pinged when a run begins "
            "and ends. Better in the environment than in a file."
        ),
    ] = None
    attach: Annotated[
        bool,
        Field(description="Whether the error sheets of new batches are attached to notifications. They hold debtors' data."),
    ] = False
    metrics_file: Annotated[
        Path | None,
        Field(description="The file to which the figures of the last run are written for Prometheus; its name ends in .prom."),
    ] = None

    @field_validator("ping_url")
    @classmethod
    def _can_be_pinged(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_private_address(value.get_secret_value()):
            raise ValueError("must begin with https://, without blanks and without ? and #")
        return value

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that the environment has, in their order. They are secret."""
        return split_addresses(self.urls.get_secret_value()) if self.urls else ()


class ExpectSettings(Section):
    """The files that are expected, so that one that did not come is reported."""

    files: Annotated[
        str, Field(description='When a file must have come, such as "Mon..Fri by 03:00" in the time zone of [debbie].')
    ] = ""
    country: Annotated[
        str,
        Field(description='The country, or its region, on whose public holidays no file is expected: "DK", "DE-BY".'),
    ] = ""
    profiles: Annotated[
        dict[str, str], Field(description="When a file that is read with a profile must have come, by the profile's name.")
    ] = {}  # noqa: RUF012  (pydantic copies it)

    @field_validator("files")
    @classmethod
    def _is_a_rule(cls, value: str) -> str:
        if value:
            ExpectedFiles.parse(value)
        return value

    @field_validator("profiles")
    @classmethod
    def _are_rules(cls, value: dict[str, str]) -> dict[str, str]:
        for rule in value.values():
            ExpectedFiles.parse(rule)
        return value

    @field_validator("country")
    @classmethod
    def _is_a_country(cls, value: str) -> str:
        if value and not _COUNTRY.fullmatch(value):
            raise ValueError('write it as in "DK", or with a region as in "DE-BY"')
        return value

    def rules(self) -> dict[str, ExpectedFiles]:
        """Return the rules by the profile's name; that for any file has the name ``""``."""
        texts = ({"": self.files} if self.files else {}) | self.profiles
        return {profile: ExpectedFiles.parse(text) for profile, text in texts.items()}


def split_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses of a text that has blanks or line breaks between them."""
    return tuple(part.strip(",") for part in text.split() if part.strip(","))


def _is_private_address(address: str) -> bool:
    """Return whether what is sent to the address cannot be read on its way, and a path can be added to it."""
    is_safe = address.startswith("https://") or (address.startswith("http://") and is_loopback(address))
    return is_safe and not set("?#") & set(address) and not any(letter.isspace() for letter in address)
