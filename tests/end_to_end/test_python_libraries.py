"""Python's clients log in and refresh: Authlib and requests-oauthlib, each as its documentation has it."""

import secrets

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.end_to_end.evidence import assert_logged_in_and_refreshed
from tests.end_to_end.programs import SCOPE


def landed(url: str) -> str:
    """Where the user agent lands: the redirect, not followed."""
    return httpx.get(url).headers["location"]


def walk_with_authlib(server, app, *, with_pkce=True, refreshing=True):
    """Log in, refresh and call the API; returns the tokens that came last."""
    method = "none" if app.is_public else "client_secret_basic"
    verifier = secrets.token_urlsafe(48) if with_pkce else None
    with OAuth2Client(
        app.client_id,
        app.client_secret,
        token_endpoint_auth_method=method,
        scope=SCOPE,
        redirect_uri=app.redirect_uris[0],
        code_challenge_method="S256",
    ) as client:
        url, state = client.create_authorization_url(server.authorization_endpoint, code_verifier=verifier)
        answer = landed(url)
        client.fetch_token(server.token_endpoint, authorization_response=answer, state=state, code_verifier=verifier)
        if refreshing:
            client.refresh_token(server.token_endpoint)
        assert client.get(f"{server.api_url}/me").json()["_type"] == "user"
        return client.token


@pytest.mark.parametrize("with_pkce", [True, False], ids=["challenge", "no challenge"])
def test_authlib(server, app, with_pkce):
    tokens = walk_with_authlib(server, app, with_pkce=with_pkce)
    assert tokens["access_token"] == assert_logged_in_and_refreshed(server, app, with_pkce=with_pkce)


@pytest.mark.parametrize("with_pkce", [True, False], ids=["challenge", "no challenge"])
def test_requests_oauthlib(server, app, with_pkce, monkeypatch):
    # The library's own switch for a server without TLS.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    pkce = "S256" if with_pkce else None
    with OAuth2Session(app.client_id, redirect_uri=app.redirect_uris[0], scope=SCOPE.split(), pkce=pkce) as session:
        url, _ = session.authorization_url(server.authorization_endpoint)
        own = {"include_client_id": True} if app.is_public else {"client_secret": app.client_secret}
        session.fetch_token(server.token_endpoint, authorization_response=landed(url), **own)
        how = (
            {"client_id": app.client_id} if app.is_public else {"auth": HTTPBasicAuth(app.client_id, app.client_secret)}
        )
        renewed = session.refresh_token(server.token_endpoint, **how)
        assert session.get(f"{server.api_url}/me").json()["_type"] == "user"
    assert renewed["access_token"] == assert_logged_in_and_refreshed(server, app, with_pkce=with_pkce)
