"""`importer serve`: refuses what would be unsafe, and runs the page until it is interrupted."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from importer.credentials import proxy_secret
from importer.domain.hosts import LOOPBACK
from importer.errors import SettingsError, UsageError
from importer.web.login.link import OneTimeLink
from importer.web_settings import WebSettings

if TYPE_CHECKING:
    import uvicorn

    from importer.web.login_method import LoginMethod
    from importer.web.services import PageServices
    from importer.web.work.environments import PageEnvironments

NEEDED = {"argon2": "argon2-cffi", "authlib": "authlib", "python_multipart": "python-multipart"}
MOST_CONNECTIONS = 500
LAST_SECONDS = 3
"""How long requests under way may take when the server ends."""


def check_installed() -> None:
    """Raise UsageError if the packages of the page are not installed."""
    if missing := [package for module, package in NEEDED.items() if find_spec(module) is None]:
        raise UsageError(
            f"The page needs packages that are not installed: {', '.join(missing)}. Install them with "
            f"`pip install 'collection-importer[web]'`."
        )


def addresses_of(settings: WebSettings, port: int) -> list[str]:
    """Return the URLs by which browsers reach the page."""
    if settings.url:
        return [settings.url]
    scheme = "https" if settings.tls_files() else "http"
    names = (
        ["127.0.0.1", "localhost", "[::1]"]
        if settings.host in LOOPBACK
        else [f"[{settings.host}]" if ":" in settings.host else settings.host]
    )
    return [f"{scheme}://{name}:{port}" for name in names]


@dataclass
class Serving:
    """A server that is ready to run. ``link`` is the one of its login, if it has one.

    ``notes`` are for the person who starts it.
    """

    server: uvicorn.Server
    sockets: list[socket.socket]
    url: str
    link: OneTimeLink | None
    close: Callable[[], None]
    notes: tuple[str, ...] = ()

    def link_text(self) -> str:
        """Return a new link, which works once."""
        return f"{self.url}/enter?token={self.link.renew()}" if self.link else self.url

    def run(self) -> None:
        """Serve until the process is interrupted."""
        try:
            self.server.run(sockets=self.sockets)
        finally:
            self.close()


def prepare(environments: PageEnvironments) -> Serving:
    """Open the port and build the page. Raises UsageError if that is not possible."""
    import uvicorn

    from importer.web.app import build_app
    from importer.web.guard import Addresses
    from importer.web.proxies import TrustedProxies, proxy_notes
    from importer.web.rendering import Rendering
    from importer.web.services import PageServices
    from importer.web.texts import Texts
    from importer.web.trail import record_bugs_of_libraries

    record_bugs_of_libraries()
    settings = environments.settings.web
    secret = proxy_secret(settings) if settings.proxy_addresses else None
    notes = proxy_notes(settings, has_secret=secret is not None)
    opened = _listen(settings)
    port = opened.getsockname()[1]
    urls = addresses_of(settings, port)
    addresses = Addresses.of(urls)
    link = OneTimeLink() if settings.login == "link" else None
    login = _login(settings, link)
    services = PageServices.of(environments, Rendering(Texts(), can_log_out=login.can_log_out))
    services.clean_up()
    cookie = f"__Host-importer-{port}" if addresses.is_secure else f"importer-{port}"
    app = build_app(services, login, addresses, cookie=cookie, proxies=TrustedProxies.of(settings, secret))
    tls = _tls_files(environments)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=LAST_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        ssl_certfile=str(tls[0]) if tls else None,
        ssl_keyfile=str(tls[1]) if tls else None,
    )
    return Serving(stopping_server(config, services), [opened], urls[0], link, services.close, tuple(notes))


def _tls_files(environments: PageEnvironments) -> tuple[Path, Path] | None:
    """Return the files of the certificate and its key, which are relative to the workspace. Raises SettingsError."""
    files = environments.settings.web.tls_files()
    if files is None:
        return None
    found = environments.workspace.root / files[0], environments.workspace.root / files[1]
    if lost := [str(path) for path in found if not path.is_file()]:
        raise SettingsError(f"There is no file {' and no file '.join(lost)}, which [web] names for https. Correct the path.")
    return found


def stopping_server(config: uvicorn.Config, services: PageServices) -> uvicorn.Server:
    """Return a server that ends its streams when it is to end: it would wait for them otherwise."""
    import uvicorn

    class PageServer(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            """Let the first interrupt end the server, which is no error, and the second one at once."""
            if threading.current_thread() is not threading.main_thread():  # only that thread is interrupted
                yield
                return
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            services.stopping.set()
            await super().shutdown(sockets)

    return PageServer(config)


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((settings.host, settings.port))
        opened.listen(128)
    except OSError as error:
        opened.close()
        raise UsageError(
            f"The page cannot listen on {settings.host}, port {settings.port} ({error.strerror or error}). Choose another "
            f"--port, or end the program that uses it."
        ) from None
    return opened


def _login(settings: WebSettings, link: OneTimeLink | None) -> LoginMethod:
    from importer.web.login.methods import LinkLogin, PasswordLogin, ProxyLogin
    from importer.web.login.tries import FailedTries

    if link is not None:
        return LinkLogin(link)
    if settings.login == "proxy":
        return ProxyLogin(settings)
    if settings.login == "oidc":
        from importer.web.login.oidc import OidcLogin

        return OidcLogin(settings)
    return PasswordLogin(settings, FailedTries())


def offer_links(serving: Serving, show: Callable[[str], None]) -> None:
    """Show the link, and at a terminal another one whenever Enter is pressed."""
    show(serving.link_text())
    if not sys.stdin.isatty():
        return

    def listen() -> None:
        for _ in sys.stdin:
            show(serving.link_text())

    threading.Thread(target=listen, name="links", daemon=True).start()
