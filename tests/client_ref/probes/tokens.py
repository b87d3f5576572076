"""Renewing and using tokens."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from client_ref.errors import ConfigurationError, Refusal
from client_ref.messages import Get, Post, Response
from mock_server.certificates import Authority
from tests.client_ref.authorization_server import json_response, redirects
from tests.client_ref.probes.probe import Make, forms, page_after, query, row, unpadded, with_members
from tests.client_ref.raw_server import answer, raw_server, says


@row("S-REF-01")
def refresh_request(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    if seat.refresh(session) != "granted":
        return False
    form, headers = forms(seat)[-1], dict(seat.server.posts[-1].headers)
    public = seat.registration.client_secret is None
    return (
        form["grant_type"] == "refresh_token"
        and ("client_id" in form) == public
        and ("Authorization" in headers) == (not public)
        and "client_secret" not in form
    )


@row("S-REF-02")
def refresh_token_kept(make: Make) -> bool:
    for token in (..., None, ""):
        seat, session = make(), {}
        seat.log_in(session)
        seat.server.token_script = [with_members(refresh_token=token), with_members(refresh_token=token)]
        seat.refresh(session)
        seat.refresh(session)
        if len({form.get("refresh_token") for form in forms(seat)[1:]}) != 1 or len(forms(seat)) != 3:
            return False
    return True


@row("S-REF-03")
def refresh_token_rotates(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    return [seat.refresh(session) for _ in range(3)] == 3 * ["granted"]


@row("S-REF-04")
def one_refresh_for_all(make: Make) -> bool:
    """Two calls find the token expired; the second one must not post while the first one's post is under way."""
    seat, session = make(), {}
    seat.log_in(session)
    seat.clock.now += 4000
    first, second = (seat.flows.call_api(seat.registration, session, "/me", seat.policy) for _ in range(2))
    asked = [next(first), next(second)]
    for flow in (first, second):
        flow.close()
    return not any(isinstance(request, Post) for request in asked)


