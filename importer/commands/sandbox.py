"""`importer sandbox`: run both APIs on this machine until interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from importer.errors import SettingsError
from importer.sandbox import DOCUMENTED_LIMITS, FaultPlan, SandboxSettings
from importer.sandbox.settings import CHOICES
from importer.workspace.environment import SANDBOX_TENANT

_OPTIONS = frozenset({"port", "data_file", "limits", "faults"})
"""The settings with an option of their own."""
_ONLY_PYTHON = frozenset({"debbie_limits", "data_access"})
_TRUTHS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def sandbox_settings(
    port: int, data: Path | None, faults: str | None, *, limits: bool, chosen: Sequence[str] = ()
) -> SandboxSettings:
    """Return the sandbox's settings from flags; ``chosen`` are those of ``--set``.

    Raises SettingsError if the fault plan cannot be read or a setting is wrong.
    """
    plan = faults
    if faults is not None and not faults.lstrip().startswith(("{", "[")):
        try:
            plan = Path(faults).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            cause = error.strerror if isinstance(error, OSError) else "it is not a text in UTF-8"
            raise SettingsError(f"The fault plan {faults} cannot be read ({cause}). Give JSON or a file of it.") from None
    return SandboxSettings(
        port=port,
        data_file=data,
        faults=FaultPlan.parse(plan) if plan else None,
        limits=DOCUMENTED_LIMITS if limits else (),
        **_settings_of(chosen),
    )


def settable() -> dict[str, Any]:
    """Return the defaults of the settings that ``--set`` can change, by name."""
    return {one.name: one.default for one in fields(SandboxSettings) if one.name not in _OPTIONS | _ONLY_PYTHON}


def described_settings() -> str:
    """Return every setting that ``--set`` can change, with its default and its meaning."""
    meanings = {one.name: one.metadata["meaning"] for one in fields(SandboxSettings)}
    lines = (f"{name}={shown_default(default)}\n    {meanings[name]}" for name, default in settable().items())
    return "\n".join(line.replace("`", "") for line in lines)


def shown_default(default: object) -> str:
    """Return a default as ``--set`` would take it."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, float):
        return f"{default:g}"
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _settings_of(chosen: Iterable[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` items. A setting that takes several values may be given several times."""
    defaults = settable()
    found: dict[str, Any] = {}
    for item in chosen:
        name, given, text = item.partition("=")
        if not given or name not in defaults:
            raise SettingsError(
                f"--set {item} names no setting of the sandbox; use NAME=VALUE with one of {', '.join(sorted(defaults))}. "
                "importer sandbox --settings shows what each one means."
            )
        value = _value(name, defaults[name], text)
        found[name] = (*found.get(name, ()), value) if isinstance(defaults[name], tuple) else value
    return found


def _value(name: str, default: object, text: str) -> object:
    if isinstance(default, bool):
        if (truth := _TRUTHS.get(text.strip().lower())) is None:
            raise SettingsError(f"--set {name}={text}: give yes or no.")
        return truth
    if isinstance(default, int | float):
        try:
            return type(default)(text)
        except ValueError:
            raise SettingsError(f"--set {name}={text}: give a number such as {shown_default(default)}.") from None
    if name == "refusals":
        creditor, _, kind = text.rpartition(":")
        return creditor.strip(), kind.strip()
    return text


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values that a setting can have, or none if they are not a fixed set."""
    return CHOICES.get(name, ("yes", "no") if isinstance(settable()[name], bool) else ())


def welcome(url: str, chosen: SandboxSettings) -> str:
    """Return the commands that set what the importer needs to use this sandbox, to be pasted into a shell."""
    return "\n".join(
        (
            f"The sandbox listens on {url}. Press Ctrl-C to stop it. To use it, set:",
            f"  export IMPORTER_DEBITURA__BASE_URL={url}",
            f"  export IMPORTER_DEBITURA__API_KEY={chosen.api_keys[0]}",
            f"  export IMPORTER_DEBBIE__BASE_URL={url}",
            f"  export IMPORTER_DEBBIE__TOKEN={chosen.tokens[0]}",
            f"  export IMPORTER_DEBBIE__TENANT_ID={SANDBOX_TENANT}",
        )
    )
