"""Settings from flags, ``IMPORTER_*`` variables, ``importer.toml`` and defaults, in this order. No secret is in a file."""

from __future__ import annotations

import hashlib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from importer.domain.accounts import normal_url
from importer.domain.claim_settings import ClaimSettings
from importer.domain.code_lists import Direction, VoucherType, VoucherTypes
from importer.domain.columns import is_known
from importer.domain.hosts import host_of, is_loopback
from importer.domain.paths import is_file
from importer.domain.reasons import explain
from importer.errors import SettingsError
from importer.night_settings import ExpectSettings, NotifySettings
from importer.scheduling.settings import Schedules
from importer.setting_sections import Section, ValueSettings, WatchSettings, WorkspaceSettings
from importer.web_settings import WebSettings

KEYRING_SERVICE = "collection-importer"
Api = Literal["debitura", "debbie"]


def _checked_url(value: str) -> str:
    """Check a base URL, which is kept as it is written: releases before version 5 of the ledger knew it in that spelling."""
    value = value.strip()
    parts = urlsplit(normal_url(value))
    if parts.scheme not in {"http", "https"}:
        raise ValueError("write it as https://host")
    if parts.scheme == "http" and not is_loopback(value):
        raise ValueError("must begin with https://, or the credentials travel in the clear")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("write only the scheme, the host and a path; credentials have settings of their own")
    return value.rstrip("/")


class DebituraSettings(Section):
    """Debitura, the API for cases. The key is in ``IMPORTER_DEBITURA__API_KEY`` or the keyring."""

    base_url: Annotated[str, Field(description="Debitura's address.")] = "https://collectionpartner-api.debitura.com"
    api_key: Annotated[
        SecretStr | None,
        Field(description="Debitura's API key. Only from the environment, a credential of systemd or the keyring."),
    ] = None

    _check_url = field_validator("base_url")(_checked_url)


class DebbieSettings(Section):
    """Debbie, the API for vouchers. The token is in ``IMPORTER_DEBBIE__TOKEN`` or the keyring."""

    base_url: Annotated[str, Field(description="Debbie's address.")] = "https://api.debbiecollect.com"
    tenant_id: Annotated[UUID | None, Field(description="Your tenant at Debbie. Needed as soon as there are vouchers.")] = None
    token: Annotated[
        SecretStr | None, Field(description="Debbie's token. Only from the environment, a credential of systemd or the keyring.")
    ] = None
    case_id_from: Annotated[
        Literal["id", "reference", "creditorReference"],
        Field(description="Which value of a Debitura case Debbie uses as the case's id."),
    ] = "id"
    timezone: Annotated[
        str,
        Field(
            description="The time zone of voucher dates. When dates are checked, today is the earlier of its day and the UTC day."
        ),
    ] = "Europe/Copenhagen"

    _check_url = field_validator("base_url")(_checked_url)

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError, RecursionError):  # KeyError: there is none; the last: a long path
            raise ValueError("is not a time zone; write one such as Europe/Copenhagen") from None
        return value


LONGEST_WINDOW_SECONDS = 31_622_400  # a year
Seconds = Annotated[float, Field(gt=0, le=LONGEST_WINDOW_SECONDS)]


class DispatchSettings(Section):
    """The sending of entries. The default limits are those that Debitura documents for each key; 0 means no limit."""

    concurrency: Annotated[int, Field(ge=1, le=256, description="How many requests may be under way at once, per API.")] = 16
    timeout_seconds: Annotated[float, Field(gt=0, le=600, description="How long an answer is waited for.")] = 30
    send_within_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=600,
            description="How long after its record in the ledger a request may go out. Together with timeout_seconds it must "
            "be at most half of settle_minutes.",
        ),
    ] = 30
    backoff_seconds: Annotated[
        float, Field(gt=0, le=60, description="The first wait after a failure. It doubles with each further one, with jitter.")
    ] = 1
    settle_minutes: Annotated[
        float, Field(ge=0, le=1440, description="How long a created case may take to appear in Debitura's list.")
    ] = 15
    look_back_days: Annotated[
        float,
        Field(
            ge=0,
            le=36_500,
            description="How far back a new ledger reads Debitura's list before its first case; 0 means to the list's end.",
        ),
    ] = 0
    on_absent: Annotated[
        Literal["resend", "hold"],
        Field(description="What happens to a case in doubt that the list does not show: it is sent again, or held for a person."),
    ] = "resend"
    idempotency_keys: Annotated[
        Literal["proved", "never", "trusted"],
        BeforeValidator(lambda value: "never" if value == "untrusted" else value),  # its name in earlier releases
        Field(
            description='When Idempotency-Key protects a case: "proved" as far as `importer doctor --probe` has shown it, '
            '"never", or "trusted" if Debitura has confirmed it for your account.'
        ),
    ] = "proved"
    per_minute: Annotated[int, Field(ge=0, description="Debitura's limit in any 60 seconds; 0 means no limit.")] = 2_000
    per_hour: Annotated[int, Field(ge=0, description="Debitura's limit per hour; 0 means no limit.")] = 20_000
    per_day: Annotated[
        int, Field(ge=0, description="Debitura's limit in the 24 hours from the first request; 0 means no limit.")
    ] = 100_000
    debbie_per_minute: Annotated[
        int, Field(ge=0, description="Debbie's limit in any 60 seconds, if you know it; 0 means no limit.")
    ] = 0
    window_seconds: Annotated[
        tuple[Seconds, Seconds, Seconds],
        Field(description="How long a minute, an hour and a day are. Changed only to test against a sandbox with short ones."),
    ] = (60, 3_600, 86_400)


