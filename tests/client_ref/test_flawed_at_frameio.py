"""What Frame.io's server makes of each flawed client: most log in all the same, and that is why a harness is needed."""

from __future__ import annotations

import pytest

from client_ref import flawed
from client_ref.errors import Refusal
from mock_server.serving import authorization_server
from tests.client_ref.authorization_server import drive
from tests.client_ref.test_facing_pairs import APPS, Face, registered

TURNED_AWAY = {
    "challenge-method-absent": "authorization_error",
    "challenge-method-lower-case": "authorization_error",
    "challenge-padded": "token_error",
    "challenge-plain": "authorization_error",
    "code-end-lost": "token_error",
    "grant-type-code": "token_error",
    "redirect-uri-not-repeated": "token_error",
    "redirect-uri-omitted": "landing_elsewhere",
    "response-type-left-out": "authorization_error",
    "response-type-of-two": "authorization_error",
    "scope-with-commas": "authorization_error",
    "state-absent": "authorization_error",
    "token-request-by-get": "status_unexpected",
    "verifier-not-sent": "token_error",
    "verifier-too-long": "token_error",
    "verifier-too-short": "token_error",
}
"""Clients that cannot log in there; a harness judges them with the narrowest leniency that lets them in."""

TURNED_AWAY_AS = {
    "basic": {**TURNED_AWAY, "secret-in-body-only": "token_error"},
    "pkce": {**TURNED_AWAY, "basic-for-public-client": "token_error", "client-id-missing": "token_error"},
}
NOT_CLIENTS = {flaw.name for flaw in flawed.NOT_CLIENTS}


@pytest.mark.parametrize("kind", APPS)
@pytest.mark.parametrize("name", sorted(flawed.FLAWS.keys() - NOT_CLIENTS))
def test_a_good_login(name, kind):
    flaw, registration, session = flawed.FLAWS[name], registered(APPS[kind]), {}
    face = Face(authorization_server(auto_allow=True))
    landing = face.authorize(flaw.flows.begin(registration, session, flaw.policy).url)
    try:
        drive(flaw.flows.land(registration, session, landing, flaw.policy), face)
    except Refusal as refusal:
        outcome = refusal.code
    else:
        outcome = "granted"
    assert outcome == TURNED_AWAY_AS[kind].get(name, "granted")
