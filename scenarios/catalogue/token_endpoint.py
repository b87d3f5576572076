"""The token endpoint on a bad day: overloaded, broken off, in the wrong mood about who asks.

A code is good once. A client that sends it again, because something went wrong or because it tries another way to
authenticate, has the server revoke what the first request bought; and one that hammers a busy server keeps it busy.
"""

from mock_server.delivery import Delivery, HalfBody, Interim, Reset, TurnAway
from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import answers_with_status, errs
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Copes, Rejects, SendsAtMost
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE, SHOULD
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, copes, rejects, sends_at_most
from scenarios.specifications import RFC6585, RFC6749, RFC9110

# Dates far away are dates all the same; nobody is asked to wait for them.
_FAR = "Fri, 31 Dec 2038 23:59:59 GMT"
_TEN_YEARS = "315360000"

_REVOKED = "the server revokes what the code bought: the user is logged out at random"
_NEVER_AGAIN = "never send a code again, whatever became of the first request: begin a new login"
_WAIT = "keep the time that Retry-After names, and send nothing before it"
_HAMMER = "an overloaded server is kept overloaded by those who wait for it"


@scenario(
    requirement=MUST_NOT("use an authorization code more than once", RFC6749.section("4.1.2")),
    rows={
        "500": errs("server_error", "", 500),
        "502": Delivery(TurnAway(502, "")),
        "503": Delivery(TurnAway(503, "")),
        "reset": Delivery(Reset()),
        "reset-after-headers": Delivery(Reset("headers")),
        "half-an-answer": Delivery(HalfBody()),
    },
    risk=_REVOKED,
    fix=_NEVER_AGAIN + "; take POST out of the retries of the HTTP client",
    seeds=("S-TOK-04",),
)
async def code_after_a_failure(stage: Stage, change: Deviation | Delivery) -> SendsAtMost:
    """The server has read the request whole, and fails: nobody can know what became of the code."""
    client = stage.session()
    await client.log_in(changed(change))
    return sends_at_most(client, 1, "code")


@scenario(
    requirement=PROSE("log in again after a login that failed", RFC6749.section("4.1")),
    risk="a server that stumbles once locks its users out",
    fix="drop what the failed login has left behind, and begin anew",
    control=True,
    seeds=("S-TOK-04",),
)
async def login_after_a_failed_one(stage: Stage) -> Accepts:
    """One login breaks off at the token endpoint; the next one in the same browser works."""
    client = stage.session()
    await client.log_in(changed(Delivery(Reset())))
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=DERIVED(
        "take 401 for an answer: do not try the code again in another style", RFC6749.section("5.2"), security=True
    ),
    rows={
        "no-challenge": errs("invalid_client", "", 401),
        "Basic": errs("invalid_client", "", 401, 'Basic realm="oauth2"'),
        "basic-in-small-letters": errs("invalid_client", "", 401, 'basic realm="oauth2"'),
        "Bearer": errs("invalid_client", "", 401, 'Bearer error="invalid_client"'),
        "several": errs("invalid_client", "", 401, 'Negotiate, Basic realm="a", charset="UTF-8", Bearer'),
    },
    risk=_REVOKED + "; and the secret has travelled in a body that is logged",
    fix="configure how the client authenticates, and never find out by trying",
    incidents=("golang/oauth2 #373",),
    seeds=("S-TOK-05",),
)
async def code_after_invalid_client(stage: Stage, change: Deviation) -> SendsAtMost:
    """The server says that it does not know this client, with the challenges that tempt some to try otherwise."""
    client = stage.session()
    await client.log_in(changed(change))
    return sends_at_most(client, 1, "code")


@scenario(
    requirement=PROSE("wait as long as Retry-After says", RFC9110.section("10.2.3"), RFC6585.section("4")),
    rows={
        "429-seconds": Delivery(TurnAway(429, "120")),
        "503-date": Delivery(TurnAway(503, _FAR)),
    },
    risk=_HAMMER,
    fix=_WAIT,
    seeds=("S-TOK-07",),
)
async def code_when_asked_to_wait(stage: Stage, change: Delivery) -> SendsAtMost:
    """The server is too busy to redeem the code, and says when to come again: later than any test lasts."""
    client = stage.session()
    await client.log_in(changed(change))
    return sends_at_most(client, 1, "code")


