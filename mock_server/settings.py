"""What `serve` is told: flags and the file `oauthspec.toml`, checked before anything starts.

Every mistake is a `SettingsError`: a stable code, the cause and the next step, in one line.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mock_server.apps import BASIC_APP, PKCE_APP
from mock_server.apps import SettingsError as SettingsError
from mock_server.apps import app_named as app_named
from mock_server.apps import with_overrides as with_overrides
from mock_server.protocol.provider import PROVIDERS, Provider
from mock_server.protocol.records import App
from mock_server.serving import LOOPBACK

DEFAULT_PORT = 4444
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve; `port` 0 is any free port."""

    apps: tuple[App, ...] = (BASIC_APP, PKCE_APP)
    provider: Provider = PROVIDERS["frameio"]
    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    public_url: str = ""
    auto_allow: bool = False
    tls: bool = False


def provider_named(name: str) -> Provider:
    """A provider by its name."""
    if name not in PROVIDERS:
        raise SettingsError("UNKNOWN_PROVIDER", f"There is no provider {name!r}.", f"Known: {', '.join(PROVIDERS)}.")
    return PROVIDERS[name]


def check_public_url(url: str) -> str:
    """The address that others reach the server by, as behind a container's port."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        cause = f"--public-url {url!r} is not the address of a server."
        raise SettingsError("BAD_PUBLIC_URL", cause, "Give scheme and host, as in http://localhost:4444.")
    return url


_KNOWN: Mapping[str, Mapping[str, type]] = {
    "server": {"provider": str, "host": str, "port": int, "public_url": str, "auto_allow": bool, "tls": bool},
    "apps": {
        "name": str,
        "redirect_uris": list,
        "scopes": list,
        "pkce": bool,
        "client_id": str,
        "client_secret": str,
    },
}


def from_file(path: Path) -> Settings:
    """The settings of a file; sections other than `[server]` and `[[apps]]` belong to other verbs."""
    document = _read(path)
    server = _section(path, "server", document.get("server", {}))
    apps = document.get("apps", [])
    if not isinstance(apps, list):
        raise SettingsError("BAD_SETTINGS", f"{path}: apps is not a list.", "Write each app as a table [[apps]].")
    settings = Settings()
    if apps:
        settings = replace(settings, apps=tuple(_app(path, number, app) for number, app in enumerate(apps, 1)))
    if "provider" in server:
        settings = replace(settings, provider=provider_named(server.pop("provider")))
    check_public_url(server.get("public_url", ""))
    if not 0 <= server.get("port", 0) <= _HIGHEST_PORT:
        raise SettingsError("BAD_PORT", f"{path}: there is no port {server['port']}.", "Give one from 0 to 65535.")
    return replace(settings, **server)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        cause = f"{path} cannot be read: {error.strerror}."
        raise SettingsError("NO_SETTINGS_FILE", cause, "Check the path that --config names.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("BAD_SETTINGS", f"{path} is not TOML: {error}.", "Mend that line.") from None


def _section(path: Path, name: str, section: Any) -> dict[str, Any]:
    known = _KNOWN[name]
    if not isinstance(section, dict):
        raise SettingsError("BAD_SETTINGS", f"{path}: {name} is not a table.", f"Write it as [{name}].")
    for key, value in section.items():
        if key not in known:
            raise SettingsError(
                "BAD_SETTINGS", f"{path}: {name} has no setting {key!r}.", f"Known: {', '.join(known)}."
            )
        if type(value) is not known[key]:
            cause = f"{path}: {name}.{key} is {value!r}."
            raise SettingsError("BAD_SETTINGS", cause, f"It has to be of type {known[key].__name__}.")
    return dict(section)


def _app(path: Path, number: int, document: Any) -> App:
    app = _section(path, "apps", document)
    if not app.get("name"):
        raise SettingsError("BAD_SETTINGS", f"{path}: app {number} has no name.", 'Add a line as in name = "My app".')
    for key in ("redirect_uris", "scopes"):
        values = app.get(key, [])
        if not all(isinstance(value, str) for value in values):
            raise SettingsError("BAD_SETTINGS", f"{path}: {key} of app {number} holds {values!r}.", "Use strings.")
        app[key] = tuple(values)
    return app_named(**app)
