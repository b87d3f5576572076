"""The body of the token response: what is JSON, what is not, and what takes too long.

Captive portals, proxies and maintenance pages answer in the place of the server, politely and with status 200. What
they say is no token answer, and a client should find that out by looking, not by falling over it.
"""

from mock_server.delivery import LONGEST, Delay, Delivery, Drip, Pad, WrongLength
from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import compresses, form_encodes, sends_body, sets_header, truncates
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, Accepts, Copes, Rejects
from scenarios.model.requirement import DERIVED, MUST, PROSE, SHOULD
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, copes, rejects
from scenarios.specifications import RFC6749, RFC9110

_REASONS = ("not_json", "media_type", "access_token_missing")
_PAGE = "<!doctype html><title>Log in to the network</title><p>Please accept the terms of use.</p>"
_ANSWER = '{"access_token":"a-token-of-nobody","token_type":"bearer","expires_in":3600}'

_BOMB = compresses(16 << 20)

_PORTAL = "whoever is behind a captive portal is logged in with nothing, or sees a stack trace"
_OBJECT = "go on with a JSON object that the answer itself calls application/json, and refuse the rest"


@scenario(
    requirement=PROSE("take a JSON object for a token answer, and nothing else", RFC6749.section("5.1")),
    rows={
        "page": sends_body(_PAGE, "text/html"),
        "page-called-json": sends_body(_PAGE),
        "empty": sends_body(""),
        "array": sends_body("[]"),
        "string": sends_body('"a-token-of-nobody"'),
        "null": sends_body("null"),
        "cut-off": truncates(40),
        "deep": sends_body("[" * 20_000),
        "form": form_encodes(),
    },
    risk=_PORTAL,
    fix=_OBJECT,
    incidents=("CVE-2021-41580",),
    seeds=("S-RSP-05",),
)
async def answer_that_is_no_json_object(stage: Stage, change: Deviation) -> Rejects:
    """The answer is 200, and its body is something else."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=_REASONS)


@scenario(
    requirement=PROSE("take a JSON object for a token answer, and nothing else", RFC6749.section("5.1")),
    needs={Capability.REFRESH},
    rows={"page": sends_body(_PAGE, "text/html"), "empty": sends_body(""), "null": sends_body("null")},
    risk="a session goes on with nothing for a token",
    fix="judge the answer to a refresh by the same function as the first one",
    seeds=("S-RSP-05", "S-REF-06"),
)
async def refresh_answer_that_is_no_json_object(stage: Stage, change: Deviation) -> Rejects:
    """The login is good; the answer to its refresh is 200, and its body is something else."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return rejects(client, before=SESSION, step="refresh", reasons=_REASONS)


@scenario(
    requirement=DERIVED("end in a success of 5.1 or a failure of 5.2, and nothing else", RFC6749.section("4.1.4")),
    needs={Capability.REASON},
    rows={"page-called-json": sends_body(_PAGE), "array": sends_body("[]"), "null": sends_body("null")},
    risk="an exception that nobody expects becomes an error page, and its cause is in nobody's log",
    fix="catch what the JSON parser raises, look at the type, and raise an error of your own",
    seeds=("S-RSP-05",),
)
async def failure_with_a_reason(stage: Stage, change: Deviation) -> Rejects:
    """A client that names its reasons names one here too: it does not fall over a body that is no JSON object."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=_REASONS, explained=True)


@scenario(
    requirement=PROSE("read media types without regard to case and parameters", RFC9110.section("8.3.1")),
    rows={
        "bare": sets_header("content-type", "application/json"),
        "capitals": sets_header("content-type", "Application/JSON"),
        "spaces": sets_header("content-type", "application/json ; charset=utf-8"),
        "quoted": sets_header("content-type", 'application/json;charset="UTF-8"'),
    },
    risk="the login breaks with a server that spells it otherwise: Frame.io says `application/json;charset=UTF-8`",
    fix="compare what stands before the semicolon, in small letters and without spaces",
    control=True,
    seeds=("S-RSP-05",),
)
async def media_type_in_any_spelling(stage: Stage, change: Deviation) -> Accepts:
    """The answer is good, and spells its media type in its own way."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)


