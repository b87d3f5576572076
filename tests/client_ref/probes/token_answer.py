"""The answer of the token endpoint."""

from __future__ import annotations

import base64
import json
from typing import Any

from client_ref.errors import Unreachable
from client_ref.messages import Response
from tests.client_ref.authorization_server import TOKENS, json_response
from tests.client_ref.probes.probe import Make, answers, row, with_members


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
    seat, session = make(), {}
    seat.server.token_script = [with_members(expires_in="soon")]
    calls = seat.log_in(session), seat.call_api(session), seat.call_api(session)
    later = calls == ("expires_in_malformed", "not_logged_in", "not_logged_in")
    return good == 6 * ["granted"] and bad == 6 * ["expires_in_malformed"] and later


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


@row("S-RSP-10")
def errors_are_final(make: Make) -> bool:
    for members in ({"error": "invalid_grant"}, {"error": "unheard_of"}, {"error": 42}, {}):
        seat = make()
        seat.server.token_script = [json_response(members, 400)]
        if seat.log_in() == "granted" or len(seat.server.posts) != 1:
            return False
    return True


@row("S-RSP-11")
def bounded(make: Make) -> bool:
    def breaks_off(_: Response) -> Response:
        raise Unreachable(reason="cut short")

    seat = make()
    seat.server.token_script = [breaks_off]
    wire = seat.flaw.wire
    small = wire.time_out <= 10 and wire.largest_answer <= 1 << 20 and not wire.unpack_answers
    return small and seat.log_in() == "unreachable"


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
