"""The redirection endpoint: what a browser brings there, and who sent it.

Whoever can make a victim's browser open a callback URL of their own logs the victim into the attacker's account, or
links the attacker's account to the victim's. The victim uploads, pays and talks there, and the attacker reads along.
"""

from collections.abc import Callable

from mock_server.deviations.authorization_response import (
    adds,
    adds_error,
    errs,
    extends,
    omits,
    replaces,
    swaps_case,
    truncates,
)
from mock_server.deviations.deviation import Deviation
from mock_server.protocol.resource_owner import Deny
from scenarios.model.capability import Capability
from scenarios.model.expectation import TOKEN_REQUEST, Accepts, Rejects
from scenarios.model.redirect import Redirect
from scenarios.model.requirement import DERIVED, MUST, PROSE
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, rejects
from scenarios.specifications import OAUTH21, RFC6749, RFC9700

SESSIONS = Capability.SESSIONS

_BIND = "bind the authorization response to the browser session that began the login"
_STATE_REASONS = ("state_missing", "state_mismatch", "state_repeated")
_ERROR_REASONS = ("authorization_error",)
_CSRF = "login CSRF: the victim works in the attacker's account, and the attacker reads along"
_COMPARE = "keep the state in the user's own session when the login begins, and compare it there, before anything else"


def _encoded(value: str) -> str:
    """The value with its first character as an escape, which the query then encodes once more; of nothing a blank."""
    return f"%{ord(value[0]):02X}{value[1:]}" if value else "%20"


def _renamed(redirect: Redirect, name: str) -> Redirect:
    return redirect.with_parameters(state=None).adding((name, redirect.parameter("state")))


_STOP = "look at `error` right after `state`, and end the attempt there"


@scenario(
    requirement=MUST(_BIND, RFC6749.section("10.12"), RFC9700.section("2.1"), OAUTH21.section("2.3.4")),
    needs={SESSIONS},
    risk=_CSRF,
    fix=_COMPARE,
    incidents=("CVE-2025-68158", "CVE-2026-41425", "CVE-2025-14546", "CVE-2025-68481", "CVE-2023-31999"),
    left_to_caller="state",
    seeds=("S-CB-01",),
)
async def state_of_another_session(stage: Stage) -> Rejects:
    """The redirect carries a genuine code and a genuine state, of somebody else's session.

    The victim has begun a login too, so there is a state to compare with.
    """
    attacker, victim = stage.session("attacker"), stage.session("victim")
    stolen = await attacker.authorize()
    await victim.begin()
    await victim.land(stolen)
    return rejects(victim, before=TOKEN_REQUEST, reasons=_STATE_REASONS)


@scenario(
    requirement=MUST(_BIND, RFC6749.section("10.12"), RFC9700.section("2.1")),
    needs={SESSIONS},
    risk=_CSRF,
    fix=_COMPARE,
    incidents=(
        "CVE-2025-68158", "CVE-2025-14546", "CVE-2025-68481", "CVE-2023-27490", "CVE-2012-6134", "typescript-sdk 1.9.0",
    ),
    left_to_caller="state",
    seeds=("S-CB-01",),
)
async def callback_in_a_fresh_browser(stage: Stage) -> Rejects:
    """A genuine redirect is opened in a browser that has never been to the application."""
    attacker, victim = stage.session("attacker"), stage.session("victim")
    stolen = await attacker.authorize()
    await victim.land(stolen)
    return rejects(victim, before=TOKEN_REQUEST, reasons=_STATE_REASONS)


@scenario(
    requirement=MUST(_BIND, RFC6749.section("10.12"), RFC9700.section("2.1")),
    needs={SESSIONS},
    rows={"missing": None, "empty": ""},
    risk=_CSRF,
    fix="refuse where this browser began no login, before anything is compared: no state is not equal to no state",
    left_to_caller="state",
    seeds=("S-CB-01", "S-CB-02"),
)
async def no_state_in_a_fresh_browser(stage: Stage, state: str | None) -> Rejects:
    """A redirect without its state is opened in a browser that has never been to the application.

    Neither the browser's session nor the redirect has a state; whoever compares the two finds them equal.
    """
    attacker, victim = stage.session("attacker"), stage.session("victim")
    stolen = await attacker.authorize()
    await victim.land(stolen.with_parameters(state=state))
    return rejects(victim, before=TOKEN_REQUEST, reasons=_STATE_REASONS)


