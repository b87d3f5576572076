"""The redirection endpoint, more than once: reloads, double clicks, prefetches, two tabs, and somebody else's frame.

Browsers open a URL again whenever they like. A callback that is not made for that redeems a code twice, which revokes
the tokens of the first time; or it mixes up two logins of one user; or it throws a login away that was going well.
"""

from collections.abc import Callable, Mapping

from mock_server.delivery import Delay, Delivery
from scenarios.model.capability import Capability
from scenarios.model.expectation import TOKEN_REQUEST, Accepts, Follows, Rejects
from scenarios.model.redirect import Redirect
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, REQUIRED
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows, rejects
from scenarios.specifications import RFC6749, RFC7636, RFC9700

_LOGGED_OUT = "the server takes the second use for theft and revokes the tokens: the user is logged out at random"
_USE_UP = "take the pending login out of the session in one step, when its state is found, and before the code is sent"
_ERROR: Mapping[str, str | None] = {"code": None, "error": "access_denied"}
_NOBODY = "forged-state-of-nobody"


def _other_code(genuine: Redirect) -> str:
    """A code of nobody, and another one each time: what is sent twice is the client's doing alone."""
    return genuine.parameter("code")[::-1]


Forge = Callable[[Redirect], Redirect]
_FORGED: Mapping[str, Forge] = {
    "error-without-state": lambda genuine: genuine.with_parameters(**_ERROR, state=None),
    "error-of-another-state": lambda genuine: genuine.with_parameters(**_ERROR, state=_NOBODY),
    "code-of-another-state": lambda genuine: genuine.with_parameters(state=_NOBODY, code=_other_code(genuine)),
}


@scenario(
    requirement=MUST_NOT("use an authorization code more than once", RFC6749.section("4.1.2")),
    risk=_LOGGED_OUT,
    fix=_USE_UP,
    incidents=("CVE-2025-68481",),
    seeds=("S-CB-03", "S-CB-09"),
)
async def callback_opened_again(stage: Stage) -> Follows:
    """The callback of a login that is done is opened once more, as a reload or the back button does.

    What the page says is free; the code must not be sent again.
    """
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect)
    await client.land(redirect)
    return follows(client, "code_is_sent_once", if_any=True)


@scenario(
    requirement=MUST("use a state once", RFC9700.section("2.1"), RFC9700.section("4.2.4")),
    risk="whoever has read one callback URL, from a log or a Referer, can forge the next one",
    fix=_USE_UP,
    incidents=("CVE-2025-68481",),
    left_to_caller="state",
    seeds=("S-CB-03",),
)
async def state_again_with_another_code(stage: Stage) -> Follows:
    """The state of a login that is done comes back with a code of another login."""
    client, other = stage.session("client"), stage.session("other")
    done = await client.authorize()
    await client.land(done)
    another = await other.authorize()
    await client.land(done.with_parameters(code=another.parameter("code")))
    return follows(other, "code_is_not_redeemed", if_any=True)


@scenario(
    requirement=MUST_NOT("use an authorization code more than once", RFC6749.section("4.1.2")),
    needs={Capability.CONCURRENT},
    risk=_LOGGED_OUT,
    fix=_USE_UP,
    incidents=("react-oauth2-pkce #39", "react-use-oauth2 #90", "oidc-react PR #1012"),
    seeds=("S-CB-09",),
)
async def callback_opened_four_times_at_once(stage: Stage) -> Follows:
    """A slow token endpoint; the callback is opened four times at once, and once more when all is over."""
    client = stage.session()
    redirect = await client.authorize(changed(Delivery(Delay(0.2))))
    await stage.together(*(client.land(redirect) for _ in range(4)))
    await client.land(redirect)
    return follows(client, "code_is_sent_once", if_any=True)


