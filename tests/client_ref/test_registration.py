"""A configuration that cannot be used safely is refused before anything is sent, with cause and next step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client_ref.client import AsyncClient, Client
from client_ref.errors import ConfigurationError
from client_ref.registration import check_registration
from tests.client_ref.authorization_server import BASIC, PKCE


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"token_endpoint": "http://127.0.0.1:4444/token?tenant=t1"},
        {"api_url": "http://localhost/v2", "authorization_endpoint": "http://[::1]/auth?tenant=t1"},
        {"redirect_uri": "com.example.app:/callback"},
        {"redirect_uri": "http://app.localhost/callback"},
        {"scope": (), "revocation_endpoint": None, "api_url": None},
        {"client_id": "a:b+c%", "client_secret": "d e&f"},
    ],
)
def test_what_can_be_used(changed):
    check_registration(replace(BASIC, **changed))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"token_endpoint": "http://server.example/token"}, "cleartext"),
        ({"api_url": "http://192.0.2.1/v2"}, "cleartext"),
        ({"redirect_uri": "http://client.example/callback"}, "cleartext"),
        ({"authorization_endpoint": "/oauth2/auth"}, "url_malformed"),
        ({"authorization_endpoint": "ftp://server.example/auth"}, "url_malformed"),
        ({"authorization_endpoint": "https://server.example/auth#here"}, "url_malformed"),
        ({"authorization_endpoint": "https://server.example/auth#"}, "url_malformed"),
        ({"token_endpoint": "https://id:secret@server.example/token"}, "url_malformed"),
        ({"token_endpoint": "https://[bad/token"}, "url_malformed"),
        ({"token_endpoint": "https://server.example:port/token"}, "url_malformed"),
        ({"token_endpoint": "https://server.example:99999/token"}, "url_malformed"),
        ({"token_endpoint": "https://server.example/a b"}, "url_malformed"),
        ({"redirect_uri": "/callback"}, "url_malformed"),
        ({"redirect_uri": "myapp://callback"}, "url_malformed"),
        ({"authorization_endpoint": "https://server.example/auth?client_id=x"}, "parameter_reserved"),
        ({"client_id": ""}, "client_id_malformed"),
        ({"client_id": "ä"}, "client_id_malformed"),
        ({"client_secret": ""}, "client_secret_malformed"),
        ({"client_secret": "a\nb"}, "client_secret_malformed"),
        ({"scope": ("a b",)}, "scope_malformed"),
    ],
)
def test_what_cannot(changed, code):
    with pytest.raises(ConfigurationError) as refused:
        check_registration(replace(BASIC, **changed))
    assert refused.value.code == code
    assert refused.value.next_step
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_no_client_is_built_on_it(kind):
    with pytest.raises(ConfigurationError):
        kind(replace(PKCE, token_endpoint="http://server.example/token"))
