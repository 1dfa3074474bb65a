"""The settings of the page: where it listens, how people log in, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from importer.domain.networks import network_of
from importer.setting_sections import Section

_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
SHORTEST_SECRET = 16
GROUP = "@"
"""What is written before the name of a group, so that no user is taken for one."""


class PageRole(StrEnum):
    """What a user of the page may do. Each of the first two includes looking."""

    PREPARE = "prepare"
    APPROVE = "approve"
    LOOK = "look"


class WebSettings(Section):
    """The page of `importer serve`."""

    host: Annotated[str, Field(description="The address on which the page listens; this machine alone by default.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535, description="Its port; 0 takes a free one.")] = 8710
    url: Annotated[
        str,
        Field(description="The address at which browsers reach the page, such as `https://importer.example.com`, if it differs."),
    ] = ""
    login: Annotated[
        Literal["link", "users", "proxy", "oidc"],
        Field(
            description="How people log in: by a link that is shown once where `importer serve` was started (on this machine "
            "alone), as one of `users`, by a proxy that has logged them in, or with OpenID Connect."
        ),
    ] = "link"
    users: Annotated[
        dict[str, str],
        Field(description="The local users, each with the line that `importer serve --hash-password` prints."),
    ] = {}  # noqa: RUF012  (pydantic copies a default)
    roles: Annotated[
        dict[PageRole, tuple[str, ...]],
        Field(
            description="Who may prepare, approve and look: names of users, and `@` with the name of a group. Others get nothing."
        ),
    ] = {}  # noqa: RUF012  (pydantic copies a default)
    proxy_header: Annotated[
        str,
        Field(
            description="The header in which the proxy names the user, such as `X-Remote-User`. Any other sender's is refused."
        ),
    ] = ""
    proxy_groups_header: Annotated[
        str, Field(description="The header in which the proxy names the user's groups, with commas between them.")
    ] = ""
    proxy_addresses: Annotated[
        tuple[str, ...],
        Field(
            description="The addresses from which the proxy connects, or its networks, such as `10.0.0.5` or `10.0.5.0/24`. "
            "Nothing is answered to any other; anybody who can connect from one of them is believed."
        ),
    ] = ()
    proxy_client_header: Annotated[
        str, Field(description="The header in which the proxy names the address of the browser. Any other sender's is ignored.")
    ] = "X-Forwarded-For"
    proxy_secret: Annotated[
        SecretStr | None,
        Field(
            description="A secret that the proxy sends in every request, of 16 characters or more. Only from the environment, a "
            "credential of systemd or the keyring."
        ),
    ] = None
    proxy_secret_header: Annotated[str, Field(description="The header in which the proxy sends that secret.")] = (
        "X-Importer-Proxy-Secret"  # noqa: S105  (a name)
    )
    oidc_issuer: Annotated[str, Field(description="The issuer of OpenID Connect, such as `https://login.example.com/realm`.")] = (
        ""
    )
    oidc_client_id: Annotated[str, Field(description="The id under which the page is registered with the issuer.")] = ""
    oidc_client_secret: Annotated[
        SecretStr | None, Field(description="The secret of that id. Only from the environment, never from a file.")
    ] = None
    oidc_name: Annotated[
        str,
        Field(
            description="The claim that names the user. An `email` must be verified by the service; `preferred_username` only "
            "where the service never gives it to two people, and nobody chooses it."
        ),
    ] = "email"
    oidc_groups: Annotated[str, Field(description="The claim that lists the user's groups.")] = "groups"
    certificate: Annotated[
        str, Field(description="The file of the certificate for https, if no proxy in front of the page has one.")
    ] = ""
    certificate_key: Annotated[str, Field(description="The file of the certificate's key.")] = ""
    upload_megabytes: Annotated[
        float, Field(gt=0, le=10_000, description="The most that may be dropped at once, in millions of bytes.")
    ] = 200
    waiting_megabytes: Annotated[
        float,
        Field(
            gt=0,
            le=1_000_000,
            description="The most that dropped files may have on the disk that are not read yet, in millions of bytes. Those "
            "that were read are removed for new ones.",
        ),
    ] = 2000
    session_hours: Annotated[
        float, Field(gt=0, le=168, description="How long a login lasts. One that is not used for an hour ends before.")
    ] = 10

    @field_validator("url", "oidc_issuer")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        is_odd = parts.username or parts.query or parts.fragment
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or is_odd):
            raise ValueError("write it as https://host")
        return value.rstrip("/")

    @field_validator("url")
    @classmethod
    def _has_no_path(cls, value: str) -> str:
        if path := urlsplit(value).path.strip("/"):
            raise ValueError(
                f"it ends in the path /{path}, and the page cannot be below another one. Give it a name of its own, such as "
                f"https://importer.example.com, and write that"
            )
        return value

    @field_validator("proxy_addresses")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            network_of(one)
        return value

    @field_validator("proxy_secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and (problem := proxy_secret_problem(value.get_secret_value())):
            raise ValueError(problem)
        return value

    @field_validator("proxy_header", "proxy_groups_header", "proxy_client_header", "proxy_secret_header")
    @classmethod
    def _is_header(cls, value: str) -> str:
        if value and not _HEADER.fullmatch(value):
            raise ValueError("write the name of a header, such as X-Remote-User")
        return value

    @field_validator("users")
    @classmethod
    def _are_users(cls, value: dict[str, str]) -> dict[str, str]:
        if any(is_group_name(name) for name in value):
            raise ValueError("the name of a user does not begin with @, which is for groups")
        return value

    def tls_files(self) -> tuple[Path, Path] | None:
        """Return the files of the certificate and its key; None if the page itself has none."""
        return (Path(self.certificate), Path(self.certificate_key)) if self.certificate else None

    def roles_of(self, name: str, groups: frozenset[str] = frozenset()) -> frozenset[PageRole]:
        """Return what a user with this name and these groups may do: nothing under a name that is written like a group's."""
        if is_group_name(name):
            return frozenset()
        own, of_groups = {name.casefold()}, {group.casefold() for group in groups}
        return frozenset(role for role, listed in self.roles.items() if own & _users(listed) or of_groups & _groups(listed))


def proxy_secret_problem(value: str) -> str | None:
    """Return why a text cannot be the secret of the proxy; None if it can."""
    if len(value) < SHORTEST_SECRET:
        return f"the secret of the proxy has {SHORTEST_SECRET} characters or more"
    return None if value.isascii() and value.isprintable() and value == value.strip() else "no header can carry that secret"


def is_group_name(name: str) -> bool:
    """Return whether a text names a group in the settings, so that no user may have it as a name."""
    return name.strip().startswith(GROUP)


def _users(listed: Iterable[str]) -> set[str]:
    return {one.casefold() for one in listed if not one.startswith(GROUP)}


def _groups(listed: Iterable[str]) -> set[str]:
    return {one.removeprefix(GROUP).casefold() for one in listed if one.startswith(GROUP)}
