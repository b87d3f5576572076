"""The token response: what is a success, and what only looks like one.

Servers, proxies and captive portals answer 200 to everything. A client that does not look closely logs users in with
`undefined` for a token, or sends a token where it does not belong.
"""

from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import adds, answers_with_status, mistypes, omits, sends_body
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Rejects
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE, REQUIRED
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, rejects
from scenarios.specifications import OAUTH21, RFC6749

_TYPES = ("token_type_missing", "token_type_unknown")
_TOKENS = ("access_token_missing", "access_token_malformed")
_UNKNOWN_TYPE = "a token is used in a way that it is not meant for, and leaks where it is not protected"


@scenario(
    requirement=PROSE("compare token_type without regard to case", RFC6749.section("5.1")),
    rows={
        "bearer": mistypes("token_type", "bearer"),
        "Bearer": mistypes("token_type", "Bearer"),
        "BEARER": mistypes("token_type", "BEARER"),
        "bEaReR": mistypes("token_type", "bEaReR"),
    },
    risk="the login breaks with a server that spells it otherwise: Frame.io says `bearer`",
    fix="compare token_type in lower case",
    incidents=("oauthlib #674", "pyoidc #130", "openid-client #248", "spring-security-oauth #354"),
    control=True,
    seeds=("S-RSP-02",),
)
async def token_type_in_any_case(stage: Stage, change: Deviation) -> Accepts:
    """The answer is good, and spells the token type in its own way."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)


@scenario(
    requirement=REQUIRED("refuse an answer without token_type", RFC6749.section("5.1")),
    rows={
        "missing": omits("token_type"),
        "null": mistypes("token_type", None),
        "empty": mistypes("token_type", ""),
        "array": mistypes("token_type", ["bearer"]),
    },
    risk=_UNKNOWN_TYPE,
    fix="take an answer without a token_type for a failure",
    incidents=("openid-client 5.7.1",),
    seeds=("S-RSP-02",),
)
async def token_type_missing(stage: Stage, change: Deviation) -> Rejects:
    """The answer has no token type that could be one."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=_TYPES)


@scenario(
    requirement=MUST_NOT("use an access token of a type that is not understood", RFC6749.section("7.1")),
    rows={
        "mac": mistypes("token_type", "mac"),
        "DPoP": mistypes("token_type", "DPoP"),
        "N_A": mistypes("token_type", "N_A"),
    },
    risk=_UNKNOWN_TYPE,
    fix="go on with `bearer` alone",
    incidents=("openid-client 5.7.1",),
    seeds=("S-RSP-02",),
)
async def token_type_unknown(stage: Stage, change: Deviation) -> Rejects:
    """The answer names a token type that this client does not know."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=_TYPES)


@scenario(
    requirement=DERIVED("take `error` for a failure under status 200 too", RFC6749.section("5.2"), security=True),
    rows={"alone": sends_body('{"error":"invalid_grant","error_description":"The code is not good."}')},
    risk="users are logged in by a refusal",
    fix="look for `error` in the JSON, whatever the status says",
    incidents=("golang/oauth2 #441", "golang/oauth2 #274", "CVE-2021-41580"),
    seeds=("S-RSP-04",),
)
async def error_under_status_200(stage: Stage, change: Deviation) -> Rejects:
    """The answer is 200 and holds an `error`, and no token."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=("error_in_success", *_TOKENS))


@scenario(
    # No more than a warning: 5.1 has clients ignore names that they do not know, and the name is none of a success.
    requirement=DERIVED(
        "take `error` for a failure beside a token too", RFC6749.section("5.2"), RFC6749.section("5.1")
    ),
    risk="a server that contradicts itself logs users in",
    fix="look for `error` in the JSON first",
    seeds=("S-RSP-04",),
    aliases=("token-response/error-under-status-200[beside-a-token]",),
)
async def error_beside_a_token(stage: Stage) -> Rejects:
    """The answer is 200 and holds both a token and an `error`."""
    client = stage.session()
    await client.log_in(changed(adds("error", "invalid_grant")))
    return rejects(client, before=SESSION, reasons=("error_in_success",))


@scenario(
    requirement=REQUIRED("refuse an answer without an access token", RFC6749.section("5.1")),
    rows={
        "missing": omits("access_token"),
        "null": mistypes("access_token", None),
        "empty": mistypes("access_token", ""),
        "number": mistypes("access_token", 42),
        "object": mistypes("access_token", {"value": "token"}),
    },
    risk="a session is signed in with `undefined` for a token",
    fix="go on with a string that is not empty, and nothing else",
    incidents=("CVE-2021-41580", "openid-client 5.7.1"),
    seeds=("S-RSP-04",),
)
async def access_token_missing(stage: Stage, change: Deviation) -> Rejects:
    """The answer is 200 and has no access token that could be one."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=_TOKENS)


@scenario(
    requirement=DERIVED("take `error` for a failure when refreshing too", RFC6749.section("5.2"), security=True),
    needs={Capability.REFRESH},
    risk="a session goes on with a token that was never issued",
    fix="judge the answer to a refresh by the same function as the first one",
    seeds=("S-RSP-04",),
)
async def error_under_status_200_on_refresh(stage: Stage) -> Rejects:
    """The login is good; the answer to its refresh is 200 and holds an `error`."""
    client = stage.session()
    change = sends_body('{"error":"invalid_grant","error_description":"The token is not good."}')
    await client.log_in(changed(change.on(2)))
    await client.refresh()
    return rejects(client, before=SESSION, step="refresh", reasons=("error_in_success", *_TOKENS))


@scenario(
    requirement=MUST("ignore members that are not known", RFC6749.section("5.1"), OAUTH21.section("3.2.3")),
    risk="the login breaks on the day when the server tells more",
    fix="look for the member `error`, and for no name that is like it",
    control=True,
    seeds=("S-RSP-04", "S-RSP-07"),
)
async def unknown_member(stage: Stage) -> Accepts:
    """The answer is good, and holds one member more: the near miss of an `error`."""
    client = stage.session()
    await client.log_in(changed(adds("error_free", True)))
    return accepts(client)


@scenario(
    requirement=PROSE("take a token from an answer with status 200 alone", RFC6749.section("5.1")),
    rows={
        "400": answers_with_status(400),
        "401": answers_with_status(401),
        "403": answers_with_status(403),
        "404": answers_with_status(404),
        "500": answers_with_status(500),
        "503": answers_with_status(503),
    },
    risk="an error page of a proxy, or a refusal with too much in it, is taken for a login",
    fix="look at the status before the body",
    incidents=("requests-oauthlib #446",),
    seeds=("S-RSP-06",),
)
async def token_under_an_error_status(stage: Stage, change: Deviation) -> Rejects:
    """The status says that the request failed; the body is a token answer as good as any."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=("status", "token_error"))


@scenario(
    requirement=PROSE("take a token from an answer with status 200 alone", RFC6749.section("5.1")),
    needs={Capability.REFRESH},
    rows={"400": answers_with_status(400), "500": answers_with_status(500)},
    risk="a session goes on with a token that the server did not mean to give",
    fix="judge the answer to a refresh by the same function as the first one",
    incidents=("requests-oauthlib #446",),
    seeds=("S-RSP-06",),
)
async def token_under_an_error_status_on_refresh(stage: Stage, change: Deviation) -> Rejects:
    """The login is good; its refresh is answered with a failure and with tokens."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return rejects(client, before=SESSION, step="refresh", reasons=("status", "token_error"))
