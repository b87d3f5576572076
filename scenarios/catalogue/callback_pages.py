"""What the browser gets at the redirection endpoint: a page that somebody else could have written the address of.

The callback's URL is anybody's text, it holds a code, and it is the one page of an application that everybody is sent
to. A page that repeats the text runs the attacker's script; one that follows it is the attacker's redirector.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from mock_server.deviations.authorization_response import errs
from mock_server.deviations.deviation import Deviation
from scenarios.checks.pages import EVIL, MARK
from scenarios.model.capability import Capability
from scenarios.model.expectation import ANY_REQUEST, TOKEN_REQUEST, Accepts, Rejects, SendsAtMost, Shows
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, rejects, sends_at_most, shows
from scenarios.specifications import OAUTH21, RFC6749, RFC6750, RFC9700

HTML = {Capability.HTML}

_MARKUP = f"\"'></title></script></textarea><{MARK} {MARK}=1>"
_ATTRIBUTE = f"\" {MARK}=\"1' {MARK}='1"
_PLACES = {
    "https": f"https://{EVIL}/",
    "no-scheme": f"//{EVIL}/",
    "backslash": f"/\\{EVIL}/",
    "tab": f"/\t/{EVIL}/",
    "user-information": f"http://localhost@{EVIL}/",
    "javascript": f"javascript:{MARK}()",
}
_NAMES = ("next", "return_to", "returnTo", "redirect", "redirect_to", "redirectUrl", "url", "continue", "callbackUrl")
_SCRIPT = "a link to the callback runs the attacker's script in the application, with the user's session"
_ESCAPE = "escape whatever came in the URL, or better, show words of your own"
_PHISHING = "a link to the application ends at a copy of its login page, with the attacker"
_OWN_PLACES = "keep the place to return to in the session, and take nothing but a path of your own, with one / in front"


def _everywhere(place: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, place) for name in _NAMES)


@scenario(
    requirement=MUST(
        "take everything that a callback says for hostile", RFC6749.section("10.14"), OAUTH21.section("7.12")
    ),
    needs=HTML,
    rows={
        "error-description": {"code": None, "error": "access_denied", "error_description": _MARKUP},
        "attribute": {"code": None, "error": "access_denied", "error_description": _ATTRIBUTE},
        "error": {"code": None, "error": _MARKUP},
        "error-uri": {"code": None, "error": "access_denied", "error_uri": _MARKUP},
        "state": {"state": _MARKUP},
        "code": {"code": _MARKUP},
        "scope": {"scope": _MARKUP},
        "unknown": {"message": _MARKUP},
    },
    risk=_SCRIPT,
    fix=_ESCAPE,
    incidents=("CVE-2025-66040", "CVE-2021-32702"),
    seeds=("S-CB-11",),
)
async def markup_in_the_callback(stage: Stage, hostile: Mapping[str, str | None]) -> Shows:
    """The callback holds markup in one of its parameters: no page makes an element or an attribute of it."""
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect.with_parameters(**hostile))
    return shows(client, "text_is_not_taken_for_markup")


@scenario(
    requirement=MUST(
        "take everything that a callback says for hostile", RFC6749.section("10.14"), OAUTH21.section("7.12")
    ),
    needs=HTML,
    risk="whoever writes a link sets cookies in the application, or splits its answers in two",
    fix="put nothing from the URL into a header",
    seeds=("S-CB-11",),
)
async def line_break_in_the_callback(stage: Stage) -> Shows:
    """The callback holds a line break and a header behind it: no answer has that header."""
    client = stage.session()
    redirect = await client.authorize()
    hostile = f"no\r\n{MARK}: 1\r\nx: "
    await client.land(redirect.with_parameters(code=None, error="access_denied", error_description=hostile))
    return shows(client, "text_makes_no_header")


@scenario(
    requirement=MUST_NOT(
        "forward a browser to a place that a URL names",
        RFC9700.section("4.11.1"),
        RFC9700.section("2.1"),
        OAUTH21.section("2.3.1"),
    ),
    needs=HTML,
    rows=_PLACES,
    risk=_PHISHING,
    fix=_OWN_PLACES,
    incidents=("flask-dance PR #230",),
    seeds=("S-CB-12",),
)
async def place_named_at_the_callback(stage: Stage, place: str) -> Shows:
    """The genuine callback has one parameter more (`next` and its like) that names another site."""
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect.adding(*_everywhere(place)))
    return shows(client, "browser_is_not_sent_away")


@scenario(
    requirement=MUST_NOT(
        "forward a browser to a place that a URL names",
        RFC9700.section("4.11.1"),
        RFC9700.section("2.1"),
        OAUTH21.section("2.3.1"),
    ),
    needs=HTML,
    rows=_PLACES,
    risk=_PHISHING,
    fix=_OWN_PLACES,
    seeds=("S-CB-12",),
)
async def place_named_at_the_login(stage: Stage, place: str) -> Shows:
    """The login is begun with one parameter more (`next` and its like) that names another site, and is finished."""
    client = stage.session()
    await client.land(await client.authorize(query=urlencode(_everywhere(place))))
    return shows(client, "browser_is_not_sent_away")


@scenario(
    requirement=PROSE("finish a login, whatever else the callback says", RFC6749.section("4.1.2")),
    needs=HTML,
    risk="nobody can log in from a page deep inside the application",
    fix="ignore a place that is not your own, and go home instead",
    control=True,
    seeds=("S-CB-12",),
)
async def place_of_its_own(stage: Stage) -> Accepts:
    """The callback also has `next` and its like, which name a path of the application: the login is finished."""
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect.adding(*_everywhere("/")))
    return accepts(client)


@scenario(
    requirement=DERIVED("take an answer as it was asked for", RFC6749.section("10.6")),
    needs={Capability.HTML, Capability.POST_CALLBACK},
    rows={"head": "HEAD", "post": "POST"},
    risk="a preview or a prefetch uses the code up, and the user who follows is refused",
    fix="route the callback for GET alone; frameworks add HEAD by themselves",
    seeds=("S-CB-15",),
)
async def callback_by_another_method(stage: Stage, method: str) -> Rejects:
    """The genuine callback arrives by another method than a browser that was redirected uses."""
    client = stage.session()
    await client.land(await client.authorize(), method=method)
    return rejects(client, before=TOKEN_REQUEST)


@scenario(
    requirement=DERIVED("leave error_uri to people", RFC6749.section("4.1.2.1"), security=True),
    risk="whoever writes a link has the server ask inside its own network",
    fix="show error_uri to a developer, if at all, and never fetch it",
    seeds=("S-CB-18",),
)
async def error_uri_at_a_collector(stage: Stage) -> Rejects:
    """The error comes with an error_uri at another origin: nobody asks there."""
    client = stage.session()
    redirect = await client.authorize(changed(errs("access_denied")))
    await client.land(redirect.with_parameters(error_uri=stage.elsewhere(redirect)))
    return rejects(client, before=ANY_REQUEST, reasons=("authorization_error",))


@scenario(
    requirement=DERIVED("offer no script behind a link", RFC6749.section("4.1.2.1"), security=True),
    needs=HTML,
    risk=_SCRIPT,
    fix="make no link of error_uri; or only of http and https",
    seeds=("S-CB-18",),
)
async def error_uri_with_a_script(stage: Stage) -> Shows:
    """The error comes with an error_uri that is a script: no link of the page runs it."""
    client = stage.session()
    redirect = await client.authorize(changed(errs("access_denied")))
    await client.land(redirect.with_parameters(error_uri=f"javascript:{MARK}()"))
    return shows(client, "links_run_no_script")


@scenario(
    requirement=DERIVED("guard a cookie that holds a token", RFC6750.section("5.3"), OAUTH21.section("7.1.3")),
    needs=HTML,
    risk="whoever listens, or gets one script into the application, has the token itself and not only a session",
    fix="keep tokens on the server; a cookie that has to hold one is Secure and HttpOnly, and nothing else reads it",
    seeds=("S-LOG-01",),
)
async def token_in_a_cookie(stage: Stage) -> Shows:
    """A plain login: no cookie that holds a token has neither `Secure` nor `HttpOnly`."""
    client = stage.session()
    await client.log_in()
    return shows(client, "cookies_hold_no_bare_token")


@scenario(
    requirement=DERIVED("stop at an error, and begin no login by oneself", RFC6749.section("4.1.2.1")),
    needs=HTML,
    rows={
        "temporarily_unavailable": errs("temporarily_unavailable"),
        "server_error": errs("server_error"),
        "unknown": errs("interaction_required"),
    },
    risk="browser and server send each other round in circles, and a server in trouble gets more of it",
    fix="show the error, and let the user begin again",
    incidents=("vscode #252651",),
    seeds=("S-CB-04",),
)
async def error_for_ever(stage: Stage, change: Deviation) -> SendsAtMost:
    """The server answers every login with an error: the application does not begin one after the other.

    One more attempt by itself is nobody's harm; the fourth is.
    """
    client = stage.session()
    outcome = await client.log_in(changed(change))
    for _ in range(4):
        redirect = await client.authorize_again(outcome, changed(change))
        if redirect is None:
            break
        outcome = await client.land(redirect)
    return sends_at_most(client, 3, "authorization_request", at_least=0)