@scenario(
    requirement=PROSE("wait as long as Retry-After says", RFC9110.section("10.2.3"), RFC6585.section("4")),
    needs={Capability.REFRESH},
    rows={
        "429-seconds": Delivery(TurnAway(429, "120")),
        "503-date": Delivery(TurnAway(503, _FAR)),
        "503-ten-years": Delivery(TurnAway(503, _TEN_YEARS)),
    },
    risk=_HAMMER,
    fix=_WAIT,
    seeds=("S-TOK-07",),
)
async def refresh_when_asked_to_wait(stage: Stage, change: Delivery) -> SendsAtMost:
    """The server is too busy to refresh, and says when to come again."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return sends_at_most(client, 1, "refresh", step="refresh")


@scenario(
    requirement=SHOULD("read what is received defensively", RFC9110.section("2.3")),
    needs={Capability.REFRESH},
    rows={
        "past": Delivery(TurnAway(503, "Wed, 21 Oct 2015 07:28:00 GMT")),
        "negative": Delivery(TurnAway(503, "-1")),
        "fraction": Delivery(TurnAway(429, "0.5")),
        "word": Delivery(TurnAway(503, "soon")),
        "thirty-digits": Delivery(TurnAway(503, "9" * 30)),
    },
    risk="a header of a proxy crashes the client, or puts it to sleep for ever",
    fix="take a Retry-After that cannot be read for none",
    seeds=("S-TOK-07",),
)
async def odd_retry_after(stage: Stage, change: Delivery) -> Copes:
    """The server is too busy, and its Retry-After is no time that HTTP knows, or one that nobody can wait for."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return copes(client, step="refresh")


@scenario(
    requirement=PROSE("take a token from an answer with status 200 alone", RFC6749.section("5.1")),
    rows={
        "201": answers_with_status(201),
        "202": answers_with_status(202),
        "204": answers_with_status(204),
        "206": answers_with_status(206),
    },
    risk="half an answer, or a promise of one, is taken for a login",
    fix="compare the status with 200",
    seeds=("S-TOK-08",),
)
async def another_status_of_success(stage: Stage, change: Deviation) -> Rejects:
    """The answer has a token, and a status that speaks of success in another way; under 204 there is no body at all."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=("status",))


@scenario(
    requirement=MUST("treat an unknown status as the x00 of its class", RFC9110.section("15")),
    rows={"418": answers_with_status(418), "471": answers_with_status(471), "599": answers_with_status(599)},
    risk="a refusal that is not on a list is taken for a login",
    fix="take every status but 200 for a failure",
    seeds=("S-TOK-08",),
)
async def unknown_status_of_failure(stage: Stage, change: Deviation) -> Rejects:
    """The answer has a token, and a status that no list has: 471 is to be read as 400, 599 as 500."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=("status", "token_error"))


@scenario(
    requirement=MUST("treat an unknown status as the x00 of its class", RFC9110.section("15")),
    risk="a status that is not on a list crashes the client",
    fix="have a default beside the statuses that are known",
    control=True,
    seeds=("S-TOK-08",),
)
async def unknown_status_of_success(stage: Stage) -> Copes:
    """The answer has a token under 299. HTTP reads it as 200, OAuth asks for 200: both ways are right."""
    client = stage.session()
    await client.log_in(changed(answers_with_status(299)))
    return copes(client)


@scenario(
    requirement=MUST("read on after an answer of status 1xx", RFC9110.section("15.2")),
    rows={"100": Delivery(Interim(100)), "102": Delivery(Interim(102)), "103": Delivery(Interim(103))},
    risk="the login breaks behind a proxy that announces what will come",
    fix="use an HTTP client that skips every 1xx, and not 100 alone",
    control=True,
    seeds=("S-TOK-08",),
)
async def interim_answer(stage: Stage, change: Delivery) -> Accepts:
    """The answer is good, and another one of status 1xx comes before it."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)
