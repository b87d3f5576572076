"""The redirection endpoint, late: a login that nobody has finished for a day, and one that a restart came between.

Applications are restarted while people type their passwords. What is left of a pending login then is what was stored;
a client that takes a login which it cannot find for one that it need not check is open to everybody's.
"""

from scenarios.model.capability import Capability
from scenarios.model.expectation import TOKEN_REQUEST, Follows, Rejects
from scenarios.model.requirement import DERIVED, MUST
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, follows, rejects
from scenarios.specifications import OAUTH21, RFC6749, RFC7636, RFC9700

_DAY = 24 * 3600.0


@scenario(
    requirement=MUST(
        "bind the authorization response to the browser session that began the login, also after a restart",
        RFC6749.section("10.12"), RFC9700.section("2.1"),
    ),
    needs={Capability.SESSIONS, Capability.RESTART},
    exclusive=True,
    risk="login CSRF, for as long as it takes until the store of pending logins is filled again",
    fix="refuse a state that is not found: that it may have been lost is no reason to believe it",
    left_to_caller="state",
    seeds=("S-CB-19",),
)
async def state_of_another_session_after_a_restart(stage: Stage) -> Rejects:
    """A genuine redirect of somebody else is opened in the victim's browser, after the application was restarted."""
    attacker, victim = stage.session("attacker"), stage.session("victim")
    stolen = await attacker.authorize()
    await stage.restart()
    await victim.begin()
    await victim.land(stolen)
    return rejects(victim, before=TOKEN_REQUEST, reasons=("state_missing", "state_mismatch"))


@scenario(
    requirement=MUST(
        "redeem no code without the verifier of its challenge", OAUTH21.section("4.1.3"), RFC7636.section("4.5")
    ),
    needs={Capability.RESTART},
    exclusive=True,
    risk="after each restart PKCE is off for those who were about to log in, and nobody notices",
    fix="store what belongs to a pending login, or refuse its callback: the user begins anew",
    seeds=("S-CB-19", "S-PKCE-03"),
)
async def login_that_a_restart_came_between(stage: Stage) -> Follows:
    """A login is begun, the application restarted, the callback opened: it is finished with its verifier, or not."""
    client = stage.session()
    redirect = await client.authorize()
    await stage.restart()
    await client.land(redirect)
    return follows(client, "verifier_goes_with_a_challenge", if_any=True)


@scenario(
    requirement=DERIVED("let a login that was begun grow old", RFC6749.section("10.12"), RFC9700.section("2.1")),
    needs={Capability.CLOCK},
    exclusive=True,
    risk="whoever finds an old callback beside an old session finishes a login that its user has long forgotten",
    fix="keep the time at which a login was begun, and refuse its callback after an hour or so",
    seeds=("S-CB-19",),
)
async def login_begun_yesterday(stage: Stage) -> Rejects:
    """By the application's own clock a day lies between the beginning of the login and its callback."""
    client = stage.session()
    redirect = await client.authorize()
    await stage.move_clock(_DAY)
    await client.land(redirect)
    await stage.move_clock(-_DAY)
    return rejects(client, before=TOKEN_REQUEST)
