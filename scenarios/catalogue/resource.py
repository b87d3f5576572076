"""The API: how a token is presented, to whom, and what is made of a refusal.

A bearer token is cash. It belongs into one header of requests to one place; whoever finds it in a log or gets it by a
redirect can spend it.
"""

from typing import Literal

from mock_server.delivery import Delivery, Redirect, TurnAway
from mock_server.deviations.deviation import Deviation
from mock_server.deviations.resource import answers_with_status, refuses, sends_body
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Copes, Follows, Rejects, SendsAtMost
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE, SHOULD, SHOULD_NOT
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, copes, follows, rejects, sends_at_most
from scenarios.specifications import RFC6585, RFC6749, RFC6750, RFC9110, RFC9700

CALL_API = {Capability.CALL_API}

_LOGGED = "URLs are logged, cached and sent on as Referer: whoever reads them has the user's token"
_BESIDE = "the second copy is logged, cached or sent on where nobody looks for a token"
_ELSEWHERE = "an API that looks in the header alone refuses the call; URLs and bodies are logged, token and all"
_HEADER = "send Authorization: Bearer, and the token nowhere else"
_LOOP = "one user without a permission keeps the API and the token endpoint busy"


def _redirects(status: Literal[301, 302, 303, 307, 308], to: Literal["other_port", "other_host"]) -> Delivery:
    return Delivery(Redirect(status, to), "resource")


@scenario(
    requirement=PROSE("use a token in the way of its type", RFC6749.section("7")),
    needs=CALL_API,
    risk="users are logged in and can do nothing",
    fix=_HEADER,
    control=True,
    seeds=("S-RES-01",),
)
async def plain_api_call(stage: Stage) -> Accepts:
    """A plain login, and a call of the API: the near miss of every refused one."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return accepts(client, step="call_api")


@scenario(
    requirement=MUST_NOT("send an access token in more than one way", RFC6750.section("2")),
    needs=CALL_API,
    risk=_BESIDE,
    fix=_HEADER,
    seeds=("S-RES-01",),
)
async def token_in_one_place(stage: Stage) -> Follows:
    """A call of the API: the token is in one place of the request."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "access_token_is_in_one_place", of="resource_request")


@scenario(
    requirement=SHOULD("send an access token in the Authorization header", RFC6750.section("2.1")),
    needs=CALL_API,
    risk=_ELSEWHERE,
    fix=_HEADER,
    seeds=("S-RES-01",),
)
async def token_in_the_header(stage: Stage) -> Follows:
    """A call of the API: the token is in the Authorization header."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "access_token_is_in_the_header", of="resource_request")


@scenario(
    requirement=MUST_NOT("put an access token into a query", RFC9700.section("4.3.2")),
    needs=CALL_API,
    risk=_LOGGED,
    fix=_HEADER,
    seeds=("S-RES-01",),
)
async def token_out_of_the_query(stage: Stage) -> Follows:
    """A call of the API: the token is not in the URL."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "access_token_is_not_in_the_query", of="resource_request")


@scenario(
    requirement=MUST_NOT("send an access token in a body that is no form", RFC6750.section("2.2")),
    needs=CALL_API,
    risk="the API does not find the token, and it is kept with the documents that are logged or stored",
    fix=_HEADER,
    seeds=("S-RES-01",),
)
async def token_out_of_other_bodies(stage: Stage) -> Follows:
    """A call of the API: a token in its body, if there is one, is in a form, and the method is one that has a body."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "body_with_a_token_is_a_form", of="resource_request")


@scenario(
    requirement=PROSE("send a refresh token to the authorization server alone", RFC6749.section("1.5")),
    needs=CALL_API,
    risk="whoever runs, or breaks into, an API can keep the login of its users alive for ever",
    fix="hand the part of the program that calls the API an access token, and nothing else",
    seeds=("S-REF-07",),
)
async def refresh_token_out_of_the_api(stage: Stage) -> Follows:
    """A call of the API: the refresh token is not in it."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "refresh_token_is_not_sent_to_the_api", of="resource_request")


