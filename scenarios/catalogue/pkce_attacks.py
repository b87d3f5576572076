"""PKCE under attack: a code of somebody else, a verifier that is gone, a server that claims not to understand.

PKCE protects whoever insists on it. A client that does without its verifier, for once, because of an error, or because
a cookie is gone, protects nobody.
"""

from mock_server.deviations.authorization_response import errs
from mock_server.deviations.deviation import Deviation
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, TOKEN_REQUEST, Accepts, Follows, Rejects
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, SHOULD
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows, rejects
from scenarios.specifications import OAUTH21, RFC6749, RFC7636, RFC9700

_OLD_SERVER = {"pkce_supported": False}
_NO_CODE_ALONE = MUST(
    "redeem no code without the verifier of its challenge", OAUTH21.section("4.1.3"), RFC7636.section("4.5")
)
_INSIST = "send S256 on every authorization request, whatever an answer says about methods"
_BAITS = {
    "transform-algorithm": errs("invalid_request", "transform algorithm not supported"),
    "code-challenge": errs("invalid_request", "code challenge method S256 is not supported, use plain"),
}


@scenario(
    requirement=MUST_NOT("fall to plain after S256 was tried", RFC7636.section("7.2"), OAUTH21.section("4.1.1")),
    rows=_BAITS,
    risk="whoever can forge one error answer reads the verifier of the next login",
    fix=_INSIST,
    seeds=("S-PKCE-02",),
)
async def method_after_a_refusal(stage: Stage, change: Deviation) -> Follows:
    """The answer claims that the server does not know S256; the user logs in again: with S256."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.ask()
    return follows(client, "challenge_method_is_s256", of="authorization_request")


@scenario(
    requirement=MUST("keep PKCE after an error", RFC9700.section("2.1.1"), OAUTH21.section("4.1.1")),
    rows=_BAITS,
    app_kinds=("pkce",),
    risk="whoever can forge one error answer turns PKCE off for the next login",
    fix=_INSIST,
    seeds=("S-PKCE-02",),
)
async def challenge_after_a_refusal(stage: Stage, change: Deviation) -> Follows:
    """The answer claims that the server does not know S256; the user logs in again: with a challenge."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.ask()
    return follows(client, "challenge_is_sent", of="authorization_request")


@scenario(
    requirement=DERIVED("log in again after an error", RFC6749.section("4.1.2.1")),
    rows=_BAITS,
    risk="one error locks a user out",
    fix="begin anew, as if nothing had been",
    control=True,
    seeds=("S-PKCE-02",),
)
async def login_after_a_refusal(stage: Stage, change: Deviation) -> Accepts:
    """The answer claims that the server does not know S256; the user logs in again at one that does."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=_NO_CODE_ALONE,
    needs={Capability.HTML},
    risk="an injected code is redeemed without anybody noticing that PKCE is off",
    fix="refuse the callback when the stored verifier is gone",
    incidents=("CVE-2023-27490",),
    seeds=("S-PKCE-03",),
)
async def cookies_gone(stage: Stage) -> Rejects:
    """The genuine callback, in a browser that has lost every cookie since the login began."""
    client = stage.session()
    redirect = await client.authorize()
    client.forget_cookies()
    await client.land(redirect)
    return rejects(client, before=TOKEN_REQUEST)


@scenario(
    requirement=_NO_CODE_ALONE,
    needs={Capability.HTML},
    risk="an injected code is redeemed without anybody noticing that PKCE is off",
    fix="refuse the callback when the stored verifier is gone",
    incidents=("CVE-2023-27490",),
    seeds=("S-PKCE-03",),
)
async def cookie_of_the_verifier_gone(stage: Stage) -> Follows:
    """The genuine callback, in a browser that has lost the cookie with the verifier, and no other."""
    client = stage.session()
    redirect = await client.authorize()
    client.forget_cookies("pkce", "verifier", "challenge")
    await client.land(redirect)
    return follows(client, "verifier_goes_with_a_challenge", if_any=True)


@scenario(
    requirement=MUST("prevent that a code is injected", RFC9700.section("2.1.1"), OAUTH21.section("7.5.1.1")),
    needs={Capability.SESSIONS, Capability.SIGNED_IN},
    risk="whoever has stolen a code logs in with it, in a browser of their own, as its owner",
    fix="use PKCE, in both kinds of app, and send the verifier of the browser's own login",
    moot_under=("accepts_any_verifier", "accepts_missing_verifier"),
    seeds=("S-PKCE-04",),
)
async def code_of_another_login(stage: Stage) -> Rejects:
    """A code of another login stands in the callback of this one, beside the right state.

    The server, which knows PKCE, refuses it; so nobody is signed in.
    """
    owner, thief = stage.session("owner"), stage.session("thief")
    stolen = await owner.authorize()
    own = await thief.authorize()
    await thief.land(own.with_parameters(code=stolen.parameter("code")))
    return rejects(thief, before=SESSION)


@scenario(
    requirement=DERIVED("take the server's refusal of a verifier for final", RFC7636.section("4.6"), security=True),
    needs={Capability.SESSIONS},
    risk="at a server that asks for PKCE of nobody, the second try without a verifier succeeds",
    fix="end the attempt at invalid_grant",
    seeds=("S-PKCE-04",),
)
async def injected_code_is_tried_once(stage: Stage) -> Follows:
    """A code of another login stands in the callback of this one: it is sent once, with this login's verifier."""
    owner, thief = stage.session("owner"), stage.session("thief")
    stolen = await owner.authorize()
    own = await thief.authorize()
    await thief.land(own.with_parameters(code=stolen.parameter("code")))
    return follows(None, "code_is_sent_once", if_any=True)


