"""The settings in force."""

from __future__ import annotations

import re

from importer.settings import Settings, secret


def settings_lines(settings: Settings) -> list[str]:
    """Every setting in force as TOML-like lines; of a secret only whether it is set."""
    lines = []
    shown = settings.model_dump(mode="json", exclude={"debitura": {"api_key"}, "debbie": {"token"}})
    shown["ledger"]["url"] = re.sub(r"//[^/@]*@", "//***@", shown["ledger"]["url"])  # a database's url may hold a password
    for section, values in shown.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]
    for api, name in (("debitura", "api_key"), ("debbie", "token")):
        state = "set" if secret(settings, api) else "missing"  # type: ignore[arg-type]  # both names are literals
        lines.append(f"# {api}.{name}: {state}")
    return lines


def _toml(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
