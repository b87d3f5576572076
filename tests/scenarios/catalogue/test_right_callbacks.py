"""Clients that are right in another way than the strict one: no scenario of requests and callbacks may blame them."""

from dataclasses import replace
from urllib.parse import quote

import msgspec
import pytest

from client_ref.client import CAPABILITIES, Client, granted_in, registration
from client_ref.errors import StateMismatch
from client_ref.flows import Flows, begin
from client_ref.policy import STRICT
from client_ref.session import LOGINS
from tests.scenarios.catalogue.performed import performed

TIME = pytest.mark.requires("time")
TOPICS = ("authorization-*", "fresh-values/*", "callback*", "issuer/*", "pkce*", "urls/*")


class Reloads(Client):
    """Says that somebody is signed in, where a callback that is done is opened again: a friendly page (C11)."""

    def land(self, session, url):
        try:
            return super().land(session, url)
        except StateMismatch:
            held = granted_in(session)
            if held is None or "error" in url:
                raise
            return held


class KnowsNoIssuer(Client):
    """Has never heard of `iss`, and says so."""

    capabilities = tuple(each for each in CAPABILITIES if each != "issuer")


def one_login_at_a_time(registration, session, policy):
    """Lets a login that is begun replace the one before."""
    session.pop(LOGINS, None)
    return begin(registration, session, policy)


def percent_encoded(endpoint, parameters):
    """Encodes whatever can be encoded, spaces as %20, in small letters, in another order."""
    pairs = sorted(parameters, reverse=True)
    query = "&".join(f"{name}={quote(value, safe='').replace('%2F', '%2f')}" for name, value in pairs)
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def empty_left_out(endpoint, parameters):
    """Reads the endpoint's query and writes it again, as parsers do that leave empty values out."""
    return STRICT.with_query(endpoint.removesuffix("&empty="), parameters)


RIGHT = {
    "reloads": lambda assignment: Reloads(registration(assignment)),
    "knows-no-issuer": lambda assignment: KnowsNoIssuer(registration(without_issuer(assignment))),
    "one-login-at-a-time": lambda assignment: Client(registration(assignment), flows=Flows(begin=one_login_at_a_time)),
    "percent-encoded": lambda assignment: Client(
        registration(assignment), policy=replace(STRICT, with_query=percent_encoded)
    ),
    "empty-left-out": lambda assignment: Client(
        registration(assignment), policy=replace(STRICT, with_query=empty_left_out)
    ),
}


def without_issuer(assignment):
    """The assignment without what this client would not look at."""
    return msgspec.structs.replace(assignment, issuer=None)


@pytest.mark.slow
@pytest.mark.parametrize("name", [next(iter(RIGHT)), *(pytest.param(n, marks=TIME) for n in list(RIGHT)[1:])])
def test_is_not_blamed(name):
    verdicts = performed(RIGHT[name], TOPICS, kinds=("basic",), step_timeout=5.0)
    assert not [v for _, v in verdicts if v.status not in ("passed", "not_applicable")]