@scenario(
    requirement=DERIVED("believe the media type, and do not guess", RFC9110.section("8.3")),
    rows={"html": sets_header("content-type", "text/html"), "plain": sets_header("content-type", "text/plain")},
    risk="what a page happens to contain is taken for an answer",
    fix="refuse an answer that does not call itself application/json",
    seeds=("S-RSP-05",),
)
async def json_under_another_name(stage: Stage, change: Deviation) -> Rejects:
    """The body is a token answer, which calls itself a page or a text."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=SESSION, reasons=_REASONS)


@scenario(
    requirement=SHOULD("read what is received defensively", RFC9110.section("2.3")),
    rows={
        "byte-order-mark": sends_body("\ufeff" + _ANSWER),
        "UTF-16": sends_body("\udcff\udcfe" + "".join(f"{character}\0" for character in _ANSWER)),
        "other-charset": sets_header("content-type", "application/json;charset=ISO-8859-1"),
        "coding-not-asked-for": sets_header("content-encoding", "gzip"),
        "unknown-coding": sets_header("content-encoding", "x-none"),
        "no-media-type": sets_header("content-type", None),
    },
    risk="one odd header crashes the client, or leaves it waiting",
    fix="treat what cannot be decoded as a failure like any other",
    control=True,
    seeds=("S-RSP-05", "S-RSP-11"),
)
async def odd_encoding(stage: Stage, change: Deviation) -> Copes:
    """The answer is JSON in an odd wrapping, which may be accepted as well as refused."""
    client = stage.session()
    await client.log_in(changed(change))
    return copes(client)


@scenario(
    requirement=MUST("expect any number in Content-Length", RFC9110.section("8.6")),
    rows={
        "ten-bytes": Delivery(WrongLength(10)),
        "two-gigabytes": Delivery(WrongLength(1 << 31)),
        "thirty-digits": Delivery(WrongLength(digits=30)),
    },
    risk="an answer that breaks off ends the program, or has memory set aside for a body that never comes",
    fix="read until the connection ends, within a bound, and refuse what is not whole",
    seeds=("S-RSP-11",),
)
async def length_that_is_never_reached(stage: Stage, change: Delivery) -> Copes:
    """The answer announces more than it sends, and the connection ends."""
    client = stage.session()
    await client.log_in(changed(change))
    return copes(client)


@scenario(
    requirement=SHOULD("read what is received defensively", RFC9110.section("2.3")),
    risk="whoever answers in the place of the server fills the memory of the application",
    fix="stop reading after a megabyte: no honest token answer is longer",
    seeds=("S-RSP-11",),
)
async def answer_without_end(stage: Stage) -> Rejects:
    """The answer is good, and goes on for fifty megabytes of white space."""
    client = stage.session()
    await client.log_in(changed(Delivery(Pad(50 << 20))))
    return rejects(client, before=SESSION)


@scenario(
    requirement=SHOULD("read what is received defensively", RFC9110.section("2.3")),
    risk="whoever answers in the place of the server fills the memory of the application with a few kilobytes",
    fix="ask for no content coding, and bound what an answer unpacks to",
    seeds=("S-RSP-11",),
)
async def answer_that_unpacks_without_end(stage: Stage) -> Rejects:
    """The answer is good, and comes as gzip: less than a tenth of a megabyte that becomes sixteen."""
    client = stage.session()
    await client.log_in(changed(_BOMB))
    return rejects(client, before=SESSION)


@scenario(
    requirement=SHOULD("read what is received defensively", RFC9110.section("2.3")),
    rows={"drop-by-drop": Delivery(Drip(1, 1.0)), "never": Delivery(Delay(LONGEST))},
    patience=120.0,
    waits=True,
    risk="each login that meets such an answer holds a thread, or a connection, until none is left for anybody",
    fix="bound the time from the first octet of the request to the last of the answer, and not from octet to octet",
    seeds=("S-RSP-11", "S-TOK-04"),
)
async def answer_that_takes_for_ever(stage: Stage, change: Delivery) -> Copes:
    """The answer is good, and comes at an octet a second, or not at all: the client gives up after some time."""
    client = stage.session()
    await client.log_in(changed(change))
    return copes(client)


@scenario(
    requirement=DERIVED("wait for an answer that is on its way", RFC6749.section("4.1.4")),
    rows={"late": Delivery(Delay(0.3)), "drop-by-drop": Delivery(Drip(60, 0.05))},
    risk="logins fail when the server is a little slow",
    fix="give an answer some seconds, and count them from its beginning to its end",
    control=True,
    waits=True,
    seeds=("S-RSP-11",),
)
async def slow_answer(stage: Stage, change: Delivery) -> Accepts:
    """The answer is good, and takes a third of a second."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)
