"""What `serve` is told: flags and the file `oauthspec.toml`, checked before anything starts.

Every mistake is a `SettingsError`: a stable code, the cause and the next step, in one line.
"""

import hashlib
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mock_server.protocol.provider import PROVIDERS, Provider
from mock_server.protocol.records import App
from mock_server.serving import BASIC_APP, LOOPBACK, PKCE_APP, SCOPES

DEFAULT_PORT = 4444
_APP_NAMESPACE = uuid.UUID("0b9ab9f3-4d6f-4d0c-9d55-2b8f6f1f5a11")


class SettingsError(Exception):
    """A setting that cannot be used; the message names the cause and the next step."""

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        super().__init__(f"{code}: {cause} {next_step}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve; `port` 0 is any free port."""

    apps: tuple[App, ...] = (BASIC_APP, PKCE_APP)
    provider: Provider = PROVIDERS["frameio"]
    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    public_url: str = ""
    auto_allow: bool = False


def app_named(
    name: str,
    *,
    redirect_uris: tuple[str, ...] = (),
    scopes: tuple[str, ...] = (),
    pkce: bool = False,
    client_id: str = "",
    client_secret: str = "",
) -> App:
    """An app as the developer page makes it; the same name gives the same id and secret every time."""
    digest = hashlib.sha256(f"secret of {name}".encode()).hexdigest()[:32]
    made = App(
        client_id=client_id or str(uuid.uuid5(_APP_NAMESPACE, f"{name}:{pkce}")),
        name=name,
        client_secret=None if pkce else (client_secret or f"mock-{digest}"),
        redirect_uris=BASIC_APP.redirect_uris,
        scopes=SCOPES,
        token_endpoint_auth_method="none" if pkce else "client_secret_basic",
    )
    return with_overrides((made,), redirect_uris, scopes)[0]


def with_overrides(apps: tuple[App, ...], redirect_uris: tuple[str, ...], scopes: tuple[str, ...]) -> tuple[App, ...]:
    """The apps with other redirect URIs and scopes, where any are given."""
    for redirect_uri in redirect_uris:
        _check_redirect_uri(redirect_uri)
    for scope in scopes:
        _check_scope(scope)
    return tuple(
        replace(app, redirect_uris=redirect_uris or app.redirect_uris, scopes=scopes or app.scopes) for app in apps
    )


def provider_named(name: str) -> Provider:
    """A provider by its name."""
    if name not in PROVIDERS:
        raise SettingsError("UNKNOWN_PROVIDER", f"There is no provider {name!r}.", f"Known: {', '.join(PROVIDERS)}.")
    return PROVIDERS[name]


def check_public_url(url: str) -> str:
    """The address that others reach the server by, as behind a container's port."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        cause = f"--public-url {url!r} is not the address of a server."
        raise SettingsError("BAD_PUBLIC_URL", cause, "Give scheme and host, as in http://localhost:4444.")
    return url


def _check_redirect_uri(redirect_uri: str) -> None:
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        parts = urlsplit("")
    if not parts.scheme or not (parts.netloc or parts.path.startswith("/")) or "#" in redirect_uri:
        cause = f"{redirect_uri!r} is not an absolute URI without a fragment."
        raise SettingsError("BAD_REDIRECT_URI", cause, "Give one as in http://localhost:5050/callback.")


def _check_scope(scope: str) -> None:
    if not scope or any(character in '" \\' or not 0x21 <= ord(character) <= 0x7E for character in scope):
        cause = f"{scope!r} is not a scope (RFC 6749 3.3)."
        raise SettingsError("BAD_SCOPE", cause, "Name one scope with each --scope, as in --scope offline.")


_KNOWN: Mapping[str, Mapping[str, type]] = {
    "server": {"provider": str, "host": str, "port": int, "public_url": str, "auto_allow": bool},
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