@row("S-REF-05")
def refused_refresh(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.server.refresh_tokens.clear()
    outcomes = [seat.refresh(session), seat.refresh(session), seat.call_api(session)]
    return outcomes == ["login_required", "not_logged_in", "not_logged_in"] and len(seat.server.posts) == 2


@row("S-REF-06")
def refresh_fails_for_a_while(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    html = Response(500, {"content-type": "text/html"}, b"<h1>oops</h1>")
    seat.server.token_script = [Response(503), html, json_response({"error": "bad gateway"}, 502)]
    return [seat.refresh(session) for _ in range(4)] == [
        "try_later",
        "status_unexpected",
        "status_unexpected",
        "granted",
    ] and not_json_is_no_refresh(make)


def not_json_is_no_refresh(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.server.token_script = [Response(200, {"content-type": "application/json"}, b"<h1>oops</h1>")]
    return seat.refresh(session) != "granted"


@row("S-REF-07")
def refresh_has_only_its_fields(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.refresh(session)
    seat.call_api(session)
    alone = not any("RT-" in value for get in seat.server.gets for _, value in get.headers)
    return alone and forms(seat)[-1].keys() <= {"grant_type", "refresh_token", "scope", "client_id"}


@row("S-REF-08")
def refresh_scope(make: Make) -> bool:
    seat, session = make(), {}
    seat.server.token_script = [
        lambda right: json_response({**json.loads(right.body), "scope": "account.read"}),
        lambda right: json_response({**json.loads(right.body), "scope": "account.read asset.read"}),
    ]
    seat.log_in(session)
    asked = []
    for _ in range(2):
        seat.refresh(session)
        asked.append(forms(seat)[-1].get("scope", "account.read"))
    return asked == 2 * ["account.read"]


@row("S-REF-09")
def refused_early(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.server.access_tokens.clear()
    healed = seat.call_api(session), len(seat.server.posts), len(seat.server.gets)
    seat.server.api_script = 30 * [Response(401)]
    hopeless = seat.call_api(session), len(seat.server.posts), len(seat.server.gets)
    return (healed, hopeless) == (("granted", 2, 2), ("access_token_refused", 3, 4))


@row("S-REF-10")
def expiry(make: Make) -> bool:
    """A slow login; one call a second before the end of the lifetime, one after it, and one more."""
    seat, session = make(), {}
    url = seat.begin(session)
    seat.clock.now += 600
    seat.land(session, seat.server.authorize(url))
    for seconds, posts in ((3599, 1), (2, 2), (2, 2)):
        seat.clock.now += seconds
        if seat.call_api(session) != "granted" or len(seat.server.posts) != posts:
            return False
    return True


@row("S-REF-11")
def refresh_answer_is_checked(make: Make) -> bool:
    for wrong in ({"access_token": ...}, {"token_type": ...}, {"token_type": "mac"}):
        seat, session = make(), {}
        seat.log_in(session)
        before = dict(session)
        seat.server.token_script = [with_members(**wrong)]
        if seat.refresh(session) == "granted" or session != before:
            return False
    return True


@row("S-RES-01")
def bearer_in_header(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.call_api(session)
    if not seat.server.gets:
        return False
    get = seat.server.gets[0]
    in_header = bool(get.headers) and dict(get.headers)["Authorization"].lower().startswith("bearer at")
    return in_header and "?" not in get.url


@row("S-RES-02")
def redirected_api(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.server.api_script = [redirects("https://evil.example/me")]
    return seat.call_api(session) == "redirected" and len(seat.server.gets) == 1


@row("S-RES-03")
def api_refuses(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.server.api_script = 30 * [Response(403)]
    forbidden = seat.call_api(session), len(seat.server.gets), len(seat.server.posts)
    seat.server.api_script = 30 * [Response(401)]
    refused = seat.call_api(session), len(seat.server.gets), len(seat.server.posts)
    seat.server.api_script = [Response(502, {"content-type": "text/html"}, b"<h1>Bad Gateway</h1>")]
    page = seat.call_api(session)
    odd = {"www-authenticate": 'Bearer error="a", error_description="b""'}
    seat.server.api_script = [Response(403, odd)]
    challenge = seat.call_api(session)
    return (forbidden, refused, page, challenge) == (
        ("forbidden", 1, 1), ("access_token_refused", 3, 2), "status_unexpected", "forbidden"
    )


@row("S-RES-04", "S-TLS-02")
def cleartext(make: Make) -> bool:
    for name in ("api_url", "token_endpoint"):
        seat = make(**{name: "http://server.example/"})
        try:
            seat.policy.check_registration(seat.registration)
        except ConfigurationError:
            continue
        return False
    return True


@row("S-RES-05")
def scheme(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.call_api(session)
    asked = seat.server.gets or [Get("")]
    seat.server.api_script = [Response(401, {"www-authenticate": 'bearer error="invalid_token"'})]
    healed = seat.call_api(session) == "granted" or not seat.server.gets
    return healed and dict(asked[0].headers).get("Authorization", "Bearer ").startswith("Bearer ")


@row("S-TLS-01")
def certificates(make: Make) -> bool:
    """Nothing reaches a server with a bad certificate, neither a token request nor one to the API."""
    flaw = make().flaw
    return not any(reached(flaw, certificate) for certificate in ("self_signed", "wrong_name"))


def reached(flaw, certificate) -> list[bytes]:
    with Authority() as authority, raw_server(says(answer()), authority.presenting(certificate)) as server:
        exchange = flaw.client.driver(replace(flaw.wire, ca_file=str(authority.ca_file)))
        url = server.url.replace("http:", "https:")
        for request in (Post(url, (("code", "c"),)), Get(url)):
            with suppress(Refusal):
                exchange.answer(request)
        exchange.close()
        return server.requests


@row("S-URI-01")
def no_secret_in_a_url(make: Make) -> bool:
    seat, session = make(), {}
    url = seat.begin(session)
    seat.land(session, seat.server.authorize(url))
    seat.refresh(session)
    seat.call_api(session)
    if "@" in urlsplit(url).netloc:
        return False
    state = unpadded(dict(query(url)).get("state", "")).decode("latin-1")
    urls = [url, state, *(request.url for request in (*seat.server.posts, *seat.server.gets))]
    hidden = [form.get(name) for form in forms(seat) for name in ("code_verifier", "refresh_token")]
    secrets = ["the-secret", *filter(None, hidden), *seat.server.access_tokens]
    clean = not any(secret in url for secret in secrets for url in urls)
    return clean and "AT-" not in page_after(make, "code={code}&state={state}").headers.get("location", "")