@scenario(
    requirement=SHOULD("spell the scheme Bearer", RFC6750.section("2.1")),
    needs=CALL_API,
    risk="an API that compares the scheme letter by letter refuses the token (HTTP would have it accepted)",
    fix="write `Bearer` in the header, however token_type is spelled in the answer",
    incidents=("openid-client #248", "spring-security-oauth #354"),
    seeds=("S-RES-05",),
)
async def scheme_after_a_small_bearer(stage: Stage) -> Follows:
    """The answer says `bearer`, as Frame.io's does; the call of the API says `Bearer`."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "scheme_is_spelled_bearer", of="resource_request")


@scenario(
    requirement=MUST("keep tokens from parties that they are not meant for", RFC6750.section("5.3")),
    needs=CALL_API,
    rows={
        "302-other-port": _redirects(302, "other_port"),
        "302-other-host": _redirects(302, "other_host"),
        "307-other-port": _redirects(307, "other_port"),
        "307-other-host": _redirects(307, "other_host"),
        "308-other-port": _redirects(308, "other_port"),
    },
    risk="whoever can have the API redirect, through a link to a file store for instance, collects its users' tokens",
    fix="drop the Authorization header when a redirect leads to another scheme, host or port",
    incidents=("superagent #1844", "CVE-2018-18074"),
    seeds=("S-RES-02",),
)
async def redirected_api_call(stage: Stage, change: Delivery) -> Follows:
    """The API redirects to another port, or another name. To follow is legal; to take the token along is not."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.call_api()
    return follows(client, "no_secret_at_another_origin", of="resource_request")


@scenario(
    requirement=MUST("name the host anew in each request, also after a redirect", RFC9110.section("7.2")),
    needs=CALL_API,
    rows={"302-other-port": _redirects(302, "other_port"), "307-other-host": _redirects(307, "other_host")},
    risk="the request is answered by another site of the same server, or by none",
    fix="leave the Host header to the HTTP client, and copy no headers from one request to the next",
    seeds=("S-RES-02", "S-TOK-06"),
)
async def host_of_a_redirected_call(stage: Stage, change: Delivery) -> Follows:
    """The API redirects to another port, or another name; whoever follows says whom it is asking."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.call_api()
    return follows(client, "host_is_of_the_place_redirected_to", of="resource_request")


@scenario(
    requirement=SHOULD_NOT("repeat a request that was forbidden", RFC9110.section("15.5.4")),
    needs=CALL_API,
    rows={"insufficient_scope": refuses("insufficient_scope", 403), "no-challenge": answers_with_status(403)},
    risk=_LOOP,
    fix="take 403 for an answer: neither a repetition nor a refresh helps",
    seeds=("S-RES-03",),
)
async def forbidden_for_ever(stage: Stage, change: Deviation) -> SendsAtMost:
    """The API knows the token and says no, whenever it is asked."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.call_api()
    return sends_at_most(client, 1, "resource_request", step="call_api", at_least=1)


@scenario(
    requirement=DERIVED("refresh no token for want of a permission", RFC6750.section("3.1")),
    needs=CALL_API,
    risk=_LOOP,
    fix="refresh after 401 invalid_token alone",
    seeds=("S-RES-03",),
)
async def refresh_after_insufficient_scope(stage: Stage) -> SendsAtMost:
    """The API says insufficient_scope: a refresh brings no more than was granted."""
    client = stage.session()
    await client.log_in(changed(refuses("insufficient_scope", 403)))
    await client.call_api()
    return sends_at_most(client, 0, "refresh", step="call_api")


