"""Values that are made anew for each login: state and challenge.

They are what tells one login from another, and a genuine callback from a forged one. A value that comes twice, or that
can be guessed, tells nothing.
"""

from mock_server.protocol.resource_owner import Deny
from scenarios.model.capability import Capability
from scenarios.model.expectation import Follows, Sent
from scenarios.model.requirement import MUST, MUST_NOT, PROSE
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, follows
from scenarios.specifications import OAUTH21, RFC6749, RFC7636, RFC9700

_REQUEST: Sent = "authorization_request"
_GUESSED = "whoever knows or guesses the next value can forge a callback for somebody else"


@scenario(
    requirement=MUST("make a state of its own for each login", RFC9700.section("2.1"), RFC6749.section("10.12")),
    needs={Capability.SESSIONS},
    risk="a state that is known in advance protects nobody",
    fix="draw a new random state for every authorization request, in every process",
    incidents=("CVE-2023-31999", "fastify-oauth2 #209"),
    seeds=("S-AUTH-05",),
)
async def state_of_each_login(stage: Stage) -> Follows:
    """Twenty logins in two browsers, some declined and some never finished: no state comes twice."""
    one, other = stage.session("one"), stage.session("other")
    for browser in (one, other):
        for _ in range(4):
            await browser.ask()
            await browser.log_in()
        await browser.log_in(changed(Deny()))
        await browser.log_in()
    return follows(None, "state_never_repeats", of=_REQUEST)


@scenario(
    requirement=MUST(
        "make a state of its own for each login, in every process", RFC9700.section("2.1"), RFC6749.section("10.12")
    ),
    needs={Capability.RESTART},
    exclusive=True,
    risk="random numbers that begin alike: whoever sees the logins after one start knows those after every other",
    fix="take random values from the operating system, and seed no generator by yourself",
    seeds=("S-AUTH-05",),
)
async def state_after_a_restart(stage: Stage) -> Follows:
    """The application is started anew, three logins are begun, and all of that once more: no state comes twice."""
    for process in ("one", "other"):
        await stage.restart()
        browser = stage.session(f"{process} process")
        for _ in range(3):
            await browser.ask()
    return follows(None, "state_never_repeats", of=_REQUEST)


@scenario(
    requirement=MUST("make values that cannot be guessed", RFC6749.section("10.10")),
    risk=_GUESSED,
    fix="use at least 128 random bits: 22 characters of base64url, or a random UUID",
    seeds=("S-AUTH-05",),
)
async def state_that_cannot_be_guessed(stage: Stage) -> Follows:
    """Eight logins: each state is long enough to hold 128 bits."""
    client = stage.session()
    for _ in range(8):
        await client.ask()
    return follows(client, "state_is_long_enough", of=_REQUEST)


@scenario(
    requirement=PROSE("make a state of printable ASCII", RFC6749.section("A.5")),
    risk="a strict server refuses the login, or the state comes back as something else and is refused by the client",
    fix="encode what the state is made of, as base64url or in hexadecimal digits",
    login_may_fail=True,
    seeds=("S-AUTH-05",),
)
async def state_of_printable_characters(stage: Stage) -> Follows:
    """A login begins: its state holds no control character and none from beyond ASCII."""
    client = stage.session()
    await client.ask()
    return follows(client, "state_is_printable", of=_REQUEST)


@scenario(
    requirement=MUST_NOT(
        "send credentials in the clear, also not inside state or scope",
        RFC6749.section("10.8"), RFC7636.section("7.1"),
    ),
    risk="whoever reads the address has the verifier, a token or the app's secret: encoding is no encryption",
    fix="keep on the server what belongs to a login, and send nothing but a random state",
    seeds=("S-AUTH-05", "S-URI-01"),
)
async def secret_inside_the_state(stage: Stage) -> Follows:
    """A plain login: whatever its state and its scope are made of, no secret of it can be read out of them."""
    client = stage.session()
    await client.log_in()
    return follows(client, "state_and_scope_hold_no_secret")


@scenario(
    requirement=MUST("begin anew after an error", OAUTH21.section("7.5.1.1"), RFC9700.section("2.1.1")),
    needs={Capability.SESSIONS},
    risk="a challenge that an attacker has seen fail is used again for a login that succeeds",
    fix="make the verifier where the login begins, and keep it with that login",
    seeds=("S-AUTH-05", "S-PKCE-05"),
)
async def challenge_after_an_error(stage: Stage) -> Follows:
    """The user declines and logs in again, in two browsers: no challenge comes twice."""
    for name in ("one", "other"):
        browser = stage.session(name)
        await browser.log_in(changed(Deny()))
        await browser.log_in()
    return follows(None, "challenge_never_repeats", of=_REQUEST)
