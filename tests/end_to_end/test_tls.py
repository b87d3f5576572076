"""Over https, with nothing but the environment variables that `serve --tls` prints: unmodified clients log in."""

import httpx
import pytest
from requests_oauthlib import OAuth2Session

from mock_server.environment import trusting
from mock_server.serving import serve
from tests.end_to_end.evidence import assert_logged_in_and_refreshed
from tests.end_to_end.programs import SCOPE, logged_in
from tests.end_to_end.test_python_libraries import walk_with_authlib

pytestmark = pytest.mark.slow


@pytest.fixture
def server():
    """Whoever asks is let in, and trusts the authority that it is told of."""
    with serve(auto_allow=True, tls=True) as running:
        yield running


@pytest.fixture
def app(server):
    """The kind of app makes no difference to TLS."""
    return server.basic_app


@pytest.fixture
def trusted(server, monkeypatch):
    """The variables, for what runs in this process."""
    for name, value in trusting(str(server.authority.ca_file)).items():
        monkeypatch.setenv(name, value)


def test_without_the_variables_nobody_gets_in(server, app):
    with pytest.raises(httpx.ConnectError, match="certificate"):
        walk_with_authlib(server, app)
    assert not server.transcript.exchanges


def test_httpx_and_authlib(server, app, trusted):
    tokens = walk_with_authlib(server, app)
    assert tokens["access_token"] == assert_logged_in_and_refreshed(server, app, with_pkce=True)


def test_requests(server, app, trusted, monkeypatch):
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    with OAuth2Session(app.client_id, redirect_uri=app.redirect_uris[0], scope=SCOPE.split(), pkce="S256") as session:
        url, _ = session.authorization_url(server.authorization_endpoint)
        landed = httpx.get(url).headers["location"].replace("http:", "https:")
        session.fetch_token(server.token_endpoint, authorization_response=landed, client_secret=app.client_secret)
        assert session.get(f"{server.api_url}/me").json()["_type"] == "user"


@pytest.mark.requires("node")
def test_openid_client(node_client, server, app):
    said = logged_in(node_client, server, app)
    assert said["access_token"] == assert_logged_in_and_refreshed(server, app, with_pkce=True)


@pytest.mark.requires("go")
def test_golang_x_oauth2(go_client, server, app):
    said = logged_in(go_client, server, app)
    assert said["access_token"] == assert_logged_in_and_refreshed(server, app, with_pkce=True)
