"""The token request."""

from __future__ import annotations

from typing import Any

from client_ref.errors import TimedOut
from client_ref.messages import Response
from tests.client_ref.authorization_server import TOKENS, json_response, redirects
from tests.client_ref.probes.probe import Make, forms, query, row


@row("S-TOK-01")
def token_request(make: Make) -> bool:
    seat = make()
    if seat.log_in() != "granted" or len(seat.server.posts) != 1:
        return False
    form, header = forms(seat)[0], dict(seat.server.posts[0].headers).get("Authorization", "")
    names = {"grant_type", "code", "redirect_uri", "code_verifier"}
    if form.get("grant_type") != "authorization_code" or not names <= form.keys():
        return False
    if form["redirect_uri"] != seat.registration.redirect_uri or "client_secret" in form:
        return False
    return header.startswith("Basic ") == (seat.registration.client_secret is not None)


@row("S-TOK-02")
def reserved_in_basic(make: Make) -> bool:
    seat = make(client_id="a:b+c%", client_secret="d:e f&=/@")
    session: dict[str, Any] = {}
    return (seat.log_in(session), seat.refresh(session)) == ("granted", "granted")


@row("S-TOK-03")
def public_client(make: Make) -> bool:
    seat, session = make(client_secret=None), {}
    seat.log_in(session)
    seat.refresh(session)
    ids = [[value for name, value in post.form if name == "client_id"] for post in seat.server.posts]
    return (
        ids == 2 * [[seat.registration.client_id]]
        and not any(post.headers for post in seat.server.posts)
        and not any("client_secret" in form for form in forms(seat))
    )


@row("S-TOK-04")
def code_once_under_failure(make: Make) -> bool:
    seat = make()
    if seat.flaw.wire.time_out > 60:
        return False
    seat.server.token_script = [json_response({}, 502), Response(500)]
    first = seat.log_in(), len(seat.server.posts)

    def silent(_: Response) -> Response:
        raise TimedOut

    seat.server.token_script = [silent]
    return (first, seat.log_in(), len(seat.server.posts)) == (("status_unexpected", 1), "timed_out", 2)


@row("S-TOK-05")
def invalid_client(make: Make) -> bool:
    seat = make()
    seat.server.token_script = [json_response({"error": "invalid_client"}, 401, **{"www-authenticate": "Basic"})]
    return seat.log_in() == "token_error" and len(seat.server.posts) == 1


@row("S-TOK-06")
def redirected_token_endpoint(make: Make) -> bool:
    outcomes = []
    for status in (301, 302, 303, 307, 308):
        seat = make()
        seat.server.token_script = [redirects("https://evil.example/token", status), json_response(TOKENS)]
        outcomes.append((seat.log_in(), [post.url for post in seat.server.posts]))
    there = make().registration.token_endpoint
    seat = make()
    seat.server.token_script = 70 * [redirects(there)]
    circles = seat.log_in(), [post.url for post in seat.server.posts]
    return [*outcomes, circles] == 6 * [("redirected", [there])]


@row("S-TOK-07")
def asked_for_patience(make: Make) -> bool:
    for status, wait in ((429, "120"), (503, "120"), (503, "soon"), (503, 30 * "9")):
        seat = make()
        seat.server.token_script = [Response(status, {"retry-after": wait})]
        if seat.log_in() != "try_later" or len(seat.server.posts) != 1:
            return False
    return True


@row("S-TOK-08")
def odd_statuses(make: Make) -> bool:
    for status in (201, 204, 206, 299, 418, 471, 599):
        seat = make()
        seat.server.token_script = [json_response(TOKENS, status)]
        if seat.log_in() != "status_unexpected":
            return False
    return True


@row("S-TOK-09")
def no_parameter_twice(make: Make) -> bool:
    seat, session = make(), {}
    url = seat.begin(session)
    seat.land(session, seat.server.authorize(url))
    names = [[name for name, _ in query(url)], [name for name, _ in seat.server.posts[0].form]]
    return all(len(set(each)) == len(each) for each in names)