class LedgerSettings(Section):
    """Where the ledger and its backups are."""

    url: Annotated[
        str, Field(description="The ledger's database: an SQLite file on a local disk, or a Postgres database for a team.")
    ] = "sqlite:///ledger.db"
    wait_seconds: Annotated[
        float,
        Field(ge=0, le=86_400, description="How long `run` and `resume` wait for the ledger while another command writes it."),
    ] = 900
    backups: Annotated[
        int, Field(ge=0, le=10_000, description="How many daily backups are kept. One a day is made after a run; 0 makes none.")
    ] = 14
    backup_folder: Annotated[
        Path | None,
        Field(description="The folder of the daily backups; by default `backups` beside the ledger. Another disk is safer."),
    ] = None


class ApprovalSettings(Section):
    """What a person must approve before it is sent, and who may do so."""

    required: Annotated[
        Literal["never", "unusual", "always"],
        Field(
            description="Whether a batch that is imported with --yes waits for `importer approve`: never, if it is unusual for "
            "its profile, or always."
        ),
    ] = "never"
    above: Annotated[
        dict[str, Annotated[Decimal, Field(ge=0)]],
        Field(description="The largest sum of claims, by currency, that is sent with --yes without an approval."),
    ] = {}  # noqa: RUF012  (pydantic copies a default)
    four_eyes: Annotated[bool, Field(description="Whether another person must approve what one has staged.")] = False
    valid_hours: Annotated[float, Field(gt=0, le=8760, description="How long after an approval the sending may begin.")] = 72
    by_folder: Annotated[
        bool,
        Field(description="Whether moving a file to the folder `approved` of a watched folder approves it."),
    ] = False

    @model_validator(mode="after")
    def _a_folder_knows_no_persons(self) -> ApprovalSettings:
        if self.by_folder and self.four_eyes:
            raise ValueError("by_folder and four_eyes exclude each other: who moves a file into a folder is not known")
        return self


class Output(Section):
    """Where reports are written."""

    directory: Annotated[Path, Field(description="The folder in which each report gets a folder of its own.")] = Path("output")
    keep_days: Annotated[
        int,
        Field(
            ge=0,
            le=36_500,
            description="After how many days a run removes the folder of a finished batch, unless a person has changed a sheet "
            "in it. `importer report` writes it again. 0 keeps all.",
        ),
    ] = 0


class OwnVoucherType(Section):
    """A voucher type that an installation has added; ``counts`` gives the sign of its amounts."""

    id: Annotated[UUID, Field(description="The type's id at Debbie.")]
    counts: Annotated[Literal["debt", "credit"], Field(description="Which way its amounts count.")]
    danish: Annotated[str, Field(description="A second name under which sheets may have it.")] = ""


