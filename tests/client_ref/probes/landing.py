"""The landing, and the issuer that it names."""

from __future__ import annotations

from client_ref.session import LOGIN_LIFETIME
from tests.client_ref.authorization_server import METADATA, json_response
from tests.client_ref.browser import login_under
from tests.client_ref.probes.probe import Make, forms, page_after, query, row, s256


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
    for change in (None, "", "x", "STATE", "STATE+", "swapcase", "encoded", "array"):
        seat, session = make(), {}
        url = seat.begin(session)
        state = dict(query(url)).get("state", "")
        forged = {
            "STATE": state[:-1],
            "STATE+": state + "x",
            "swapcase": state.swapcase(),
            "encoded": "".join(f"%{ord(character):02X}" for character in state),
            "array": None,
        }.get(str(change), change)
        extra = [("state[]", state)] if change == "array" else []
        if seat.land(session, seat.server.authorize(url, extra, state=forged)) == "granted" or seat.server.posts:
            return False
        if seat.land(session, seat.server.authorize(url)) != "granted":
            return False
    for nothing in (None, ""):
        seat = make()
        landing = seat.server.authorize(seat.begin({}), state=nothing)
        if seat.land({}, landing) == "granted" or seat.server.posts:
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
    seat = make(redirect_uri="https://client.example/callback")
    asked = dict(query(login_under(seat, "evil.example")))
    return landing_elsewhere(make) and seat_posts == [0, 0] and asked["redirect_uri"] == seat.registration.redirect_uri


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
    page = page_after(make, "error=access_denied&error_uri=javascript:alert(1)&state={state}")
    return not seat.server.gets and "javascript:" not in page.text


@row("S-MIX-05")
def issuer_unannounced(make: Make) -> bool:
    seat, session = make(issuer=None), {}
    outcome = seat.land(session, seat.server.authorize(seat.begin(session), iss="https://server.example"))
    return not outcome.startswith("crash")


@row("S-CB-19")
def late_landing(make: Make) -> bool:
    seat, session = make(), {}
    landing = seat.server.authorize(seat.begin(session))
    seat.clock.now += LOGIN_LIFETIME + 1
    return seat.land(session, landing) == "login_expired" and not seat.server.posts


ISSUER = "https://server.example/a"


@row("S-MIX-01")
def issuer_of_another(make: Make) -> bool:
    others = ("https://evil.example", f"{ISSUER}/", ISSUER.upper(), f"{ISSUER}:443", ISSUER.replace("a", "%61"))
    return make(issuer=ISSUER).log_in(iss=ISSUER) == "granted" and all(
        make(issuer=ISSUER).log_in(iss=other) == "iss_mismatch" for other in others
    )


@row("S-MIX-02")
def issuer_missing(make: Make) -> bool:
    told = make(issuer=ISSUER, metadata_url=f"{ISSUER}/.well-known/oauth-authorization-server")
    told.server.api_script = [json_response({**METADATA, "issuer": f"{ISSUER}/tenant"})]
    return make(issuer=ISSUER).log_in() == "iss_missing" and told.discover() == "metadata_issuer_mismatch"


@row("S-MIX-03")
def error_of_another_issuer(make: Make) -> bool:
    seat, session = make(issuer=ISSUER), {}
    return seat.land(session, seat.server.deny(seat.begin(session), iss="https://evil.example")) == "iss_mismatch"
