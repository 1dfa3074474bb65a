"""`importer sandbox`: run both APIs on this machine until interrupted."""

from __future__ import annotations

from pathlib import Path

from importer.errors import SettingsError
from importer.sandbox import DOCUMENTED_LIMITS, FaultPlan, SandboxSettings
from importer.workspace.environment import SANDBOX_TENANT


def sandbox_settings(port: int, data: Path | None, faults: str | None, *, limits: bool) -> SandboxSettings:
    """Return the sandbox's settings from flags. Raises SettingsError if the fault plan cannot be read."""
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
    )


def welcome(url: str) -> str:
    """Return the commands that set what the importer needs to use this sandbox, to be pasted into a shell."""
    chosen = SandboxSettings()
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