@scenario(
    requirement=DERIVED("wait for a slow token endpoint", RFC6749.section("4.1.3")),
    risk="a login fails whenever the server is busy",
    fix="give the token request some seconds",
    control=True,
    seeds=("S-CB-09",),
)
async def slow_token_endpoint(stage: Stage) -> Accepts:
    """The token endpoint is slow, and the callback is opened once: the login is finished."""
    client = stage.session()
    await client.log_in(changed(Delivery(Delay(0.2))))
    return accepts(client)


@scenario(
    requirement=DERIVED(
        "believe nothing that comes without the state that was sent", RFC6749.section("4.1.2.1"), security=True
    ),
    rows=_FORGED,
    risk="a page that loads a URL in a frame makes the application act on what nobody said",
    fix="compare the state first, and go no further where it is wrong",
    left_to_caller="state",
    seeds=("S-CB-10",),
)
async def forged_while_a_login_is_pending(stage: Stage, forge: Forge) -> Rejects:
    """A login is pending; somebody makes the browser open a callback that belongs to no login."""
    client = stage.session()
    genuine = await client.authorize()
    await client.land(forge(genuine))
    return rejects(client, before=TOKEN_REQUEST)


@scenario(
    requirement=DERIVED("keep a pending login until its own answer comes", RFC6749.section("4.1.2.1")),
    rows=_FORGED,
    risk="whoever can make a browser load a URL in a frame keeps its user from ever logging in",
    fix="drop a pending login when its own state comes, and leave the others alone",
    incidents=("first-tree PR #2202",),
    control=True,
    seeds=("S-CB-10", "S-CB-02"),
)
async def genuine_after_forged(stage: Stage, forge: Forge) -> Accepts:
    """A callback that belongs to no login is opened, and then the genuine one: the login is finished."""
    client = stage.session()
    genuine = await client.authorize()
    await client.land(forge(genuine))
    await client.land(genuine)
    return accepts(client)


@scenario(
    requirement=REQUIRED(
        "send the verifier of the login that the code is of", RFC7636.section("4.5"), RFC9700.section("2.1.1")
    ),
    risk="a user with two tabs cannot log in; in the worst case one login is finished with what belongs to another",
    fix="keep state and verifier together, one entry for each pending login of a session",
    incidents=("next-auth #7894", "nextjs-auth0 #142", "express-openid-connect #43", "remix-auth-oauth2 #67"),
    seeds=("S-CB-16",),
)
async def two_tabs_in_reverse_order(stage: Stage) -> Follows:
    """Two tabs of one browser begin a login each; the second is finished first, then the first.

    The first may be refused. What it sends, if anything, is its own.
    """
    client = stage.session()
    first, second = await client.authorize(), await client.authorize()
    await client.land(second)
    await client.land(first)
    return follows(client, "verifier_is_of_the_same_login", if_any=True)


@scenario(
    requirement=REQUIRED(
        "send the verifier of the login that the code is of", RFC7636.section("4.5"), RFC9700.section("2.1.1")
    ),
    risk="a user with two tabs cannot log in",
    fix="keep state and verifier together, one entry for each pending login of a session",
    incidents=("angular-oauth2-oidc #1445",),
    seeds=("S-CB-16",),
)
async def two_tabs_in_order(stage: Stage) -> Follows:
    """Two tabs of one browser begin a login each; the first is finished first, then the second."""
    client = stage.session()
    first, second = await client.authorize(), await client.authorize()
    await client.land(first)
    await client.land(second)
    return follows(client, "verifier_is_of_the_same_login", if_any=True)


@scenario(
    requirement=DERIVED("finish the login that was begun last", RFC9700.section("4.4.2")),
    risk="a user who gives up one attempt and begins another cannot log in",
    fix="let a new login stand beside those that were begun before, or replace them",
    control=True,
    seeds=("S-CB-16",),
)
async def login_begun_twice(stage: Stage) -> Accepts:
    """A login is begun and left; a second one of the same browser is finished."""
    client = stage.session()
    await client.begin()
    await client.log_in()
    return accepts(client)
