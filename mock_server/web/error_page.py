"""The error page: where an authorization request ends that may not be redirected (RFC 6749 section 4.1.2.1).

The redirect here is the recorded engine's own and says little. So the page looks the request up in the transcript, by
the address that it was sent to, and tells the developer what was sent, what was expected and what to change.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mock_server.authorization_server import AuthorizationServer
from mock_server.protocol import form
from mock_server.protocol.records import App
from mock_server.redaction import SECRET_PARAMETERS, mark
from mock_server.transcript import Exchange
from mock_server.web.access import Access
from mock_server.web.differences import Part, difference, in_words, nearest
from mock_server.web.explanations import explained
from mock_server.web.rendering import html

PATH = "/oauth2/fallbacks/error"


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A value that is not registered, beside the registered one that is most like it."""

    name: str
    sent: str
    nearest: str
    parts: tuple[Part, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the transcript knows of the request that ended here."""

    exchange: Exchange
    parameters: tuple[tuple[str, str], ...]
    app: App | None
    unregistered: Unregistered | None

    @property
    def can_register(self) -> bool:
        """True where the redirect URI alone is missing from the app."""
        return self.app is not None and self.unregistered is not None and bool(self.unregistered.sent)

    @property
    def flags(self) -> str:
        """What `oauthspec serve` needs to have the redirect URI registered from its start."""
        assert self.app is not None and self.unregistered is not None  # noqa: S101, PT018 - only asked with both
        uris = (*self.app.redirect_uris, self.unregistered.sent)
        return " ".join(f"--redirect-uri {shlex.quote(uri)}" for uri in uris)


def error_page(core: AuthorizationServer, access: Access, request: Request, *, trusted: bool) -> Response:
    """The page, with status 400; who may not read the journal sees the error's own words alone."""
    query = request.query_params
    error, description = query.get("error", ""), query.get("error_description", "")
    hint = query.get("error_hint", "")
    found = find(core, request.url.query) if trusted else None
    explanation = found.exchange.explanation if found else hint or description
    token = ""
    if found and found.can_register and found.app:
        token = access.form_token(f"redirect-uri {found.app.client_id}")
    return html(
        "error.html",
        status=400,
        error=error,
        description=description,
        hint=hint,
        found=found,
        apps=core.store.apps if trusted else {},
        why=explained("authorization", error, explanation),
        form_token=token,
    )


def find(core: AuthorizationServer, query: str) -> Found | None:
    """The latest request that was sent to the error page with this very query."""
    ending = f"{PATH}?{query}"
    for entry in reversed(tuple(core.transcript)):
        if isinstance(entry, Exchange) and entry.error and entry.sent.header("location").endswith(ending):
            return _found(entry, core.store.apps)
    return None


def _found(exchange: Exchange, apps: Mapping[str, App]) -> Found:
    text = exchange.request.query
    if exchange.request.method == "POST":
        text = f"{exchange.request.body.decode('utf-8', 'replace')}&{text}"
    parameters = form.parse(text)
    shown = tuple((name, mark(value) if name in SECRET_PARAMETERS else value) for name, value in parameters.pairs[:50])
    app = apps.get(parameters.get("client_id"))
    unregistered = None
    if app is None:
        unregistered = _unregistered("client_id", parameters.get("client_id"), tuple(apps))
    elif "redirect_uri" in exchange.explanation and "match" in exchange.explanation:
        unregistered = _unregistered("redirect_uri", parameters.get("redirect_uri"), app.redirect_uris)
    return Found(exchange, shown, app, unregistered)


def _unregistered(name: str, sent: str, registered: tuple[str, ...]) -> Unregistered:
    best = nearest(sent, registered)
    return Unregistered(name, sent, best, difference(sent, best), in_words(sent, best))
