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
from scenarios.model.stage import Session, Stage, accepts, copes, declares, sends_at_most
from scenarios.specifications import OAUTH21, RFC6749

# A century in seconds: whoever believes in more believes in for ever.
_CENTURY = 3_155_760_000.0

# What an access token of Frame.io's lives, in seconds.
_HOUR = 3600

_COUNT = "add expires_in to the time of the answer, in the unit of the clock that it is compared with"
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


@scenario(
    requirement=RECOMMENDED("count expires_in in seconds from the answer on", RFC6749.section("5.1")),
    needs={Capability.CLOCK, Capability.CALL_API},
    exclusive=True,
    rows={"hour": 3600, "day": 86_400},
    risk="every call is a refresh, for a token that has hours to live",
    fix=_COUNT,
    seeds=("S-REF-10",),
)
async def call_well_within_a_lifetime(stage: Stage, seconds: int) -> SendsAtMost:
    """By the client's own clock somewhat less than half of the lifetime goes by: the API is called without a refresh.

    A client that renews a token early is right, from half of its life on.
    """
    client = stage.session()
    await client.log_in(changed({"access_token_lifetime": seconds}))
    await _call_after(stage, client, 0.48 * seconds)
    return sends_at_most(client, 0, "refresh", step="call_api")


@scenario(
    requirement=RECOMMENDED("count expires_in in seconds from the answer on", RFC6749.section("5.1")),
    needs={Capability.CLOCK, Capability.CALL_API},
    exclusive=True,
    risk="whoever takes long to log in has a token that is thrown away while it lives",
    fix=_COUNT,
    seeds=("S-REF-10",),
)
async def lifetime_after_a_slow_login(stage: Stage) -> SendsAtMost:
    """The tokens live for a quarter of an hour; so long take the login and the pause before a call together.

    Since the answer less than half of the lifetime has gone by, so that nothing is to be refreshed.
    """
    client = stage.session()
    redirect = await client.authorize(changed({"access_token_lifetime": 900}))
    await stage.move_clock(490)
    await client.land(redirect)
    await _call_after(stage, client, 430)
    await stage.move_clock(-490)
    return sends_at_most(client, 0, "refresh", step="call_api")


@scenario(
    requirement=RECOMMENDED("count expires_in in seconds from the answer on", RFC6749.section("5.1")),
    needs={Capability.CLOCK, Capability.CALL_API},
    exclusive=True,
    risk="from the first refresh on every call is one, and soon the server asks for patience",
    fix="set the time of expiry anew with every refresh",
    seeds=("S-REF-10",),
)
async def calls_after_a_lifetime(stage: Stage) -> SendsAtMost:
    """The lifetime is over, by the server's clock and by the client's; the API is called three times: one refresh."""
    client = stage.session()
    await client.log_in(changed({"access_token_lifetime": _HOUR}))
    stage.expire_access_token(client)
    await stage.move_clock(3601)
    for _ in range(3):
        await client.call_api()
    await stage.move_clock(-3601)
    return sends_at_most(client, 1, "refresh", step="call_api", at_least=1)


@scenario(
    requirement=DERIVED("refresh an access token that is known to have expired", RFC6749.section("1.5")),
    needs={Capability.CLOCK, Capability.CALL_API},
    exclusive=True,
    rows={"second-before": 3599, "second-after": 3601},
    risk="users are sent to log in every hour, with a refresh token in hand that lives for a month",
    fix="where there is a refresh token use it, and log in again only when it is refused",
    control=True,
    seeds=("S-REF-10",),
)
async def call_at_the_end_of_a_lifetime(stage: Stage, seconds: int) -> Accepts:
    """By the client's own clock the hour of its token is all but over, or has just been over: the API is called."""
    client = stage.session()
    await client.log_in()
    if seconds > _HOUR:
        stage.expire_access_token(client)
    await _call_after(stage, client, seconds)
    return accepts(client, step="call_api")


async def _call_after(stage: Stage, client: Session, seconds: float) -> None:
    await stage.move_clock(seconds)
    await client.call_api()
    await stage.move_clock(-seconds)
