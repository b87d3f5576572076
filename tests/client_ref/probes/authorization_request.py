"""The authorization request and PKCE."""

from __future__ import annotations

import re
from typing import Any

from client_ref.errors import ConfigurationError
from tests.client_ref.authorization_server import json_response
from tests.client_ref.probes.probe import Make, forms, page_after, query, row, s256, unpadded


@row("S-AUTH-01")
def well_formed(make: Make) -> bool:
    for scope in (("account.read",), ()):
        seat = make(scope=scope)
        pairs = query(seat.begin({}))
        names = {"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"}
        asked = dict(pairs)
        if len(asked) < len(pairs) or not all(asked.values()) or not names <= asked.keys():
            return False
        if asked["response_type"] != "code" or asked.get("scope", "") != " ".join(scope):
            return False
    return True


@row("S-AUTH-02")
def endpoint_with_query(make: Make) -> bool:
    url = make(authorization_endpoint="https://server.example/auth?tenant=t1").begin({})
    odd = make(authorization_endpoint="https://server.example/auth#top")
    try:
        odd.policy.check_registration(odd.registration)
    except ConfigurationError:
        pass
    else:
        return False
    return url.count("?") == 1 and query(url).count(("tenant", "t1")) == 1 and "client_id" in dict(query(url))


@row("S-AUTH-03")
def token_endpoint_with_query(make: Make) -> bool:
    seat = make(token_endpoint="https://server.example/token?tenant=t1")
    session: dict[str, Any] = {}
    seat.log_in(session)
    seat.refresh(session)
    return [post.url for post in seat.server.posts] == 2 * ["https://server.example/token?tenant=t1"]


@row("S-AUTH-04")
def reserved_characters(make: Make) -> bool:
    redirect_uri = "https://client.example/call+back?app=7&x=%3D"
    seat = make(client_id="a+b&c=d%/:e f", redirect_uri=redirect_uri, scope=("a:b", "c/d=e"))
    asked = dict(query(seat.begin({})))
    return (asked["client_id"], asked["redirect_uri"], asked["scope"]) == ("a+b&c=d%/:e f", redirect_uri, "a:b c/d=e")


@row("S-AUTH-05")
def fresh_values(make: Make) -> bool:
    seat = make()
    asked = [dict(query(seat.begin({}))) for _ in range(20)]
    states = {parameters.get("state", "") for parameters in asked}
    challenges = {parameters.get("code_challenge", "") for parameters in asked}
    if any(not state.isascii() or unpadded(state).startswith(b'{"') for state in states):
        return False
    return (
        len(states) == len(challenges) == 20
        and all(len(state) >= 22 for state in states)
        and _first_state(make) != _first_state(make)
    )


def _first_state(make: Make) -> str:
    """What a client that has just been started sends first."""
    seat = make()
    seat.policy.check_registration(seat.registration)
    return dict(query(seat.begin({}))).get("state", "")


@row("S-AUTH-06")
def redirect_uri_sent(make: Make) -> bool:
    seat = make()
    return dict(query(seat.begin({}))).get("redirect_uri") == seat.registration.redirect_uri


@row("S-PKCE-01")
def challenge_and_verifier(make: Make) -> bool:
    seat = make()
    verifiers = set()
    for _ in range(3):
        session: dict[str, Any] = {}
        url = seat.begin(session)
        seat.land(session, seat.server.authorize(url))
        asked, verifier = dict(query(url)), forms(seat)[-1].get("code_verifier", "")
        verifiers.add(verifier)
        if asked.get("code_challenge_method") != "S256" or asked.get("code_challenge") != s256(verifier):
            return False
        if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier):
            return False
    return len(verifiers) == 3


@row("S-PKCE-02")
def no_downgrade(make: Make) -> bool:
    seat, session = make(), {}
    seat.land(session, seat.server.deny(seat.begin(session), "invalid_request"))
    promised = [make(code_challenge_methods=methods).begin({}) for methods in (("plain", "S256"), ("plain",), ())]
    asked = [dict(query(url)) for url in (seat.begin(session), *promised)]
    return all(each.get("code_challenge_method") == "S256" for each in asked)


@row("S-PKCE-04")
def refused_verifier_is_final(make: Make) -> bool:
    seat = make()
    seat.server.token_script = [json_response({"error": "invalid_grant"}, 400)]
    return seat.log_in() == "token_error" and len(seat.server.posts) == 1


@row("S-PKCE-06")
def challenge_to_every_server(make: Make) -> bool:
    return "code_challenge" in dict(query(make().begin({})))


@row("S-PKCE-05")
def verifier_in_body_only(make: Make) -> bool:
    seat, session = make(), {}
    url = seat.begin(session)
    seat.land(session, seat.server.authorize(url))
    verifier = forms(seat)[0]["code_verifier"]
    page = page_after(make, "code={code}&state={state}", follow=True)
    return verifier not in url and not re.search(r"[\w-]{43}", page.text)
