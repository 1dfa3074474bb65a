"""`importer config show`: the settings in force."""

from __future__ import annotations

import json

from importer.credentials import FoundCredential, find_credential, proxy_secret
from importer.ledger.storage.location import shown_url
from importer.notify.delivery import addresses_of
from importer.settings import Api, Settings

SECRETS: tuple[tuple[Api, str], ...] = (("debitura", "api_key"), ("debbie", "token"))
_SECRET = {
    "debitura": {"api_key"},
    "debbie": {"token"},
    "notify": {"urls", "ping_url"},
    "web": {"users", "oidc_client_secret", "proxy_secret"},
}


def settings_lines(settings: Settings) -> list[str]:
    """Return every setting in force as TOML-like lines; of a secret, only where it comes from."""
    lines = []
    shown = settings.model_dump(mode="json", exclude=_SECRET)
    shown["ledger"]["url"] = shown_url(shown["ledger"]["url"])
    for section, values in shown.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value is not None]
    lines += [f"# {api}.{name}: {_described(find_credential(settings, api))}" for api, name in SECRETS]
    lines.append(f"# notify.urls: {'set' if addresses_of(settings.notify) else 'missing'}")
    lines.append(f"# notify.ping_url: {'set' if settings.notify.ping_url else 'missing'}")
    lines.append(f"# web.users: {', '.join(settings.web.users) or 'none'}")
    lines.append(f"# web.oidc_client_secret: {'set' if settings.web.oidc_client_secret else 'missing'}")
    lines.append(f"# web.proxy_secret: {'set' if proxy_secret(settings.web) else 'missing'}")
    return lines


def _described(found: FoundCredential | None) -> str:
    return f"set, from {found.origin}" if found and found.value else "missing"
