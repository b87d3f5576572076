"""What the server saw of a login: the proof that it happened, and with the right authentication."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, unquote_plus, urlsplit

from mock_server.protocol.records import App
from mock_server.serving import RunningServer
from mock_server.transcript import Exchange


def assert_logged_in_and_refreshed(server: RunningServer, app: App, *, with_pkce: bool) -> str:
    """One code flow, one refresh with the token that came of it, one API call with the newest; returns that token."""
    exchanges = server.transcript.exchanges
    assert [each.endpoint for each in exchanges] == ["authorization", "token", "token", "resource"]
    assert [each.sent.status for each in exchanges] == [302, 200, 200, 200], [each.explanation for each in exchanges]
    assert len({each.flow for each in exchanges}) == 1
    authorization, redemption, refresh, call = exchanges
    _assert_redeemed(authorization, redemption, with_pkce=with_pkce)
    for request in (redemption, refresh):
        _assert_authenticated(request, app)
    first, second = json.loads(redemption.sent.body), json.loads(refresh.sent.body)
    sent = _form(refresh)
    assert (sent["grant_type"], sent["refresh_token"]) == ("refresh_token", first["refresh_token"])
    assert call.request.header("authorization").split() == ["Bearer", second["access_token"]]
    access_token: str = second["access_token"]
    return access_token


def _assert_redeemed(authorization: Exchange, redemption: Exchange, *, with_pkce: bool) -> None:
    asked, sent = _once(authorization.request.query), _form(redemption)
    answered = _once(urlsplit(authorization.sent.header("location")).query)
    assert asked["response_type"] == "code"
    assert answered["state"] == asked["state"]
    assert (sent["grant_type"], sent["code"]) == ("authorization_code", answered["code"])
    assert sent["redirect_uri"] == asked["redirect_uri"]
    assert (asked.get("code_challenge_method"), "code_verifier" in sent) == (
        ("S256", True) if with_pkce else (None, False)
    )


def _assert_authenticated(exchange: Exchange, app: App) -> None:
    sent, authorization = _form(exchange), exchange.request.header("authorization")
    assert "client_secret" not in sent
    if app.is_public:
        assert (sent["client_id"], authorization) == (app.client_id, "")
    else:
        scheme, _, credentials = authorization.partition(" ")
        # RFC 6749 2.3.1: both halves are form-encoded first. Clients differ in which characters they spare.
        halves = [unquote_plus(half) for half in base64.b64decode(credentials).decode().split(":")]
        assert (scheme, halves) == ("Basic", [app.client_id, app.client_secret])


def _form(exchange: Exchange) -> dict[str, str]:
    return _once(exchange.request.body.decode())


def _once(text: str) -> dict[str, str]:
    parameters = parse_qs(text, strict_parsing=True)
    assert all(len(values) == 1 for values in parameters.values())
    return {name: values[0] for name, values in parameters.items()}
