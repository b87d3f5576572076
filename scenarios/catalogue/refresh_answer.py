"""The answer to a refresh: checked as closely as the first one, and asked for once however many need it.

The code that refreshes is often another than the code that logs in, written later and tested less. It runs in many
threads at once, and what it believes replaces tokens that were good.
"""

from mock_server.delivery import Delay, Delivery
from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import adds, mistypes, omits
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Rejects, SendsAtMost
from scenarios.model.requirement import DERIVED, MUST_NOT, PROSE, REQUIRED
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, rejects, sends_at_most
from scenarios.specifications import RFC6749, RFC9700

REFRESH = {Capability.REFRESH}

# Long enough for all calls to find their token refused before the first refresh is answered.
_SLOW = Delivery(Delay(0.2))
_CALLS = 8

_SAME = "judge the answer to a refresh by the same function as the first one"
_RACE = "under rotation the second refresh of a race presents a dead token: the server revokes the login"


async def _refreshed(stage: Stage, change: Deviation) -> Rejects:
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return rejects(client, before=SESSION, step="refresh")


@scenario(
    requirement=REQUIRED("refuse an answer without an access token", RFC6749.section("5.1")),
    needs=REFRESH,
    rows={
        "missing": omits("access_token"),
        "null": mistypes("access_token", None),
        "empty": mistypes("access_token", ""),
        "number": mistypes("access_token", 42),
    },
    risk="a good session goes on with `undefined` for a token",
    fix=_SAME,
    seeds=("S-REF-11",),
)
async def access_token_missing_after_a_refresh(stage: Stage, change: Deviation) -> Rejects:
    """The answer to the refresh is 200 and has no access token that could be one."""
    return await _refreshed(stage, change)


@scenario(
    requirement=MUST_NOT("use an access token of a type that is not understood", RFC6749.section("7.1")),
    needs=REFRESH,
    rows={"missing": omits("token_type"), "mac": mistypes("token_type", "mac"), "null": mistypes("token_type", None)},
    risk="a token is used in a way that it is not meant for",
    fix=_SAME,
    seeds=("S-REF-11",),
)
async def token_type_unknown_after_a_refresh(stage: Stage, change: Deviation) -> Rejects:
    """The answer to the refresh has a token of a type that this client does not know, or of none."""
    return await _refreshed(stage, change)


@scenario(
    # As after a login, no more than a warning: 5.1 has clients ignore names that they do not know.
    requirement=DERIVED(
        "take `error` for a failure beside a token too", RFC6749.section("5.2"), RFC6749.section("5.1")
    ),
    needs=REFRESH,
    risk="a session goes on with a token of a server that contradicts itself",
    fix=_SAME,
    seeds=("S-REF-11",),
)
async def error_beside_a_refreshed_token(stage: Stage) -> Rejects:
    """The answer to the refresh is 200 and has both a token and an `error`."""
    return await _refreshed(stage, adds("error", "invalid_grant"))


@scenario(
    requirement=PROSE("compare token_type without regard to case", RFC6749.section("5.1")),
    needs=REFRESH,
    rows={"Bearer": mistypes("token_type", "Bearer"), "BEARER": mistypes("token_type", "BEARER")},
    risk="users are logged out an hour after they logged in",
    fix=_SAME,
    control=True,
    seeds=("S-REF-11",),
)
async def token_type_in_any_case_after_a_refresh(stage: Stage, change: Deviation) -> Accepts:
    """The answer to the refresh is good, and spells the token type in its own way."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return accepts(client, step="refresh")


@scenario(
    requirement=DERIVED("refresh once for all who need it", RFC6749.section("6"), RFC9700.section("2.2.2")),
    needs={Capability.CALL_API, Capability.PARALLEL_CALLS},
    waits=True,
    risk=_RACE,
    fix="let one refresh and the others wait for it: one lock, or one promise, for each refresh token",
    incidents=("opencode PR #43074", "opencode #28234"),
    seeds=("S-REF-04",),
)
async def eight_calls_with_a_dead_token(stage: Stage) -> SendsAtMost:
    """The access token is dead, the server rotates and takes its time, and the API is called eight times at once."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(_SLOW))
    await stage.together(*(client.call_api() for _ in range(_CALLS)))
    return sends_at_most(client, 1, "refresh", step="call_api", at_least=1)


@scenario(
    requirement=DERIVED("refresh once for all who need it", RFC6749.section("6"), RFC9700.section("2.2.2")),
    needs={Capability.CALL_API, Capability.PARALLEL_CALLS},
    waits=True,
    risk=_RACE,
    fix="let one refresh and the others wait for it, and hand them the token that it brought",
    incidents=("hermes-agent PR #30391",),
    control=True,
    seeds=("S-REF-04",),
)
async def all_of_eight_calls_succeed(stage: Stage) -> Accepts:
    """The API is called eight times at once with a dead token: where one refreshes, each has its answer in the end."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(_SLOW))
    await stage.together(*(client.call_api() for _ in range(_CALLS)))
    return accepts(client, step="call_api", times=_CALLS)