@scenario(
    requirement=DERIVED(
        "send the verifier in the body of the token request alone", RFC7636.section("7.1"), security=True
    ),
    risk="whoever reads the front channel has the verifier beside the code, and PKCE protects nothing",
    fix="send the challenge in the authorization request, and the verifier in the token request alone",
    incidents=("fastapi-sso #266",),
    seeds=("S-PKCE-05",),
)
async def verifier_before_its_time(stage: Stage) -> Follows:
    """A plain login: its verifier is in no address, neither by name nor as a plain challenge."""
    client = stage.session()
    await client.log_in()
    return follows(client, "verifier_stays_secret")


@scenario(
    requirement=SHOULD("send PKCE to every server, also to one that ignores it", RFC7636.section("5")),
    risk="on the day when the server learns PKCE, nobody has switched it on",
    fix="send the challenge always: a server that does not know it ignores it",
    seeds=("S-PKCE-06",),
)
async def challenge_for_an_old_server(stage: Stage) -> Follows:
    """The server has never heard of PKCE and advertises nothing: the challenge is sent all the same."""
    client = stage.session()
    await client.log_in(changed(_OLD_SERVER))
    return follows(client, "challenge_is_sent")


@scenario(
    requirement=SHOULD("log in at a server that ignores PKCE", RFC7636.section("5")),
    risk="nobody can log in at an old server",
    fix="expect nothing in return for a challenge",
    control=True,
    seeds=("S-PKCE-06",),
)
async def login_at_an_old_server(stage: Stage) -> Accepts:
    """The server ignores challenge and verifier, and the login works."""
    client = stage.session()
    await client.log_in(changed(_OLD_SERVER))
    return accepts(client)


@scenario(
    requirement=MUST(
        "rely on PKCE against forged callbacks only where the server is known to check it",
        RFC9700.section("4.7.1"),
        RFC6749.section("10.12"),
        OAUTH21.section("7.10"),
    ),
    needs={Capability.SESSIONS},
    risk="login CSRF: at a server that ignores PKCE, nothing stands in the way of a forged callback",
    fix="send and compare a state, unless the server's metadata promise PKCE",
    left_to_caller="state",
    seeds=("S-PKCE-06",),
)
async def forged_callback_at_an_old_server(stage: Stage) -> Rejects:
    """The server ignores PKCE; a genuine redirect of somebody else is opened in the victim's browser."""
    attacker, victim = stage.session("attacker"), stage.session("victim")
    stolen = await attacker.authorize(changed(_OLD_SERVER))
    await victim.begin(changed(_OLD_SERVER))
    await victim.land(stolen)
    return rejects(victim, before=TOKEN_REQUEST, reasons=("state_missing", "state_mismatch", "state_repeated"))