@scenario(
    requirement=MUST(_BIND, RFC6749.section("10.12"), RFC9700.section("2.1")),
    needs={SESSIONS},
    risk="a signed-in user is moved to, or linked with, the attacker's account",
    fix=_COMPARE,
    left_to_caller="state",
    seeds=("S-CB-01",),
)
async def callback_in_a_signed_in_browser(stage: Stage) -> Rejects:
    """A genuine redirect of somebody else is opened in a browser that is signed in already."""
    attacker, victim = stage.session("attacker"), stage.session("victim")
    await victim.log_in()
    stolen = await attacker.authorize()
    await victim.land(stolen)
    return rejects(victim, before=TOKEN_REQUEST, reasons=_STATE_REASONS)


@scenario(
    requirement=PROSE("finish a login in the browser that began it", RFC6749.section("4.1.2")),
    risk="nobody can log in",
    fix="compare the state with the one of this session, and go on when they are equal",
    control=True,
    seeds=("S-CB-01", "S-CB-02"),
)
async def genuine_callback(stage: Stage) -> Accepts:
    """The genuine redirect in the browser that began the login: the near miss of every forged one."""
    client = stage.session()
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=PROSE("compare state exactly, and take a missing one for a mismatch", RFC6749.section("4.1.2")),
    rows={
        "missing": omits("state"),
        "empty": replaces("state", ""),
        "truncated": truncates("state", 8),
        "suffixed": extends("state", "x"),
        "other-case": swaps_case("state"),
        "forged": replaces("state", "forged-state-of-nobody"),
        "null": replaces("state", "null"),
        "undefined": replaces("state", "undefined"),
    },
    risk=_CSRF,
    fix="compare the whole value with `==` or in constant time; a missing or empty one is never equal",
    incidents=("CVE-2025-14546", "CVE-2025-65107", "CVE-2017-1000069", "streamlit-oauth #25", "fastapi-sso #266"),
    left_to_caller="state",
    seeds=("S-CB-02",),
)
async def state_changed(stage: Stage, change: Deviation) -> Rejects:
    """The redirect comes with a state that is not the one that was sent."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=TOKEN_REQUEST, reasons=_STATE_REASONS)


@scenario(
    requirement=PROSE("compare state exactly, after one decoding", RFC6749.section("4.1.2"), RFC6749.section("B")),
    rows={
        "encoded-twice": lambda redirect: redirect.with_parameters(state=_encoded(redirect.parameter("state"))),
        "array": lambda redirect: _renamed(redirect, "state[]"),
        "other-name": lambda redirect: _renamed(redirect, "State"),
    },
    risk=_CSRF,
    fix="take the parameter `state`, decode it once with the rest of the query, and compare the whole value",
    left_to_caller="state",
    seeds=("S-CB-02",),
)
async def state_in_another_form(stage: Stage, rewrite: Callable[[Redirect], Redirect]) -> Rejects:
    """The right state comes in a form that nobody has sent it in: escaped once more, in an array, by another name."""
    client = stage.session()
    await client.land(rewrite(await client.authorize()))
    return rejects(client, before=TOKEN_REQUEST, reasons=_STATE_REASONS)


@scenario(
    requirement=PROSE("compare state exactly", RFC6749.section("4.1.2")),
    risk="a user who opens two tabs, or comes back to an old one, is refused for ever",
    fix="refuse the wrong redirect alone: do not throw away what other logins of the session wait for",
    control=True,
    seeds=("S-CB-02",),
)
async def genuine_callback_after_a_forged_one(stage: Stage) -> Accepts:
    """A redirect with a wrong state is refused; a new login of the same browser works."""
    client = stage.session()
    await client.log_in(changed(replaces("state", "forged-state-of-nobody")))
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=DERIVED("end the attempt at an error answer", RFC6749.section("4.1.2.1"), security=True),
    rows={
        "invalid_request": errs("invalid_request"),
        "unauthorized_client": errs("unauthorized_client"),
        "access_denied": errs("access_denied", "The resource owner denied the request"),
        "unsupported_response_type": errs("unsupported_response_type"),
        "invalid_scope": errs("invalid_scope"),
        "server_error": errs("server_error"),
        "temporarily_unavailable": errs("temporarily_unavailable"),
        "unknown": errs("interaction_required"),
    },
    risk="a login that the user declined goes on, with an empty code or another grant",
    fix=_STOP,
    incidents=("oauthlib #290", "vscode #252651"),
    seeds=("S-CB-04",),
)
async def error_in_the_place_of_a_code(stage: Stage, change: Deviation) -> Rejects:
    """The redirect carries `error` and `state`, and no code."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=TOKEN_REQUEST, reasons=_ERROR_REASONS)


