"""One small probe for each scenario row that a flaw names: true if the client did what the row asks.

These are not the catalogue: they know the client from inside, and are there to show that a flaw is the flaw it says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from client_ref.errors import ConfigurationError, TimedOut
from client_ref.messages import Post, Response
from client_ref.session import LOGIN_LIFETIME
from tests.client_ref.authorization_server import TOKENS, json_response, redirects
from tests.client_ref.seat import Seat

Make = Callable[..., Seat]
Probe = Callable[[Make], bool]

PROBES: dict[str, Probe] = {}


def row(*names: str) -> Callable[[Probe], Probe]:
    def named(probe: Probe) -> Probe:
        for name in names:
            assert name not in PROBES
            PROBES[name] = probe
        return probe

    return named


def query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def forms(seat: Seat) -> list[dict[str, str]]:
    return [dict(post.form) for post in seat.server.posts]


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


# The authorization request.


@row("S-AUTH-01")
def well_formed(make: Make) -> bool:
    for scope in (("account.read",), ()):
        seat = make(scope=scope)
        pairs = query(seat.begin({}))
        names = {"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"}
        asked = dict(pairs)
        if len(asked) < len(pairs) or not all(asked.values()) or not names <= asked.keys():
            return False
        if asked.get("scope", "") != " ".join(scope):
            return False
    return True


@row("S-AUTH-02")
def endpoint_with_query(make: Make) -> bool:
    url = make(authorization_endpoint="https://server.example/auth?tenant=t1").begin({})
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
    return len(states) == len(challenges) == 20 and all(len(state) >= 22 for state in states)


@row("S-AUTH-06")
def redirect_uri_sent(make: Make) -> bool:
    seat = make()
    return dict(query(seat.begin({}))).get("redirect_uri") == seat.registration.redirect_uri


# PKCE.


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
    return dict(query(seat.begin(session)))["code_challenge_method"] == "S256"


@row("S-PKCE-04")
def refused_verifier_is_final(make: Make) -> bool:
    seat = make()
    seat.server.token_script = [json_response({"error": "invalid_grant"}, 400)]
    return seat.log_in() == "token_error" and len(seat.server.posts) == 1


@row("S-PKCE-05")
def verifier_in_body_only(make: Make) -> bool:
    seat, session = make(), {}
    url = seat.begin(session)
    seat.land(session, seat.server.authorize(url))
    return forms(seat)[0]["code_verifier"] not in url


# The landing.


@row("S-CB-01")
def forged_in_another_browser(make: Make) -> bool:
    """The attacker stops before the landing; the victim has a fresh browser, or one with a login under way."""
    for begun in (False, True):
        seat, victim, attacker = make(), {}, {}
        stolen = seat.server.authorize(seat.begin(attacker))
        if begun:
            seat.begin(victim)
        if seat.land(victim, stolen) == "granted" or seat.server.posts:
            return False
    return True


@row("S-CB-02")
def state_mutations(make: Make) -> bool:
    for change in (None, "", "x", "STATE", "STATE+", "swapcase"):
        seat, session = make(), {}
        url = seat.begin(session)
        state = dict(query(url)).get("state", "")
        forged = {"STATE": state[:-1], "STATE+": state + "x", "swapcase": state.swapcase()}.get(str(change), change)
        if seat.land(session, seat.server.authorize(url, state=forged)) == "granted" or seat.server.posts:
            return False
        if seat.land(session, seat.server.authorize(url)) != "granted":
            return False
    return True


@row("S-CB-03", "S-CB-09")
def landing_replayed(make: Make) -> bool:
    seat, session = make(), {}
    url = seat.begin(session)
    landing = seat.server.authorize(url)
    seat.land(session, landing)
    again = [seat.land(session, landing), seat.land(session, seat.server.authorize(url))]
    return again == 2 * ["state_mismatch"] and len(seat.server.posts) == 1


@row("S-CB-04")
def errors_end_the_login(make: Make) -> bool:
    for error in ("access_denied", "server_error", "interaction_required"):
        seat, session = make(), {}
        if seat.land(session, seat.server.deny(seat.begin(session), error)) != "authorization_error":
            return False
        if seat.server.posts:
            return False
    return "/login" not in page_after(make, "error=access_denied&state={state}").headers.get("location", "")


@row("S-CB-05")
def error_beside_code(make: Make) -> bool:
    seat, session = make(), {}
    outcome = seat.land(session, seat.server.authorize(seat.begin(session), error="access_denied"))
    return outcome == "authorization_error" and not seat.server.posts


@row("S-CB-06")
def repeated_parameters(make: Make) -> bool:
    for extra in (("code", "other"), ("state", "other")):
        for first in (False, True):
            seat, session = make(), {}
            landing = seat.server.authorize(seat.begin(session), extra=[extra])
            if first:
                start, _, end = landing.partition("?")
                landing = f"{start}?{extra[0]}={extra[1]}&{end.rpartition('&')[0]}"
            if seat.land(session, landing) != f"{extra[0]}_repeated" or seat.server.posts:
                return False
    return True


@row("S-CB-07")
def codes_are_opaque(make: Make) -> bool:
    for code in ("http://x", "a%2Bb", "a+b/c=d&e f#g~", "x", 4096 * "y"):
        seat = make(new_code=lambda _, code=code: code)
        if seat.log_in() != "granted" or forms(seat)[0]["code"] != code:
            return False
    return True


@row("S-CB-08")
def unknown_parameters(make: Make) -> bool:
    seat, session = make(), {}
    landing = seat.server.authorize(seat.begin(session), extra=[("session_state", "s"), ("foo[bar]", "1"), ("x", "")])
    return seat.land(session, landing) == "granted" and not {"session_state", "foo[bar]", "x"} & forms(seat)[0].keys()


@row("S-CB-10")
def foreign_error(make: Make) -> bool:
    seat, session = make(), {}
    url = seat.begin(session)
    for state in (None, "forged"):
        seat.land(session, seat.server.deny(url, state=state))
    return seat.land(session, seat.server.authorize(url)) == "granted"


@row("S-CB-14")
def token_in_landing(make: Make) -> bool:
    seat, session = make(), {}
    arrived = seat.registration.redirect_uri
    urls = [f"{arrived}?access_token=EVIL&token_type=bearer", f"{arrived}#access_token=EVIL"]
    return all(seat.land(session, url) != "granted" for url in urls) and seat.call_api(session) == "not_logged_in"


@row("S-MIX-06")
def landing_elsewhere(make: Make) -> bool:
    seat, session = make(), {}
    landing = seat.server.authorize(seat.begin(session)).replace("client.example", "other.example")
    return seat.land(session, landing) == "landing_elsewhere" and not seat.server.posts


@row("S-CB-15")
def wrong_method_or_place(make: Make) -> bool:
    seat_posts = [page_after(make, "code=c&state={state}", method=method).posts for method in ("HEAD", "POST")]
    return landing_elsewhere(make) and seat_posts == [0, 0]


@row("S-CB-16")
def two_tabs(make: Make) -> bool:
    seat, session = make(), {}
    tabs = [seat.begin(session), seat.begin(session)]
    return [seat.land(session, seat.server.authorize(tab)) for tab in reversed(tabs)] == 2 * ["granted"] and (
        [s256(form["code_verifier"]) for form in forms(seat)]
        == [dict(query(tab))["code_challenge"] for tab in reversed(tabs)]
    )


@row("S-CB-17")
def nothing_to_exchange(make: Make) -> bool:
    outcomes = []
    for code in (None, ""):
        seat = make()
        outcomes.append((seat.log_in(code=code), len(seat.server.posts)))
    return outcomes == 2 * [("code_missing", 0)]


@row("S-CB-18")
def error_uri(make: Make) -> bool:
    seat, session = make(), {}
    seat.land(session, seat.server.deny(seat.begin(session), error_uri="https://collector.example/"))
    return not seat.server.gets


@row("S-CB-19")
def late_landing(make: Make) -> bool:
    seat, session = make(), {}
    landing = seat.server.authorize(seat.begin(session))
    seat.clock.now += LOGIN_LIFETIME + 1
    return seat.land(session, landing) == "login_expired" and not seat.server.posts


# The issuer.

ISSUER = "https://server.example/a"


@row("S-MIX-01")
def issuer_of_another(make: Make) -> bool:
    others = ("https://evil.example", f"{ISSUER}/", ISSUER.upper(), f"{ISSUER}:443", ISSUER.replace("a", "%61"))
    return make(issuer=ISSUER).log_in(iss=ISSUER) == "granted" and all(
        make(issuer=ISSUER).log_in(iss=other) == "iss_mismatch" for other in others
    )


@row("S-MIX-02")
def issuer_missing(make: Make) -> bool:
    return make(issuer=ISSUER).log_in() == "iss_missing"


@row("S-MIX-03")
def error_of_another_issuer(make: Make) -> bool:
    seat, session = make(issuer=ISSUER), {}
    return seat.land(session, seat.server.deny(seat.begin(session), iss="https://evil.example")) == "iss_mismatch"


# The token request.


@row("S-TOK-01")
def token_request(make: Make) -> bool:
    seat = make()
    if seat.log_in() != "granted" or len(seat.server.posts) != 1:
        return False
    form, header = forms(seat)[0], dict(seat.server.posts[0].headers).get("Authorization", "")
    names = {"grant_type", "code", "redirect_uri", "code_verifier"}
    if not names <= form.keys() or form["redirect_uri"] != seat.registration.redirect_uri or "client_secret" in form:
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
    return outcomes == 5 * [("redirected", [make().registration.token_endpoint])]


@row("S-TOK-07")
def asked_for_patience(make: Make) -> bool:
    for status in (429, 503):
        seat = make()
        seat.server.token_script = [Response(status, {"retry-after": "120"})]
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


# The token answer.


def answers(make: Make, *responses: Response) -> list[str]:
    outcomes = []
    for response in responses:
        seat = make()
        seat.server.token_script = [response]
        outcomes.append(seat.log_in())
    return outcomes


def with_members(**changed: Any) -> Response:
    return json_response({name: value for name, value in {**TOKENS, **changed}.items() if value is not ...})


@row("S-RSP-01")
def frameio_answer(make: Make) -> bool:
    seat = make()
    seat.server.token_script = [json_response(TOKENS)]
    seat.log_in()
    return seat.granted is not None and (seat.granted["scope"], seat.granted["expires_at"]) == (
        "account.read offline",
        seat.clock.now + 3600,
    )


@row("S-RSP-02")
def token_types(make: Make) -> bool:
    good = answers(make, *(with_members(token_type=kind) for kind in ("bearer", "Bearer", "BEARER", "bEaReR")))
    bad = answers(make, *(with_members(token_type=kind) for kind in (..., None, "", "mac", "DPoP", ["bearer"])))
    refused = [*3 * ["token_type_missing"], *2 * ["token_type_unknown"], "token_type_missing"]
    return good == 4 * ["granted"] and bad == refused


@row("S-RSP-03")
def lifetimes(make: Make) -> bool:
    good = answers(make, *(with_members(expires_in=lifetime) for lifetime in (3600, ..., "3600", None, 0, 1e3)))
    bad = answers(make, *(with_members(expires_in=lifetime) for lifetime in (-1, 3599.5, 1e30, "soon", True, {})))
    return good == 6 * ["granted"] and bad == 6 * ["expires_in_malformed"]


@row("S-RSP-04")
def no_success_in_disguise(make: Make) -> bool:
    errors = answers(make, json_response({"error": "bad_code"}), with_members(error="bad_code"))
    tokens = answers(make, *(with_members(access_token=token) for token in (..., None, "", 7)))
    return errors == 2 * ["error_in_success"] and tokens == 4 * ["access_token_missing"]


@row("S-RSP-05")
def not_json(make: Make) -> bool:
    text = json.dumps(TOKENS).encode()
    kinds = ["application/json;charset=UTF-8", "APPLICATION/JSON ; charset=utf-8", "application/json"]
    good = answers(make, *(Response(200, {"content-type": kind}, text) for kind in kinds))
    other = answers(make, *(Response(200, {"content-type": kind}, text) for kind in ("text/html", "text/plain", "")))
    form = b"access_token=AT&token_type=bearer"
    encoded = [b"\xef\xbb\xbf" + text, text.decode().encode("utf-16")]
    broken = [b"", b"[]", b'"s"', b"null", text[:-1], *encoded, 50_000 * b"[", form]
    bad = answers(make, *(Response(200, {"content-type": "application/json"}, body) for body in broken))
    return (good, other, bad) == (3 * ["granted"], 3 * ["media_type_unexpected"], 9 * ["not_json"])


@row("S-RSP-06")
def token_under_error_status(make: Make) -> bool:
    outcomes = answers(make, *(json_response(TOKENS, status) for status in (400, 401, 403, 404, 500)))
    error = answers(make, json_response({**TOKENS, "error": "invalid_grant"}, 400))
    return outcomes == 5 * ["status_unexpected"] and error == ["token_error"]


@row("S-RSP-07")
def odd_members(make: Make) -> bool:
    seat = make()
    large = {**TOKENS, "access_token": 65_536 * "a", "__proto__": {"a": [1]}, "then": None}
    seat.server.token_script = [json_response(dict(reversed(large.items())))]
    session: dict[str, Any] = {}
    body = b'{"access_token":"A","access_token":"B","token_type":"bearer"}'
    twice = Response(200, {"content-type": "application/json"}, body)
    outcome = seat.log_in(session)
    seat.call_api(session)
    sent = dict(seat.server.gets[0].headers)["Authorization"] if seat.server.gets else ""
    return outcome == "granted" and len(sent) == 65_536 + len("Bearer ") and answers(make, twice) == ["member_repeated"]


@row("S-RSP-08")
def scopes(make: Make) -> bool:
    told = []
    said = ["account.read offline", "offline account.read", "account.read", "account.read offline more", ""]
    for scope in (..., *said):
        seat = make()
        seat.server.token_script = [with_members(scope=scope)]
        seat.log_in()
        told.append(seat.granted and seat.granted["scope"])
    return told == ["account.read offline", *said] and answers(make, with_members(scope=["account.read"])) == [
        "scope_malformed"
    ]


@row("S-RSP-09")
def no_refresh_token(make: Make) -> bool:
    for token in (..., None, ""):
        seat, session = make(), {}
        seat.server.token_script = [with_members(refresh_token=token)]
        outcomes = [seat.log_in(session), seat.refresh(session)]
        if outcomes != ["granted", "no_refresh_token"] or len(seat.server.posts) != 1:
            return False
    return True


@row("S-RSP-11")
def bounded(make: Make) -> bool:
    wire = make().flaw.wire
    return wire.time_out <= 10 and wire.largest_answer <= 1 << 20


@row("S-RSP-12")
def token_is_opaque(make: Make) -> bool:
    claims = base64.urlsafe_b64encode(b'{"alg":"none","exp":1}').decode().rstrip("=")
    for token in (f"{claims}.{claims}.", f"{claims}.{claims}.x", "aZ09-._~+/=="):
        seat, session = make(), {}
        seat.server.token_script = [with_members(access_token=token)]
        seat.log_in(session)
        seat.call_api(session)
        if [dict(get.headers).get("Authorization") for get in seat.server.gets[:1]] != [f"Bearer {token}"]:
            return False
    long = 4 * (claims + "/")
    return answers(make, with_members(access_token=long)) == ["granted"] and long_token_kept(make)


def long_token_kept(make: Make) -> bool:
    seat, session = make(), {}
    seat.server.token_script = [with_members(access_token=300 * "t")]
    seat.log_in(session)
    seat.call_api(session)
    return dict(seat.server.gets[0].headers).get("Authorization") == f"Bearer {300 * 't'}"


# Renewing and using tokens.


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
    ]


@row("S-REF-07")
def refresh_has_only_its_fields(make: Make) -> bool:
    seat, session = make(), {}
    seat.log_in(session)
    seat.refresh(session)
    return forms(seat)[-1].keys() <= {"grant_type", "refresh_token", "scope", "client_id"}


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
    seat, session = make(), {}
    seat.log_in(session)
    for seconds, posts in ((3599, 1), (2, 2)):
        seat.clock.now += seconds
        seat.call_api(session)
        if len(seat.server.posts) != posts:
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
    get = seat.server.gets[0]
    return dict(get.headers)["Authorization"].lower().startswith("bearer AT".lower()) if get.headers else False


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
    return (forbidden, refused) == (("forbidden", 1, 1), ("access_token_refused", 3, 2))


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
    return dict(seat.server.gets[0].headers).get("Authorization", "Bearer ").startswith("Bearer ")


@row("S-TLS-01")
def certificates(make: Make) -> bool:
    return make().flaw.wire.verify_certificates


@row("S-URI-01")
def no_secret_in_a_url(make: Make) -> bool:
    seat, session = make(), {}
    url = seat.begin(session)
    seat.land(session, seat.server.authorize(url))
    seat.refresh(session)
    seat.call_api(session)
    urls = [url, *(request.url for request in (*seat.server.posts, *seat.server.gets))]
    hidden = [form.get(name) for form in forms(seat) for name in ("code_verifier", "refresh_token")]
    secrets = ["the-secret", *filter(None, hidden), *seat.server.access_tokens]
    clean = not any(secret in url for secret in secrets for url in urls)
    return clean and "AT-" not in page_after(make, "code={code}&state={state}").headers.get("location", "")


@row("S-LOG-01")
def no_secret_in_log_or_page(make: Make) -> bool:
    from tests.client_ref.browser import logged

    with logged() as lines:
        seat, session = make(), {}
        seat.log_in(session)
    page = page_after(make, "code={code}&state={state}", follow=True)
    shown = page.text + "".join(str(answer.headers) for answer in (*page.history, page)) + "".join(lines)
    return not any(secret in shown for secret in ("AT-", "RT-", "the-secret", forms(seat)[0]["code_verifier"]))


@row("S-CB-11")
def hostile_text(make: Make) -> bool:
    page = page_after(make, "error=access_denied&error_description=%3Cscript%3E&state={state}")
    return "<script>" not in page.text


@row("S-CB-12")
def open_redirect(make: Make) -> bool:
    page = page_after(make, "code={code}&state={state}&next=https://evil.example/")
    return page.headers["location"].startswith("/")


@row("S-CB-13")
def page_hygiene(make: Make) -> bool:
    page = page_after(make, "code={code}&state={state}")
    return (page.status_code, page.headers.get("location"), page.headers.get("referrer-policy")) == (
        303,
        "/",
        "no-referrer",
    )


def page_after(make: Make, query: str, *, method: str = "GET", follow: bool = False) -> Any:
    from tests.client_ref.browser import page_after_landing

    return page_after_landing(make(redirect_uri="https://client.example/callback"), query, method, follow=follow)
