"""The settings of docs/settings.md."""

from __future__ import annotations

import json
from typing import Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from generator.text import code, table
from importer.scheduling.settings import ScheduleSettings
from importer.settings import OwnVoucherType, Settings


def settings() -> str:
    parts = []
    for name, info in Settings.model_fields.items():
        if isinstance(info.default, BaseModel):
            rows = [_setting(name, key, field) for key, field in type(info.default).model_fields.items()]
            parts.append(f"### [{name}]\n\n{table(('setting', 'default', 'allowed', 'meaning', 'variable'), rows)}")
        else:
            parts.append(f"### [{name}]\n\n{info.description}")
    return "\n\n".join([*parts, _own("setting of a type", OwnVoucherType), _own("setting of a schedule", ScheduleSettings)])


def _own(title: str, model: type[BaseModel]) -> str:
    """Return the table of the settings of sections that users name themselves."""
    rows = [[code(key), _allowed(field), str(field.description)] for key, field in model.model_fields.items()]
    return table((title, "allowed", "meaning"), rows)


def _setting(section: str, key: str, field: FieldInfo) -> list[str]:
    default = "" if field.default is None else code(_toml(field.default))
    return [code(key), default, _allowed(field), str(field.description), code(f"IMPORTER_{section}__{key}".upper())]


def _allowed(field: FieldInfo) -> str:
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return ", ".join(code(_toml(choice)) for choice in get_args(annotation))
    texts = {Ge: "at least {}", Gt: "above {}", Le: "at most {}"}
    limits = [(type(one), getattr(one, type(one).__name__.lower())) for one in field.metadata if type(one) in texts]
    return ", ".join(texts[kind].format(value) for kind, value in limits)


def settings_file() -> str:
    """Return a settings file with every setting at its default; secrets do not belong in one."""
    lines = []
    for name, info in Settings.model_fields.items():
        if isinstance(info.default, BaseModel):
            fields = [(key, field.default) for key, field in type(info.default).model_fields.items() if not _is_secret(field)]
            lines += [f"[{name}]", *(_line(f"{name}.{key}", default) for key, default in fields)]
    return "\n".join(["```toml", *lines, _EXAMPLE_TABLES, "```"])


_EXAMPLES = {
    "debbie.tenant_id": "5a4d0b0c-1111-4111-8111-00000000d0b1",
    "workspace.group": "finance",
    "ledger.backup_folder": "/mnt/backups/importer",
    "notify.metrics_file": "/var/lib/node_exporter/importer.prom",
}
"""Values of the settings without a default."""


def _line(name: str, default: object) -> str:
    key = name.partition(".")[2]
    if default is None:
        return f"{key} = {_toml(_EXAMPLES[name])}   # an example: write your own, there is no default"
    return f"{key} = {_toml(default)}"


_EXAMPLE_TABLES = """\
[defaults]                     # an example: these are empty by default
creditor_company_name = "Nordlys Energi A/S"
creditor_country = "DK"
[voucher_types.court_fee]      # an example: there are none by default
id = "00000000-0000-0000-0000-000000000000"
counts = "debt"
danish = "Retsafgift"
[schedule.nightly]             # an example: there are none by default
paths = "incoming"
at = "Mon..Fri 03:30\""""


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in get_args(field.annotation)


def _toml(value: object) -> str:
    """Return a default as a settings file has it; whole numbers without a decimal point."""
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, tuple):
        return json.dumps(list(value))
    return json.dumps(value if isinstance(value, int | float) else str(value), ensure_ascii=False)