@scenario(
    requirement=DERIVED("end the attempt at an error answer", RFC6749.section("4.1.2.1"), security=True),
    risk="a login that the user declined goes on",
    fix=_STOP,
    seeds=("S-CB-04",),
)
async def consent_declined(stage: Stage) -> Rejects:
    """The user declines; the redirect is the one that Frame.io's engine sends."""
    client = stage.session()
    await client.log_in(changed(Deny()))
    return rejects(client, before=TOKEN_REQUEST, reasons=_ERROR_REASONS)


@scenario(
    requirement=DERIVED("log in again after an error answer", RFC6749.section("4.1.2.1")),
    risk="a user who once declined is locked out",
    fix="drop what the failed attempt has left behind, and begin anew",
    control=True,
    seeds=("S-CB-04",),
)
async def login_after_a_declined_one(stage: Stage) -> Accepts:
    """The user declines, thinks again, and logs in with the same browser."""
    client = stage.session()
    await client.log_in(changed(Deny()))
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=DERIVED(
        "take an answer with `error` for an error, whatever else it holds", RFC6749.section("4.1.2.1"), security=True
    ),
    rows={"error-last": adds_error("access_denied"), "error-first": adds_error("access_denied", first=True)},
    risk="an answer that the server means as a refusal becomes a login",
    fix=_STOP + ", before `code` is looked at",
    incidents=("oauthlib #290",),
    seeds=("S-CB-05",),
)
async def error_beside_a_good_code(stage: Stage, change: Deviation) -> Rejects:
    """The redirect carries a code that would work, and an `error`."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=TOKEN_REQUEST, reasons=_ERROR_REASONS)


@scenario(
    requirement=MUST("ignore unknown response parameters", RFC6749.section("4.1.2")),
    rows={
        "error_uri": adds("error_uri", "https://docs.example/errors"),
        "session_state": adds("session_state", "0123456789"),
        "array": adds("foo[bar]", "1"),
    },
    risk="the login breaks on the day when the server says a little more",
    fix="read the parameters that you know, and no others",
    control=True,
    seeds=("S-CB-05", "S-CB-08"),
)
async def unknown_parameter(stage: Stage, change: Deviation) -> Accepts:
    """The redirect carries one parameter more, which is no `error`."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)


@scenario(
    requirement=DERIVED(
        "refuse an answer with neither code nor error",
        RFC6749.section("4.1.2.1"),
        RFC6749.section("3.1"),
        security=True,
    ),
    rows={"missing": omits("code"), "empty": replaces("code", ""), "empty-error": errs("")},
    risk="an empty code, or the word `undefined`, is posted to the token endpoint with the app's credentials",
    fix="a missing or empty code ends the attempt",
    seeds=("S-CB-17",),
)
async def code_missing(stage: Stage, change: Deviation) -> Rejects:
    """The redirect carries the right state, and no code, or an empty one, or an empty error in its place."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=TOKEN_REQUEST, reasons=("code_missing", *_ERROR_REASONS))
