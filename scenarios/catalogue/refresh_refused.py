"""A refresh that fails: for ever, for a while, or for want of a refresh token.

`invalid_grant` means that only the user can help. An overload means that a moment helps. A client that takes the one
for the other asks a server for ever with a dead token, or logs its users out because a proxy was restarted.
"""

from collections.abc import Mapping

from mock_server.delivery import Delivery, HalfBody, Reset, TurnAway
from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import adds, errs
from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Follows, Rejects, SendsAtMost
from scenarios.model.requirement import DERIVED, PROSE, SHOULD_NOT
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows, rejects, sends_at_most
from scenarios.specifications import FRAMEIO_GUIDE, RFC6749, RFC9110

REFRESH = {Capability.REFRESH}
NOT_OFFLINE = AssignmentKind(offline=False)

_GUIDE = FRAMEIO_GUIDE.section("refreshing")
_REFUSALS = {
    "invalid_grant": errs("invalid_grant"),
    "token_inactive": errs("token_inactive", "Token is inactive", 401),
}
_NO_REFRESH_TOKEN: Mapping[str, Deviation | Mapping[str, str]] = {
    "absent": {"refresh_token_issued": "never"},
    "null": adds("refresh_token", None),
    "empty": adds("refresh_token", ""),
}

_FOR_EVER = "a dead session asks the server with every click, for ever, until it is throttled or blocked"
_DROP = "drop the tokens when the server says invalid_grant, and ask the user to log in"


@scenario(
    requirement=DERIVED("take a refused refresh for final", RFC6749.section("5.2"), _GUIDE, security=True),
    needs=REFRESH,
    rows=_REFUSALS,
    risk=_FOR_EVER,
    fix="send one refresh, and none again when it is refused",
    seeds=("S-REF-05",),
)
async def refused_refresh(stage: Stage, change: Deviation) -> SendsAtMost:
    """The server refuses the refresh token: one request was enough to learn that."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return sends_at_most(client, 1, "refresh_token", step="refresh", at_least=1)


@scenario(
    requirement=DERIVED("drop a refresh token that was refused", RFC6749.section("5.2"), _GUIDE),
    needs=REFRESH,
    rows=_REFUSALS,
    risk=_FOR_EVER,
    fix=_DROP,
    incidents=("picard PR #3320", "angular-auth-oidc-client #1938", "nextcloud desktop PR #658"),
    seeds=("S-REF-05",),
)
async def refused_refresh_token(stage: Stage, change: Deviation) -> SendsAtMost:
    """The server refuses the refresh token, and the client is told to refresh twice more.

    A library that raises an error each time has told its caller, who may be the one to drop the token.
    """
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    for _ in range(3):
        await client.refresh()
    return sends_at_most(client, 1, "refresh_token", step="refresh", at_least=1)


@scenario(
    requirement=PROSE("end the request at an error answer", RFC6749.section("5.2")),
    needs=REFRESH,
    rows=_REFUSALS,
    risk="a session that is over goes on as if nothing had happened, until nothing works any more",
    fix=_DROP,
    seeds=("S-REF-05", "S-RSP-10"),
)
async def refused_refresh_is_told(stage: Stage, change: Deviation) -> Rejects:
    """The server refuses the refresh token, and the client says that its session is over."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return rejects(client, before=SESSION, step="refresh")


@scenario(
    requirement=DERIVED("log in again when the refresh token is dead", RFC6749.section("5.2"), _GUIDE),
    needs=REFRESH,
    risk="after thirty days at Frame.io a user is locked out until somebody clears a cookie",
    fix=_DROP,
    control=True,
    seeds=("S-REF-05",),
)
async def login_after_a_refused_refresh(stage: Stage) -> Accepts:
    """The refresh is refused; the user logs in anew in the same browser."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(errs("invalid_grant")))
    await client.refresh()
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=DERIVED(
        "keep the refresh token when a refresh fails for a while", RFC6749.section("6"), RFC6749.section("1.5"),
        security=True,
    ),
    needs=REFRESH,
    rows={
        "503": Delivery(TurnAway(503, "1"), times=1),
        "503-without-a-time": Delivery(TurnAway(503, ""), times=1),
        "429": Delivery(TurnAway(429, "1"), times=1),
        "500": Delivery(TurnAway(500, ""), times=1),
        "502": Delivery(TurnAway(502, ""), times=1),
    },
    risk="a server that is restarted logs everybody out",
    fix="drop the refresh token when the server refuses it, and not because an answer was bad or none came",
    control=True,
    seeds=("S-REF-06",),
)
async def refresh_after_an_outage(stage: Stage, change: Delivery) -> Accepts:
    """A proxy turns the refresh away before the server has seen it; a moment later the client refreshes again."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    await client.refresh()
    return accepts(client, step="refresh")


@scenario(
    requirement=SHOULD_NOT("retry a failed retry by itself", RFC9110.section("9.2.2")),
    needs=REFRESH,
    rows={
        "503": Delivery(TurnAway(503, "")),
        "reset": Delivery(Reset()),
        "half-an-answer": Delivery(HalfBody()),
    },
    risk="a server that comes back is met by everybody's retries at once, and sees reuse of tokens in each of them",
    fix="repeat a refresh once at most, and leave the rest to the next call",
    seeds=("S-REF-06",),
)
async def refresh_that_keeps_failing(stage: Stage, change: Delivery) -> SendsAtMost:
    """No refresh gets a whole answer, however often it is sent; the client is told to refresh once."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return sends_at_most(client, 2, "refresh_token", step="refresh", at_least=1)


@scenario(
    requirement=DERIVED("do without a refresh token where none comes", RFC6749.section("5.1"), _GUIDE),
    rows=_NO_REFRESH_TOKEN,
    risk="nobody can log in where refresh tokens are not given out",
    fix="take refresh_token for optional; null and the empty string are none",
    control=True,
    seeds=("S-RSP-09",),
)
async def login_without_a_refresh_token(stage: Stage, change: Deviation | Mapping[str, str]) -> Accepts:
    """The answer is good, and brings no refresh token."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)


@scenario(
    requirement=DERIVED("do without a refresh token where none comes", RFC6749.section("5.1"), _GUIDE),
    needs={Capability.SCOPE},
    assignment=NOT_OFFLINE,
    risk="nobody can log in to an app that does not ask for `offline`",
    fix="take refresh_token for optional, and add no scope of your own",
    control=True,
    seeds=("S-RSP-09",),
)
async def login_without_the_offline_scope(stage: Stage) -> Accepts:
    """The app is not configured for `offline`, so that Frame.io gives it no refresh token."""
    client = stage.session()
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=DERIVED("send no parameter without a value", RFC6749.section("3.2")),
    needs=REFRESH,
    rows=_NO_REFRESH_TOKEN,
    risk="the server is asked with `None` or `undefined` for a token, an hour after each login",
    fix="ask the user to log in when the access token expires and there is no refresh token",
    seeds=("S-RSP-09",),
)
async def nothing_to_refresh_with(stage: Stage, change: Deviation | Mapping[str, str]) -> Follows:
    """The login brings no refresh token; an hour later the client is told to refresh, and has nothing to send."""
    client = stage.session()
    await client.log_in(changed(change))
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "no_refresh_without_a_refresh_token")
