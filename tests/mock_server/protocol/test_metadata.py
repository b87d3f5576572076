"""The metadata document promises what the code does and nothing else: each promise is tried."""

from dataclasses import replace

import pytest

from mock_server.protocol.metadata import metadata
from mock_server.protocol.provider import FRAMEIO, PROVIDERS, STRICT
from tests.mock_server.in_memory import (
    BASIC,
    CHALLENGE,
    PUBLIC,
    VERIFIER,
    InMemory,
    answered,
    error,
    get,
    members,
)

ISSUER = "http://127.0.0.1:4444"
PLAIN = replace(STRICT, name="plain", pkce_plain_allowed=True)
OLD = replace(STRICT, name="old", response_modes=(), pkce_supported=False, issuer_in_response=False)
PROVIDERS_WITH_ONE = [STRICT, PLAIN, OLD]


@pytest.fixture(params=PROVIDERS_WITH_ONE, ids=lambda provider: provider.name)
def server(request):
    return InMemory(request.param)


@pytest.fixture
def promised(server):
    outcome = server.core.metadata(get("/.well-known/oauth-authorization-server"))
    assert outcome.answer.header("content-type") == "application/json"
    return members(outcome)


def login(server, app=BASIC, **parameters):
    parameters = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} | parameters
    verifier = {"code_verifier": VERIFIER} if server.provider.pkce_supported else {}
    return server.redeem(server.code(app, **parameters), app, **verifier)


def test_endpoints(promised):
    assert promised["issuer"] == ISSUER
    for name, path in (("authorization", "auth"), ("token", "token"), ("revocation", "revoke")):
        assert promised[f"{name}_endpoint"] == f"{ISSUER}/oauth2/{path}"


def test_response_types_and_modes(server, promised):
    good = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    for response_type in promised["response_types_supported"]:
        assert "code" in answered(server.authorize(response_type=response_type, **good))
    for mode in promised["response_modes_supported"]:
        outcome = server.authorize(response_mode=mode, **good)
        where = {"query": "callback?code=", "fragment": "callback#code=", "form_post": 'name="code"'}[mode]
        assert where in outcome.answer.header("location") + outcome.answer.body.decode()


def test_grant_types_and_client_authentication(server, promised):
    assert promised["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert promised["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "none"]
    assert promised["revocation_endpoint_auth_methods_supported"] == ["client_secret_basic", "none"]
    for app in (BASIC, PUBLIC):
        token = members(login(server, app))["refresh_token"]
        token = members(server.refresh(token, app))["refresh_token"]
        assert server.revoke(token, app).answer.status == 200


def test_challenge_methods(server, promised):
    for method in ("S256", "plain"):
        challenge = CHALLENGE if method == "S256" else VERIFIER
        outcome = server.authorize(code_challenge=challenge, code_challenge_method=method)
        if method in promised.get("code_challenge_methods_supported", []):
            assert server.redeem(answered(outcome)["code"], code_verifier=VERIFIER).answer.status == 200
        elif server.provider.pkce_supported:
            assert error(outcome) == "invalid_request"


def test_issuer_in_the_response(server, promised):
    told = answered(server.authorize(code_challenge=CHALLENGE, code_challenge_method="S256"))
    assert promised["authorization_response_iss_parameter_supported"] == ("iss" in told)
    assert told.get("iss", ISSUER) == ISSUER


def test_frameio_has_no_document():
    outcome = InMemory(FRAMEIO).core.metadata(get("/.well-known/oauth-authorization-server"))
    assert outcome.answer.status == 404


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_a_document_is_made_of_json(provider):
    document = dict(metadata(provider, "https://issuer.example"))
    assert ("code_challenge_methods_supported" in document) == provider.pkce_supported
