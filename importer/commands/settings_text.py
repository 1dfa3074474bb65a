"""The text of a new settings file: what was chosen, and everything else as comments with its default."""

from __future__ import annotations

import json
import textwrap
import tomllib
from typing import get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from importer.domain.reasons import explain
from importer.errors import SettingsError
from importer.settings import Settings

WIDTH = 100
_BEGINNING = """\
# The settings of this workspace. A line that begins with # is a comment: the value in it is the default.
# Variables of the environment come before this file: IMPORTER_DISPATCH__CONCURRENCY=8 is concurrency under [dispatch].
# Keys do not belong here: `importer login` keeps them in the keyring. Relative paths begin in this folder.
"""
_LISTS = """\
# Values for columns that a sheet does not have, by column name.
# [defaults]
# creditor_company_name = "Nordlys Energi A/S"

# Voucher types that your installation of Debbie has added, by name.
# [voucher_types.court_fee]
# id = "00000000-0000-0000-0000-000000000000"
# counts = "debt"
# danish = "Retsafgift"

# Imports that the system's scheduler runs: `importer schedule install nightly`.
# [schedule.nightly]
# paths = "incoming"
# at = "Mon..Fri 03:30"
"""


def checked_settings(values: dict[str, str]) -> Settings:
    """Return the settings in force with these values. Raises SettingsError, which names the wrong one."""
    try:
        return Settings(**tomllib.loads(settings_text(values)))
    except ValidationError as error:
        raise SettingsError(f"A setting is wrong: {explain(error)} Nothing was changed.") from None


def settings_text(values: dict[str, str]) -> str:
    """Return a settings file with these values, by names such as ``debbie.tenant_id``, and with comments for all others."""
    sections = [_BEGINNING]
    for name, info in Settings.model_fields.items():
        if isinstance(info.default, BaseModel):
            fields = [
                (key, field)
                for key, field in type(info.default).model_fields.items()
                if SecretStr not in get_args(field.annotation)
            ]
            lines = [line for key, field in fields for line in _setting(key, field, values.get(f"{name}.{key}"))]
            sections.append("\n".join([f"[{name}]", *lines, ""]))
    return "\n".join([*sections, _LISTS])


def _setting(key: str, field: FieldInfo, value: str | None) -> list[str]:
    lines = [f"# {line}" for line in textwrap.wrap(str(field.description), WIDTH)]
    if value is not None:
        return [*lines, f"{key} = {json.dumps(value, ensure_ascii=False)}"]
    default = field.default
    if default is None:
        return [*lines, f'# {key} = "..."']
    if isinstance(default, dict):
        return [*lines, f"# {key} = {{}}"]
    shown = list(default) if isinstance(default, tuple) else default if isinstance(default, int | float) else str(default)
    return [*lines, f"# {key} = {json.dumps(shown, ensure_ascii=False)}"]