@scenario(
    requirement=SHOULD("show what an API keeps refusing, and stop", RFC9110.section("15.5.2")),
    needs=CALL_API,
    risk="one user whose session is dead keeps the API and the token endpoint busy",
    fix="refresh once after a 401, repeat the call once, and then give up",
    seeds=("S-RES-03", "S-REF-09"),
)
async def unauthorized_for_ever(stage: Stage) -> SendsAtMost:
    """The API refuses every token, the new ones too. A call, a refresh and another call are right."""
    client = stage.session()
    await client.log_in(changed(refuses("invalid_token")))
    await client.call_api()
    return sends_at_most(client, 3, "resource_request", step="call_api", at_least=1)


@scenario(
    requirement=PROSE("read the scheme of a challenge without regard to case", RFC9110.section("11.1")),
    needs=CALL_API,
    risk="behind a proxy that writes `bearer`, users are logged out an hour after they logged in",
    fix="compare the scheme in small letters, or let the status decide",
    control=True,
    seeds=("S-RES-05",),
)
async def challenge_in_small_letters(stage: Stage) -> Accepts:
    """The API refuses a token with `Bearer`, and another with `bearer`: who refreshes the one refreshes the other."""
    client = stage.session()
    for scheme in ("Bearer", "bearer"):
        await client.log_in(changed(refuses("invalid_token", 401, scheme).on(1)))
        await client.call_api()
    return accepts(client, step="call_api", times=2)


@scenario(
    requirement=DERIVED("tell of an error of the API", RFC6749.section("7.2")),
    needs=CALL_API,
    rows={
        "401": refuses("invalid_token"),
        "403": refuses("insufficient_scope", 403),
        "500": answers_with_status(500),
    },
    risk="an application goes on with nothing where data should be",
    fix="look at the status, and say so",
    seeds=("S-RES-03",),
)
async def error_of_the_api(stage: Stage, change: Deviation) -> Rejects:
    """The API refuses the call, or fails, whenever it is asked."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.call_api()
    return rejects(client, before=SESSION, step="call_api")


@scenario(
    requirement=DERIVED("survive a challenge that cannot be read", RFC6750.section("3")),
    needs=CALL_API,
    rows={
        "unknown": refuses("token_on_holiday"),
        "unclosed": refuses('invalid_token", error_description="a, b", scope="c"'),
        "repeated": refuses('invalid_token", error="insufficient_scope", realm="frame.io'),
    },
    risk="one odd header of a proxy crashes the application",
    fix="let the status decide, and read the challenge for a log alone",
    seeds=("S-RES-03",),
)
async def odd_answer_of_the_api(stage: Stage, change: Deviation) -> Copes:
    """The API refuses the call, with a challenge that breaks the grammar, or an error that nobody knows."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.call_api()
    return copes(client, step="call_api")


@scenario(
    requirement=SHOULD("read what is received defensively", RFC9110.section("2.3")),
    needs=CALL_API,
    risk="a maintenance page in the place of the API crashes the application",
    fix="look at the media type before the body is parsed, and take what is no JSON for a failure",
    seeds=("S-RES-03",),
    aliases=("resource/odd-answer-of-the-api[page]",),
)
async def page_in_the_place_of_the_api(stage: Stage) -> Copes:
    """The API answers 200 with a page, as a proxy or a captive portal does."""
    client = stage.session()
    await client.log_in(changed(sends_body("<h1>Bad Gateway</h1>", "text/html")))
    await client.call_api()
    return copes(client, step="call_api")


@scenario(
    requirement=PROSE("wait as long as Retry-After says", RFC9110.section("10.2.3"), RFC6585.section("4")),
    needs=CALL_API,
    risk="an API that counts calls blocks the application for longer with each one",
    fix="keep the time that Retry-After names, and send nothing before it",
    seeds=("S-TOK-07",),
)
async def api_call_when_asked_to_wait(stage: Stage) -> SendsAtMost:
    """The API has been called too often, and says when to come again: later than any test lasts."""
    client = stage.session()
    await client.log_in(changed(Delivery(TurnAway(429, "120"), "resource")))
    await client.call_api()
    return sends_at_most(client, 1, "resource_request", step="call_api", at_least=1)
