"""Test a credential with the request that asks an API who it belongs to."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr

from importer.commands.finding import Finding
from importer.errors import ApiStopped, ExitCode, SettingsError
from importer.settings import Api, Settings
from importer.workspace.connections import ask_api
from importer.workspace.environment import open_environment
from importer.workspace.workspace import Workspace

API_NAMES: dict[Api, str] = {"debitura": "Debitura", "debbie": "Debbie"}


def with_credentials(settings: Settings, credentials: dict[Api, str]) -> Settings:
    """Return the settings with these credentials in place of those of the environment."""
    debitura, debbie = settings.debitura, settings.debbie
    if key := credentials.get("debitura"):
        debitura = debitura.model_copy(update={"api_key": SecretStr(key)})
    if token := credentials.get("debbie"):
        debbie = debbie.model_copy(update={"token": SecretStr(token)})
    return settings.model_copy(update={"debitura": debitura, "debbie": debbie})


def check_credential(workspace: Workspace, settings: Settings, api: Api) -> Finding:
    """Ask the API whether it accepts the credential of the settings. Nothing is recorded."""
    if api == "debbie" and settings.debbie.tenant_id is None:
        return Finding("Debbie's token was not tested, because the tenant id is missing (tenant_id under [debbie])")
    with open_environment(workspace, settings, sandbox=False) as environment:
        try:
            url = asyncio.run(ask_api(environment, api))
        except SettingsError as error:
            return Finding(str(error), ExitCode.USAGE)
        except ApiStopped as error:
            return Finding(str(error), ExitCode.API_STOPPED)
    return Finding(f"{API_NAMES[api]} answers at {url} and accepts the credentials")
