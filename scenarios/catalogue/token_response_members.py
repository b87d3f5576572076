"""The members of the token response: the unknown, the long, the repeated, and tokens of every character.

A token is a word in a language that only the server speaks. Whoever cuts it, decodes it or believes what it seems to
say is right until the server changes how it makes them.
"""

from collections.abc import Mapping

from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import adds, repeats, reverses_members
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Follows, Rejects
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE, REQUIRED
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows, rejects
from scenarios.specifications import OAUTH21, RFC6749

_JWT_HEADER = "eyJhbGciOiJub25lIn0."

_AS_IT_CAME = "keep the token as it came, in a place that is large enough, and send it as it is kept"


@scenario(
    requirement=MUST("ignore members that are not known", RFC6749.section("5.1"), OAUTH21.section("3.2.3")),
    rows={
        "nested": adds("account", {"plan": {"name": "pro"}, "roles": [1, None]}),
        "then": adds("then", None),
        "__proto__": adds("__proto__", {"isAdmin": True}),
        "toString": adds("toString", "x"),
        "constructor": adds("constructor", {"prototype": {"isAdmin": True}}),
        "self": adds("self", "x"),
        "items": adds("items", []),
    },
    risk="the login breaks on the day when the server tells more, or the answer reaches into the program",
    fix="take out the members that you know, by name, and leave the others alone",
    incidents=("requests_oauth2client #15",),
    control=True,
    seeds=("S-RSP-07",),
)
async def unknown_members(stage: Stage, change: Deviation) -> Accepts:
    """The answer is good, and has a member more, with a name that means something to some language."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)


@scenario(
    requirement=PROSE("take the members of a token answer in any order", RFC6749.section("5.1")),
    risk="the login breaks with a server that writes them in another order",
    fix="parse JSON; do not search text",
    control=True,
    seeds=("S-RSP-07",),
)
async def members_in_another_order(stage: Stage) -> Accepts:
    """The answer is good, and its members stand in the opposite order."""
    client = stage.session()
    await client.log_in(changed(reverses_members()))
    return accepts(client)


@scenario(
    requirement=DERIVED("refuse an answer that says two things at once", RFC6749.section("5.1")),
    rows={
        "access_token": repeats("access_token", "a-token-of-nobody"),
        "token_type": repeats("token_type", "mac"),
        "expires_in": repeats("expires_in", 1),
    },
    risk="two parties read two different values of one member",
    fix="have the JSON parser refuse repeated names (RFC 8259 section 4)",
    seeds=("S-RSP-07",),
)
async def repeated_member(stage: Stage, change: Deviation) -> Rejects:
    """A member stands in the answer twice, with two values."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION)


@scenario(
    requirement=PROSE("assume nothing about the size of a token", RFC6749.section("5.1")),
    needs={Capability.CALL_API},
    rows={
        "1-KiB": {"access_token_prefix": "x" * 1024},
        "16-KiB": {"access_token_prefix": "x" * 16 * 1024},
    },
    risk="the session is lost in a cookie, or a column cuts the token: users are logged out at once",
    fix=_AS_IT_CAME,
    control=True,
    seeds=("S-RSP-07", "S-RSP-12"),
)
async def long_access_token(stage: Stage, variation: Mapping[str, str]) -> Accepts:
    """The server makes long access tokens; the API is called with one."""
    client = stage.session()
    await client.log_in(changed(variation))
    await client.call_api()
    return accepts(client, step="call_api")


@scenario(
    requirement=PROSE("assume nothing about the size of a token", RFC6749.section("5.1")),
    rows={
        "access-token": {"access_token_prefix": "x" * 64 * 1024},
        "refresh-token": {"refresh_token_prefix": "x" * 64 * 1024},
    },
    risk="the session is lost in a cookie, or a column cuts the token: nobody can log in",
    fix=_AS_IT_CAME,
    control=True,
    seeds=("S-RSP-07",),
)
async def login_with_a_long_token(stage: Stage, variation: Mapping[str, str]) -> Accepts:
    """The server makes tokens of 64 KiB, and the login works."""
    client = stage.session()
    await client.log_in(changed(variation))
    return accepts(client)


@scenario(
    requirement=PROSE("send an access token back as it came", RFC6749.section("A.12")),
    needs={Capability.CALL_API},
    risk="some users, by chance of their token's characters, cannot use what they are logged in for",
    fix="encode nothing in the Authorization header: what a Bearer token may hold can stand there as it is",
    control=True,
    seeds=("S-RSP-12",),
)
async def access_token_of_every_character(stage: Stage) -> Accepts:
    """The access token has every kind of character that a Bearer token may have; the API is called with it."""
    client = stage.session()
    await client.log_in(changed({"access_token_prefix": "AZaz09-._~+/"}))
    await client.call_api()
    return accepts(client, step="call_api")


@scenario(
    requirement=MUST_NOT("expect to read an access token", OAUTH21.section("1.4")),
    needs={Capability.CALL_API},
    risk="the login breaks when the server changes the form of its tokens, or somebody else's claim is believed",
    fix="take lifetime and scope from the answer, and the user from the API",
    control=True,
    seeds=("S-RSP-12",),
)
async def access_token_like_a_jwt(stage: Stage) -> Accepts:
    """The access token looks like a JWT with `alg` none and claims that are no JSON; it is as good as any."""
    client = stage.session()
    await client.log_in(changed({"access_token_prefix": _JWT_HEADER}))
    await client.call_api()
    return accepts(client, step="call_api")


@scenario(
    requirement=REQUIRED("refresh with the refresh token that was issued", RFC6749.section("6")),
    needs={Capability.REFRESH},
    risk="some users, by chance of their token's characters, are logged out after an hour",
    fix="form-encode the refresh token once, as every other value of the body",
    seeds=("S-REF-03", "S-RSP-12"),
)
async def refresh_token_of_every_character(stage: Stage) -> Follows:
    """The refresh token has characters that a form escapes: each refresh sends the one that was issued last."""
    client = stage.session()
    await client.log_in(changed({"refresh_token_prefix": "a+b/c=d&e%2Bf g."}))
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "refresh_token_is_the_issued_one", of="refresh")
