"""What the router answers itself is evidence all the same: a token request by GET is a token request."""

import httpx
import pytest

from mock_server.serving import serve


@pytest.fixture(scope="module")
def running():
    with serve(auto_allow=True) as server:
        yield server


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "status"),
    [
        ("GET", "/oauth2/token", "token", 405),
        ("PUT", "/oauth2/token", "token", 405),
        ("POST", "/oauth2/token/", "token", 307),
        ("POST", "/OAUTH2/Token", "token", 307),
        ("DELETE", "/oauth2/revoke", "revocation", 405),
        ("PATCH", "/oauth2/auth", "authorization", 405),
        ("POST", "/v2/me", "resource", 405),
    ],
)
def test_kept_as_evidence(running, method, path, endpoint, status):
    answer = httpx.request(method, running.url + path)
    last = running.transcript.exchanges[-1]
    assert (answer.status_code, last.sent.status, last.endpoint) == (status, status, endpoint)
    assert (last.request.method, last.request.path) == (method, path)
    assert path in last.explanation


def test_attributed_by_the_code_in_the_query(running):
    flow = running.core.open_flow()
    app = running.basic_app
    query = {"response_type": "code", "client_id": app.client_id, "state": "a-state-that-is-long"}
    query["redirect_uri"] = app.redirect_uris[0]
    headers = {"oauthspec-flow": flow.identifier}
    redirect = httpx.get(running.authorization_endpoint, params=query, headers=headers)
    code = httpx.URL(redirect.headers["location"]).params["code"]
    httpx.get(running.token_endpoint, params={"grant_type": "authorization_code", "code": code})
    last = running.transcript.exchanges[-1]
    assert (last.flow, last.attributed_by) == (flow.identifier, "value")


def test_a_preflight_is_no_request_of_the_clients(running):
    before = len(running.transcript)
    httpx.options(running.token_endpoint)
    assert len(running.transcript) == before
