"""PKCE: the proof that whoever redeems a code is who asked for it.

A code travels through a browser, where others may read it or put theirs in its place. With PKCE a stolen code is
worth nothing, and an injected one is refused, provided that challenge and verifier are made and kept as they should be.
"""

from scenarios.model.expectation import Follows
from scenarios.model.requirement import MUST, PROSE, RECOMMENDED, REQUIRED
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, follows
from scenarios.specifications import OAUTH21, RFC7636, RFC9700

_STOLEN = "a code that is stolen on its way can be redeemed by the thief"


@scenario(
    requirement=MUST("use PKCE as a public client", RFC9700.section("2.1.1"), OAUTH21.section("4.1.1")),
    app_kinds=("pkce",),
    risk=_STOLEN,
    fix="send code_challenge and code_challenge_method=S256, and code_verifier with the code",
    seeds=("S-PKCE-01",),
)
async def challenge_of_a_pkce_app(stage: Stage) -> Follows:
    """A PKCE app logs in: its authorization request has a code_challenge."""
    client = stage.session()
    await client.log_in()
    return follows(client, "challenge_is_sent")


@scenario(
    requirement=RECOMMENDED("use PKCE as a confidential client too", RFC9700.section("2.1.1")),
    app_kinds=("basic",),
    risk="an attacker's code can be injected into a victim's login",
    fix="send code_challenge and code_challenge_method=S256, and code_verifier with the code",
    seeds=("S-PKCE-01",),
)
async def challenge_of_a_basic_app(stage: Stage) -> Follows:
    """An app with a secret logs in: its authorization request has a code_challenge."""
    client = stage.session()
    await client.log_in()
    return follows(client, "challenge_is_sent")


@scenario(
    requirement=MUST("use S256, and spell it so", RFC7636.section("4.2"), RFC7636.section("4.3")),
    risk="with `plain`, or a method that the server takes for plain, whoever reads the request has the verifier",
    fix="send code_challenge_method=S256, with a capital S",
    incidents=("social-core #1681",),
    seeds=("S-PKCE-01",),
)
async def method_s256(stage: Stage) -> Follows:
    """A plain login: where there is a challenge, its method is S256."""
    client = stage.session()
    await client.log_in()
    return follows(client, "challenge_method_is_s256")


@scenario(
    requirement=PROSE("make a verifier of 43 to 128 unreserved characters", RFC7636.section("4.1")),
    risk="strict servers refuse some or all logins",
    fix="base64url-encode 32 random bytes: 43 characters",
    incidents=("social-core #1681", "streamlit-oauth #25", "django-allauth #3237"),
    seeds=("S-PKCE-01",),
)
async def verifier_grammar(stage: Stage) -> Follows:
    """Twenty logins: each verifier keeps to the grammar, for some are made of random lengths."""
    client = stage.session()
    for _ in range(20):
        await client.log_in()
    return follows(client, "verifier_is_well_formed")


@scenario(
    requirement=REQUIRED("send the verifier of the login's challenge", RFC7636.section("4.5")),
    risk="the login fails, or PKCE is off without anybody noticing",
    fix="keep the verifier with its login, by state",
    seeds=("S-PKCE-01",),
)
async def verifier_matches(stage: Stage) -> Follows:
    """A plain login: the verifier is the challenge's."""
    client = stage.session()
    await client.log_in()
    return follows(client, "verifier_matches_the_challenge")


@scenario(
    requirement=MUST("send a verifier if, and only if, there was a challenge", OAUTH21.section("4.1.3")),
    risk="PKCE can be downgraded: an injected code is redeemed without a verifier",
    fix="keep the verifier with its login, and refuse to redeem a code when it is gone",
    incidents=("CVE-2023-27490",),
    seeds=("S-PKCE-01",),
)
async def verifier_goes_with_the_challenge(stage: Stage) -> Follows:
    """A plain login: a verifier comes with the code where a challenge was sent, and only there."""
    client = stage.session()
    await client.log_in()
    return follows(client, "verifier_goes_with_a_challenge")


@scenario(
    requirement=PROSE("make a new verifier for each login", RFC7636.section("4.1")),
    risk="whoever learns one verifier can redeem every later code",
    fix="make the verifier where the login begins, not where the client object is made",
    seeds=("S-PKCE-01",),
)
async def challenge_of_each_login(stage: Stage) -> Follows:
    """Twenty logins in one browser: no challenge comes twice."""
    client = stage.session()
    for _ in range(20):
        await client.log_in()
    return follows(client, "challenge_never_repeats")
