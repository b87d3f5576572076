"""Apps as Frame.io's developer page makes them, and the two that every mock has.

The same name gives the same id and secret every time, so that a `.env` outlives a restart.
"""

import hashlib
import uuid
from dataclasses import replace
from urllib.parse import urlsplit

from mock_server.protocol.records import App

_APP_NAMESPACE = uuid.UUID("0b9ab9f3-4d6f-4d0c-9d55-2b8f6f1f5a11")

# The 34 scopes of Frame.io's developer page.
SCOPES = (
    *(f"{thing}.{verb}" for thing in ("presentation", "comment", "asset", "reviewlink", "webhook", "action", "project")
      for verb in ("create", "read", "update", "delete")),
    "account.read", "auditlog.read", "team.create", "team.read", "team.update", "offline",
)  # fmt: skip

BASIC_APP = App(
    client_id="7b1f4a52-7a5e-4d54-9a0e-1f7c6f1d2b01",
    name="Basic app",
    client_secret="mock-secret-of-the-basic-app",
    redirect_uris=("http://127.0.0.1:5050/callback", "http://localhost:5050/callback"),
    scopes=SCOPES,
)
PKCE_APP = App(
    client_id="7b1f4a52-7a5e-4d54-9a0e-1f7c6f1d2b02",
    name="PKCE app",
    redirect_uris=("http://127.0.0.1:5050/callback", "http://localhost:5050/callback"),
    scopes=SCOPES,
    token_endpoint_auth_method="none",
)


class SettingsError(Exception):
    """A setting, or an app, that cannot be used; the message names the cause and the next step."""

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        super().__init__(f"{code}: {cause} {next_step}")
        self.code, self.cause, self.next_step = code, cause, next_step


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
