"""The error answers of the token endpoint: what the server says when it says no.

A refusal is final: the code is spent, and what the server did not like about the request it will not like the second
time. What it says about the reason is for a log and a human, and may be garbage.
"""

from mock_server.deviations import error_response
from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import errs
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Rejects, SendsAtMost
from scenarios.model.requirement import DERIVED, PROSE
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, rejects, sends_at_most
from scenarios.specifications import RFC6749

_BOTH = '{"error":"invalid_grant","access_token":"a-token-of-nobody","token_type":"bearer","expires_in":3600}'
_FINAL = "end the login at an error answer, and let the user begin anew"


@scenario(
    requirement=PROSE("end the request at an error answer", RFC6749.section("5.2")),
    rows={
        "invalid_request": errs("invalid_request"),
        "invalid_client": errs("invalid_client", "", 401),
        "invalid_grant": errs("invalid_grant", "The provided authorization grant is invalid"),
        "unauthorized_client": errs("unauthorized_client"),
        "unsupported_grant_type": errs("unsupported_grant_type"),
        "invalid_scope": errs("invalid_scope"),
        "unknown": errs("account_suspended"),
    },
    risk="a login that the server refused goes on",
    fix=_FINAL,
    seeds=("S-RSP-10",),
)
async def error_of_the_token_endpoint(stage: Stage, change: Deviation) -> Rejects:
    """The server refuses the code."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION)


@scenario(
    requirement=DERIVED("take a refusal for final", RFC6749.section("5.2"), security=True),
    rows={
        "invalid_grant": errs("invalid_grant"),
        "invalid_request": errs("invalid_request", "code_verifier is missing"),
        "unauthorized_client": errs("unauthorized_client"),
    },
    risk="the code is sent again with less to protect it, or the same request is sent for ever",
    fix=_FINAL,
    seeds=("S-RSP-10",),
)
async def refused_code(stage: Stage, change: Deviation) -> SendsAtMost:
    """The server refuses the code: it is not sent again, in whatever other way."""
    client = stage.session()
    await client.log_in(changed(change))
    return sends_at_most(client, 1, "code")


@scenario(
    requirement=DERIVED("take an error answer that breaks the grammar for a failure", RFC6749.section("5.2")),
    rows={
        "no-error": error_response.omits("error"),
        "number": error_response.mistypes("error", 42),
        "object": error_response.mistypes("error", {"code": "invalid_grant"}),
        "null": error_response.mistypes("error", None),
        "array": error_response.mistypes("error", ["invalid_grant"]),
        "token-beside": error_response.sends_body(_BOTH),
        "page": error_response.sends_body("<h1>Bad Request</h1>", "text/html"),
        "empty": error_response.sends_body(""),
        "cut-off": error_response.truncates(20),
        "control-characters": error_response.adds("error_description", "\u001b[2J\r\nSet-Cookie: a=b\u0000\"'\\"),
        "64-KiB": error_response.adds("error_description", "x" * 65_536),
    },
    risk="a refusal crashes the client, or its text reaches a terminal, a log or a page as it is",
    fix="let the status decide; take `error` for a code where it is a string of printable ASCII",
    seeds=("S-RSP-10", "S-RSP-06"),
)
async def malformed_error(stage: Stage, change: Deviation) -> Rejects:
    """The code is an hour old when it arrives: the server refuses it, in words that break the grammar."""
    client = stage.session()
    redirect = await client.authorize(changed(change))
    stage.expire_access_token(client)
    await client.land(redirect)
    return rejects(client, before=SESSION)


@scenario(
    requirement=DERIVED("take an error answer that breaks the grammar for a failure", RFC6749.section("5.2")),
    needs={Capability.REFRESH},
    rows={
        "no-error": error_response.omits("error"),
        "token-beside": error_response.sends_body(_BOTH),
        "page": error_response.sends_body("<h1>Bad Request</h1>", "text/html"),
        "empty": error_response.sends_body(""),
    },
    risk="a refusal crashes what refreshes, or a session goes on with a token that the server did not mean to give",
    fix="judge the answer to a refresh by the same function as the first one",
    seeds=("S-RSP-10", "S-RSP-06"),
)
async def malformed_error_on_refresh(stage: Stage, change: Deviation) -> Rejects:
    """The refresh token is more than thirty days old: the server refuses it, in words that break the grammar."""
    client = stage.session()
    await client.log_in()
    stage.expire_refresh_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return rejects(client, before=SESSION, step="refresh")


@scenario(
    requirement=PROSE("log in again after a login that was refused", RFC6749.section("4.1")),
    risk="a user whose login was refused once is locked out",
    fix="drop what the failed attempt has left behind, and begin anew",
    control=True,
    seeds=("S-RSP-10",),
)
async def login_after_a_refused_code(stage: Stage) -> Accepts:
    """The server refuses the first code; a new login in the same browser works."""
    client = stage.session()
    await client.log_in(changed(errs("invalid_grant")))
    await client.log_in()
    return accepts(client)
