"""What a server says of itself is used where it is that server's, and refused in words where it cannot be used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client_ref.client import AsyncClient, Client
from client_ref.discovery import discover
from client_ref.errors import ConfigurationError, Refusal
from client_ref.messages import Response
from client_ref.registration import check_registration
from tests.client_ref.authorization_server import BASIC, METADATA, AuthorizationServer, drive, json_response, redirects

ISSUER = METADATA["issuer"]
TOLD = replace(BASIC, issuer=ISSUER, metadata_url="https://server.example/.well-known/oauth-authorization-server/a")


def discovered(answer):
    return drive(discover(TOLD), lambda _request: answer)


def test_the_endpoints_are_those_of_the_metadata():
    found = discovered(json_response(METADATA))
    assert found == replace(
        BASIC,
        authorization_endpoint="https://server.example/found/auth",
        token_endpoint="https://server.example/found/token",
        revocation_endpoint=None,
        code_challenge_methods=("S256",),
    )


@pytest.mark.parametrize("promised", [True, False, "true"])
def test_iss_is_expected_where_it_is_promised(promised):
    found = discovered(json_response({**METADATA, "authorization_response_iss_parameter_supported": promised}))
    assert found.issuer == (ISSUER if promised is True else None)


@pytest.mark.parametrize("methods", [None, [], "S256"])
def test_who_names_no_methods_promises_none(methods):
    found = discovered(json_response({**METADATA, "code_challenge_methods_supported": methods}))
    assert found.code_challenge_methods == ()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (json_response({**METADATA, "issuer": f"{ISSUER}/"}), "metadata_issuer_mismatch"),
        (json_response({**METADATA, "issuer": None}), "metadata_issuer_mismatch"),
        (json_response({**METADATA, "token_endpoint": None}), "metadata_malformed"),
        (json_response({**METADATA, "token_endpoint": 5}), "metadata_malformed"),
        (json_response({**METADATA, "revocation_endpoint": 5}), "metadata_malformed"),
        (json_response({**METADATA, "token_endpoint": "http://server.example/token"}), "metadata_malformed"),
        (json_response([]), "not_json"),
        (json_response({}, 404), "status_unexpected"),
        (redirects("https://evil.example"), "redirected"),
        (Response(200, {}, b"<html>"), "not_json"),
    ],
)
def test_metadata_that_cannot_be_used(answer, code):
    with pytest.raises(Refusal) as refused:
        discovered(answer)
    assert refused.value.code == code


def test_metadata_of_nobody_cannot_be_configured():
    with pytest.raises(ConfigurationError) as told:
        check_registration(replace(TOLD, issuer=None))
    assert told.value.code == "issuer_missing"


class Asked:
    """The server in memory, in the place of an exchange over HTTP."""

    def __init__(self) -> None:
        self.server = AuthorizationServer(TOLD)

    def run(self, flow):
        return drive(flow, self.server.answer)


def client_before(answers):
    client = Client(TOLD)
    client.close()
    client._exchange = Asked()
    client._exchange.server.api_script = answers
    return client


def test_the_server_is_asked_once_and_again_after_a_failure():
    client = client_before([json_response({}, 503), json_response(METADATA)])
    with pytest.raises(Refusal, match="left alone"):
        client.begin({})
    for _ in range(2):
        assert client.begin({}).startswith("https://server.example/found/auth?")
    assert [get.url for get in client._exchange.server.gets] == 2 * [TOLD.metadata_url]


async def test_the_client_for_asyncio_asks_too():
    client = AsyncClient(TOLD)
    await client.close()

    class Awaited(Asked):
        async def run(self, flow):
            return super().run(flow)

    client._exchange = Awaited()
    client._exchange.server.api_script = [json_response(METADATA)]
    assert (await client.begin({})).startswith("https://server.example/found/auth?")
