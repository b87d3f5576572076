"""The lifetime of an access token: seconds, from the moment of the answer, and a promise that may be broken.

Servers write it as a number, as text, as nothing at all. A client that multiplies it, waits for it or chokes on it
either keeps a dead token for weeks, or asks for a new one with every click.
"""

from collections.abc import Mapping

from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import mistypes, omits, sends_body
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Copes, Declares, SendsAtMost
from scenarios.model.requirement import DERIVED, MUST_NOT, PROSE, RECOMMENDED
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, copes, declares, sends_at_most
from scenarios.specifications import OAUTH21, RFC6749

# A century in seconds: whoever believes in more believes in for ever.
_CENTURY = 3_155_760_000.0

_DEAD = "a dead token is used for weeks, or a living one thrown away at once"
_UNKNOWN = "take a whole number that is not negative for seconds, and anything else for unknown, or refuse it"


@scenario(
    requirement=RECOMMENDED("count expires_in in seconds from the answer on", RFC6749.section("5.1")),
    needs={Capability.EXPIRY},
    rows={"hour": 3600, "quarter": 900, "day": 86_400},
    risk=_DEAD,
    fix="add expires_in to the time of the answer: both in seconds",
    seeds=("S-RSP-01", "S-REF-10"),
)
async def lifetime_in_seconds(stage: Stage, seconds: int) -> Declares:
    """The server tells how long its access tokens live, and the client says when it believes its own to expire.

    A client that renews a token early is right, up to half of its life.
    """
    client = stage.session()
    await client.log_in(changed({"access_token_lifetime": seconds}))
    return declares(client, lifetime=seconds)


@scenario(
    requirement=RECOMMENDED("count expires_in in seconds from the answer on", RFC6749.section("5.1")),
    needs={Capability.EXPIRY, Capability.REFRESH},
    risk=_DEAD,
    fix="set the time of expiry anew with every refresh",
    seeds=("S-REF-10", "S-REF-11"),
)
async def lifetime_after_a_refresh(stage: Stage) -> Declares:
    """The tokens of the login live for an hour, those of its refresh for two."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed({"access_token_lifetime": 7200}))
    await client.refresh()
    return declares(client, step="refresh", lifetime=7200)


@scenario(
    requirement=RECOMMENDED("do without expires_in where it is not there", RFC6749.section("5.1")),
    rows={"missing": omits("expires_in"), "with-a-point": mistypes("expires_in", 3600.0)},
    risk="the login breaks with a server that does not tell the lifetime, or tells it as 3600.0",
    fix="take a lifetime that is not there for unknown, and refresh when the API refuses the token",
    incidents=("slack-api-docs #68",),
    control=True,
    seeds=("S-RSP-03",),
)
async def lifetime_left_out(stage: Stage, change: Deviation) -> Accepts:
    """The answer is good, and its lifetime is missing, or a whole number in another spelling."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)


@scenario(
    requirement=PROSE("take a whole number for a lifetime, and nothing else", RFC6749.section("A.14")),
    rows={
        "text": mistypes("expires_in", "3600"),
        "null": mistypes("expires_in", None),
        "nought": mistypes("expires_in", 0),
        "negative": mistypes("expires_in", -1),
        "fraction": mistypes("expires_in", 3599.5),
        "exponent": mistypes("expires_in", 1e30),
        "thousand": sends_body('{"access_token":"a-token-of-nobody","token_type":"bearer","expires_in":1e3}'),
        "word": mistypes("expires_in", "soon"),
        "true": mistypes("expires_in", True),
        "object": mistypes("expires_in", {"seconds": 3600}),
    },
    risk="the login crashes, never ends, or is believed to last for ever",
    fix=_UNKNOWN,
    incidents=("typescript-sdk changelog 1.24",),
    seeds=("S-RSP-03",),
)
async def lifetime_of_another_kind(stage: Stage, change: Deviation) -> Copes:
    """The lifetime is written in a way that is no number of seconds; it may be taken for unknown, or refused."""
    client = stage.session()
    await client.log_in(changed(change))
    return copes(client, longest=_CENTURY)


@scenario(
    requirement=DERIVED("end in a success of 5.1 or a failure of 5.2, and nothing else", RFC6749.section("4.1.4")),
    needs={Capability.REASON},
    rows={"word": mistypes("expires_in", "soon"), "object": mistypes("expires_in", {"seconds": 3600})},
    risk="an exception that nobody expects becomes an error page, and its cause is in nobody's log",
    fix=_UNKNOWN,
    seeds=("S-RSP-03",),
)
async def lifetime_that_is_no_accident(stage: Stage, change: Deviation) -> Copes:
    """A client that names its reasons, and refuses such a lifetime, names one here too."""
    client = stage.session()
    await client.log_in(changed(change))
    return copes(client, longest=_CENTURY, explained=True)


@scenario(
    requirement=PROSE("take a whole number for a lifetime, and nothing else", RFC6749.section("A.14")),
    needs={Capability.CALL_API},
    rows={
        "null": mistypes("expires_in", None),
        "nought": mistypes("expires_in", 0),
        "negative": mistypes("expires_in", -1),
        "word": mistypes("expires_in", "soon"),
    },
    risk="a lock that is never released, or a comparison that crashes: the application is dead until it is restarted",
    fix=_UNKNOWN,
    seeds=("S-RSP-03",),
)
async def api_call_after_an_odd_lifetime(stage: Stage, change: Deviation) -> Copes:
    """The lifetime is none that a token can have; whatever became of the login, the API is called, twice."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.call_api()
    await client.call_api()
    return copes(client, step="call_api")


@scenario(
    requirement=RECOMMENDED("count expires_in in seconds from the answer on", RFC6749.section("5.1")),
    needs={Capability.CALL_API},
    rows={
        "nought": {"access_token_lifetime": 0},
        "second": {"access_token_lifetime": 1},
        "half-a-minute": {"access_token_lifetime": 30},
    },
    risk="every call becomes a storm of refreshes, for each new token is as short-lived as the last",
    fix="call once with a token that has just been issued, however short its life",
    seeds=("S-REF-10",),
)
async def lifetime_shorter_than_any_margin(stage: Stage, variation: Mapping[str, int]) -> SendsAtMost:
    """Access tokens live for less than the margin with which clients renew them; the API is called three times.

    One refresh before a call and one after its refusal are right.
    """
    client = stage.session()
    await client.log_in(changed(variation))
    for _ in range(3):
        await client.call_api()
    return sends_at_most(client, 6, "refresh", step="call_api")


@scenario(
    requirement=MUST_NOT("expect a token to live for all of its expires_in", OAUTH21.section("3.2.3")),
    needs={Capability.CALL_API},
    risk="when a token dies early, the user is stuck until the client's own clock says so",
    fix="refresh once when the API answers 401, whatever the clock says, and repeat the call once",
    incidents=("hermes-agent PR #30391",),
    seeds=("S-REF-09",),
)
async def token_that_dies_early(stage: Stage) -> Accepts:
    """The API refuses an access token that has most of its hour to live; a client that refreshes then goes on."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.call_api()
    return accepts(client, step="call_api")