class Settings(BaseSettings):
    """All settings; ``docs/settings.md`` is generated from the descriptions."""

    model_config = SettingsConfigDict(
        env_prefix="IMPORTER_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    debitura: DebituraSettings = DebituraSettings()
    debbie: DebbieSettings = DebbieSettings()
    dispatch: DispatchSettings = DispatchSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
    ledger: LedgerSettings = LedgerSettings()
    output: Output = Output()
    claims: ClaimSettings = ClaimSettings()
    approval: ApprovalSettings = ApprovalSettings()
    notify: NotifySettings = NotifySettings()
    expect: ExpectSettings = ExpectSettings()
    watch: WatchSettings = WatchSettings()
    web: WebSettings = WebSettings()
    values: ValueSettings = ValueSettings()
    defaults: Annotated[dict[str, str], Field(description="Values for columns that a sheet does not have, by column name.")] = {}
    voucher_types: Annotated[
        dict[str, OwnVoucherType], Field(description="Voucher types that your installation of Debbie has added, by name.")
    ] = {}
    schedule: Schedules = {}

    @field_validator("defaults")
    @classmethod
    def _defaults_are_columns(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not is_known(name):
                raise ValueError(f'"{name}" is not a column; docs/columns.md lists them')
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The content of the file is passed as init arguments; variables of the environment override it.
        del settings_cls, dotenv_settings, file_secret_settings
        if isinstance(env_settings, EnvSettingsSource):  # IMPORTER_WORKSPACE names the folder, and is not the section
            env_settings.env_vars = {name: one for name, one in env_settings.env_vars.items() if name != "importer_workspace"}
        return env_settings, init_settings

    def zone(self) -> ZoneInfo:
        """Return the time zone of Debbie's dates."""
        return ZoneInfo(self.debbie.timezone)

    def known_voucher_types(self) -> VoucherTypes:
        """Return the voucher types, including those of the settings."""
        signs = {"debt": Direction.DEBT, "credit": Direction.CREDIT}
        return VoucherTypes(
            tuple(VoucherType(t.id, name, t.danish or name, signs[t.counts]) for name, t in self.voucher_types.items())
        )


DOCUMENTED_HOSTS: dict[Api, str] = {
    "debitura": host_of(DebituraSettings().base_url),
    "debbie": host_of(DebbieSettings().base_url),
}
"""The hosts that the vendors document. A credential goes to another one only after the user has confirmed it."""


SECRETS_OF_NO_FILE = (
    ("debitura", "api_key", "DEBITURA__API_KEY"),
    ("debbie", "token", "DEBBIE__TOKEN"),
    ("notify", "urls", "NOTIFY__URLS"),
    ("web", "oidc_client_secret", "WEB__OIDC_CLIENT_SECRET"),
    ("web", "proxy_secret", "WEB__PROXY_SECRET"),
)
"""The settings that no file may hold: section, key, and the variable without its beginning."""


def load_settings(usual: Path, config: Path | None = None) -> Settings:
    """Load the settings, with those of the file ``config`` if it is given, else of the ``usual`` file if it exists.

    Raises SettingsError, which names the file, the key and what to do, but never a value.
    """
    if config is not None and not is_file(config):
        raise SettingsError(f"The settings file {config} does not exist. Check --config.")
    path = config or usual
    data = read_settings_file(path) if is_file(path) else {}
    try:
        return Settings(**data)
    except ValidationError as error:
        raise SettingsError(f"A setting is wrong: {explain(error)} Correct it in {path} or in its IMPORTER_ variable.") from None
    except UnreadableVariable as error:
        name = f"IMPORTER_{str(error).split(chr(34))[1].upper()}"  # the error quotes the name of the section, never the value
        raise SettingsError(f"The variable {name} is not a JSON object. Set its keys one by one, as {name}__KEY.") from None
    except RecursionError:
        raise SettingsError(
            f"A variable that begins with IMPORTER_, or {path}, is nested too deeply to be settings. Correct it."
        ) from None


def read_settings_file(path: Path) -> dict[str, Any]:
    """Return the content of a settings file. Raises SettingsError if it is not TOML, or holds a secret."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # the second: no TOML, not UTF-8, or an integer of thousands of digits
        raise SettingsError(f"The settings file {path} cannot be read: {error}. Correct it.") from None
    except RecursionError:
        raise SettingsError(f"The settings file {path} is nested too deeply to be settings. Correct it.") from None
    for section in Settings.model_fields:
        if not isinstance(data.get(section, {}), dict):
            raise SettingsError(f"{path} has a value for {section}, which is a section. Write [{section}] above its keys.")
    for section, key, variable in SECRETS_OF_NO_FILE:
        if key in data.get(section, {}):
            raise SettingsError(
                f"{path} holds {section}.{key}. Secrets do not belong in a file: remove it there, put it in the "
                f"variable IMPORTER_{variable} or the keyring, and replace the secret if others can read the file."
            )
    return data


def fingerprint_of(secret_value: str, base_url: str) -> str:
    """Return the hash by which the ledger recognises a credential; the credential cannot be derived from it."""
    return hashlib.blake2b(
        f"{base_url}\n{secret_value}".encode("utf-8", "surrogatepass"), digest_size=12, person=b"importer-cred"
    ).hexdigest()
