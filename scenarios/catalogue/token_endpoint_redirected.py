"""A token endpoint that redirects: after a move, behind a proxy, or in the hands of somebody else.

What follows is up to the HTTP client, and most follow without being asked. The body of the request, with the code, the
verifier and the refresh token, goes wherever a header says. Each second hop here serves a token that works.
"""

from typing import Literal

from mock_server.delivery import Delivery, Redirect
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Follows, Rejects, SendsAtMost
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE, SHOULD
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, follows, rejects, sends_at_most
from scenarios.specifications import RFC6749, RFC9110, RFC9700

Status = Literal[301, 302, 303, 307, 308]
Where = Literal["same_origin", "other_port", "other_host", "itself"]

# The highest default of an HTTP client known to us is 30.
_MOST_HOPS = 50

_COLLECTED = "whoever can redirect the token endpoint collects secrets, codes and tokens"
_STAY = "do not follow redirects of the token request: switch them off in the HTTP client"


def _redirects(status: Status, to: Where) -> Delivery:
    return Delivery(Redirect(status, to))


_STATUSES: tuple[Status, ...] = (301, 302, 303, 307, 308)
_OTHERS: tuple[Where, ...] = ("other_port", "other_host")
_ELSEWHERE = {
    f"{status}-{to.replace('_', '-')}": _redirects(status, to) for status in _STATUSES for to in _OTHERS
}


@scenario(
    requirement=DERIVED(
        "send no credentials after a redirect", RFC9700.section("4.12"), RFC9110.section("15.4"), security=True
    ),
    rows=_ELSEWHERE,
    risk=_COLLECTED,
    fix=_STAY,
    incidents=("CVE-2018-18074", "superagent #1844", "oauth2-client 3.3.1", "typescript-sdk 1.9.0"),
    seeds=("S-TOK-06",),
)
async def credentials_at_another_origin(stage: Stage, change: Delivery) -> Follows:
    """The token endpoint redirects the request with the code to another port, or to another name."""
    client = stage.session()
    await client.log_in(changed(change))
    return follows(client, "no_secret_at_another_origin")


@scenario(
    requirement=PROSE("follow a redirect of an unsafe method with care", RFC9110.section("15.4")),
    rows={
        "301-other-port": _redirects(301, "other_port"),
        "302-other-port": _redirects(302, "other_port"),
        "303-other-host": _redirects(303, "other_host"),
        "307-other-port": _redirects(307, "other_port"),
        "307-other-host": _redirects(307, "other_host"),
        "308-other-port": _redirects(308, "other_port"),
    },
    risk="a token from somewhere else logs the user in as somebody else",
    fix=_STAY,
    incidents=("CVE-2021-41580",),
    seeds=("S-TOK-06",),
)
async def token_from_another_origin(stage: Stage, change: Delivery) -> Rejects:
    """What the second hop serves is a token answer as good as any."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=("redirected", "status"))


@scenario(
    requirement=MUST("send token requests by POST", RFC6749.section("3.2")),
    rows={
        "301": _redirects(301, "same_origin"),
        "302": _redirects(302, "same_origin"),
        "303": _redirects(303, "same_origin"),
    },
    risk="a GET for a token is cached and logged with whatever it carries",
    fix=_STAY,
    seeds=("S-TOK-06",),
)
async def post_turned_into_a_get(stage: Stage, change: Delivery) -> Follows:
    """The token endpoint redirects within its own origin, in the ways that turn a POST into a GET."""
    client = stage.session()
    await client.log_in(changed(change))
    return follows(client, "token_request_stays_a_post")


@scenario(
    requirement=MUST_NOT("change the method when following 307 or 308", RFC9110.section("15.4.8")),
    rows={"307": _redirects(307, "same_origin"), "308": _redirects(308, "same_origin")},
    risk="the request arrives without its body, and the login fails for no visible reason",
    fix=_STAY,
    seeds=("S-TOK-06",),
)
async def method_kept(stage: Stage, change: Delivery) -> Follows:
    """The token endpoint redirects within its own origin. To follow is legal, and so is to refuse: GET is neither."""
    client = stage.session()
    await client.log_in(changed(change))
    return follows(client, "token_request_stays_a_post")


@scenario(
    requirement=SHOULD("detect redirects that go in a circle", RFC9110.section("15.4")),
    rows={"307": _redirects(307, "itself"), "308": _redirects(308, "itself")},
    risk="one login keeps client and server busy for ever",
    fix=_STAY,
    seeds=("S-TOK-06",),
)
async def redirected_to_itself(stage: Stage, change: Delivery) -> SendsAtMost:
    """The token endpoint redirects to itself, for ever."""
    client = stage.session()
    await client.log_in(changed(change))
    return sends_at_most(client, _MOST_HOPS, "code")


@scenario(
    requirement=MUST("share a refresh token with the server that issued it alone", RFC6749.section("10.4")),
    needs={Capability.REFRESH},
    rows=_ELSEWHERE,
    risk=_COLLECTED + ", for as long as a refresh token lives",
    fix=_STAY + ", for a refresh too",
    incidents=("superagent #1844",),
    seeds=("S-TOK-06",),
)
async def refresh_token_at_another_origin(stage: Stage, change: Delivery) -> Follows:
    """The login is good; the token endpoint redirects its refresh to another port, or to another name."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return follows(client, "no_secret_at_another_origin", of="refresh")


@scenario(
    requirement=PROSE("follow a redirect of an unsafe method with care", RFC9110.section("15.4")),
    needs={Capability.REFRESH},
    risk="a session goes on with a token from somewhere else",
    fix=_STAY + ", for a refresh too",
    seeds=("S-TOK-06",),
)
async def refreshed_at_another_origin(stage: Stage) -> Rejects:
    """The refresh is redirected, and the second hop serves new tokens."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(_redirects(307, "other_port")))
    await client.refresh()
    return rejects(client, before=SESSION, step="refresh", reasons=("redirected", "status"))
