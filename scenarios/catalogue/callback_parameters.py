"""The parameters of the callback: said twice, said strangely, said by nobody, or said where they do not belong.

A code is any printable text of any length, and goes back as it came. Whatever else stands in the URL is to be left
alone; and what would be a login of another kind (a token in the address) is none.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from scenarios.checks.authorization_request import UNKNOWN
from scenarios.checks.pages import EVIL
from scenarios.model.capability import Capability
from scenarios.model.expectation import SESSION, TOKEN_REQUEST, Accepts, Follows, Rejects
from scenarios.model.redirect import Redirect
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows, rejects
from scenarios.specifications import OAUTH21, RFC6749, RFC9700

Rewrite = Callable[[Redirect], Redirect]

_TWICE = "refuse a callback in which `code`, `state`, `error` or `iss` comes twice"
_READ_TWICE = "what is checked and what is used are two different values, and the second is the attacker's"
_OTHER_STATE = ("state", "another-state-of-nobody")
_MANGLED = "some logins fail and most do not: those whose code has a certain character in it, or is longer than most"
_AS_IT_CAME = "decode the query once, with a library, and post the value as it is, however long"
_OTHER_HOSTS = {"other-host": f"{EVIL}:5050", "other-port": "localhost:1"}
_BY_HOST = "a cache, or a proxy, that lets a Host header through has codes sent to whoever wrote it"
_FROM_A_SETTING = "take the redirect_uri from a setting, and never from the request or its Host header"
_EVIL = "access_token=token-of-an-attacker&token_type=bearer&expires_in=3600"


def _denied(redirect: Redirect) -> Redirect:
    return redirect.with_parameters(code=None, error="access_denied")


def _other_code(redirect: Redirect) -> tuple[str, str]:
    """A code of nobody, and another one each time: what is sent twice is the client's doing alone."""
    return "code", redirect.parameter("code")[::-1]


@scenario(
    requirement=DERIVED("refuse a response with a parameter that comes twice", RFC6749.section("3.1")),
    rows={
        "code-again": lambda redirect: redirect.twice("code"),
        "other-code-last": lambda redirect: redirect.adding(_other_code(redirect)),
        "other-code-first": lambda redirect: redirect.preceded_by(_other_code(redirect)),
        "state-again": lambda redirect: redirect.twice("state"),
        "wrong-state-last": lambda redirect: redirect.adding(_OTHER_STATE),
        "wrong-state-first": lambda redirect: redirect.preceded_by(_OTHER_STATE),
        "error-again": lambda redirect: _denied(redirect).twice("error"),
        "other-error": lambda redirect: _denied(redirect).adding(("error", "server_error")),
    },
    risk=_READ_TWICE,
    fix=_TWICE,
    incidents=("openid-client 5.7.1",),
    seeds=("S-CB-06",),
)
async def parameter_twice(stage: Stage, rewrite: Rewrite) -> Rejects:
    """The callback has a parameter twice, with the same value or with two."""
    client = stage.session()
    await client.land(rewrite(await client.authorize()))
    reasons = ("code_repeated", "state_repeated", "parameter_repeated", "authorization_error")
    return rejects(client, before=TOKEN_REQUEST, reasons=reasons)


@scenario(
    requirement=MUST_NOT("repeat a request parameter", RFC6749.section("3.2")),
    rows={
        "other-code-last": lambda redirect: redirect.adding(_other_code(redirect)),
        "other-code-first": lambda redirect: redirect.preceded_by(_other_code(redirect)),
    },
    risk="a list that came out of the URL goes into the token request, and the server picks the attacker's code",
    fix=_TWICE,
    seeds=("S-CB-06",),
)
async def two_codes_in_the_token_request(stage: Stage, rewrite: Rewrite) -> Follows:
    """The callback has two codes: what is posted, if anything, has one."""
    client = stage.session()
    await client.land(rewrite(await client.authorize()))
    return follows(None, "one_code_is_sent", if_any=True)


@scenario(
    requirement=PROSE(
        "send any code back as it came", RFC6749.section("A.11"), RFC6749.section("4.1.2"), RFC6749.section("4.1.3")
    ),
    rows={
        "http": {"code_prefix": "http://"},
        "https": {"code_prefix": "https://"},
        "percent-2B": {"code_prefix": "a%2Bb"},
        # What follows is no hexadecimal digit, so that the same clients stumble each time.
        "percent": {"code_prefix": "50%~"},
        "plus": {"code_prefix": "a+b"},
        "slash": {"code_prefix": "4/0A"},
        "equals": {"code_prefix": "a=b"},
        "ampersand": {"code_prefix": "a&code=b"},
        "hash": {"code_prefix": "a#b"},
        "space": {"code_prefix": "a b"},
        "tilde": {"code_prefix": "~a~"},
        "quotes": {"code_prefix": "a\"b'c"},
        "padded": {"code_suffix": "=="},
        "one-character": {"code_length": 1},
        "4-KiB": {"code_suffix": "c" * 4096},
    },
    risk=_MANGLED,
    fix=_AS_IT_CAME,
    control=True,
    seeds=("S-CB-07",),
)
async def code_of_any_kind(stage: Stage, variation: Mapping[str, Any]) -> Accepts:
    """The server issues codes of another alphabet or length, as it may, and the login works."""
    client = stage.session()
    await client.log_in(changed(variation))
    return accepts(client)


@scenario(
    requirement=DERIVED("send the code back as it came", RFC6749.section("4.1.3"), security=True),
    rows={
        "http": {"code_prefix": "http://"},
        "percent-2B": {"code_prefix": "a%2Bb"},
        "plus": {"code_prefix": "a+b"},
        "padded": {"code_suffix": "=="},
        "4-KiB": {"code_suffix": "c" * 4096},
    },
    risk=_MANGLED,
    fix=_AS_IT_CAME,
    seeds=("S-CB-07",),
)
async def code_unchanged(stage: Stage, variation: Mapping[str, Any]) -> Follows:
    """The code that is posted is the one that came, after one decoding."""
    client = stage.session()
    await client.log_in(changed(variation))
    return follows(client, "code_is_unchanged")


@scenario(
    requirement=MUST("ignore unknown response parameters", RFC6749.section("4.1.2")),
    rows={
        "scope": (("scope", "account.read"),),
        "empty": (("foo", ""),),
        "array": (("foo[bar]", "1"), ("foo[]", "2")),
        "thirty": tuple((f"{UNKNOWN}_{number}", str(number)) for number in range(30)),
    },
    risk="the login breaks on the day when the server says a little more",
    fix="read the parameters that you know, and no others",
    control=True,
    seeds=("S-CB-08",),
)
async def more_parameters(stage: Stage, more: tuple[tuple[str, str], ...]) -> Accepts:
    """The callback says more than the specification knows, and the login works."""
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect.adding(*((name, value) for name, value in more if not redirect.parameter(name))))
    return accepts(client)


@scenario(
    requirement=MUST("ignore unknown response parameters, and forward none", RFC6749.section("4.1.2")),
    risk="whoever writes a link decides what the token request says",
    fix="write the token request from your own values, never from the URL's",
    seeds=("S-CB-08",),
)
async def unknown_parameter_goes_no_further(stage: Stage) -> Follows:
    """The callback has parameters that nobody knows: the token request has none of them."""
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect.adding((f"{UNKNOWN}_one", "1"), (f"{UNKNOWN}_two", "2")))
    return follows(client, "unknown_parameters_are_not_forwarded")


@scenario(
    requirement=DERIVED(
        "take no token that came through the browser", RFC6749.section("10.16"), RFC9700.section("2.1.2"), security=True
    ),
    rows={
        "query": lambda redirect: redirect.answering(query=f"{_EVIL}&state={redirect.parameter('state')}"),
        "fragment": lambda redirect: redirect.answering(fragment=f"{_EVIL}&state={redirect.parameter('state')}"),
        "fragment-alone": lambda redirect: redirect.answering(fragment=_EVIL),
        "code-in-the-fragment": lambda redirect: redirect.answering(fragment=urlsplit(redirect.url).query),
    },
    needs={Capability.SIGNED_IN},
    risk="whoever has got a token for another application, or for another account, logs in with it",
    fix="ask for `code`, and read nothing but `code`",
    seeds=("S-CB-14",),
)
async def token_in_the_callback(stage: Stage, rewrite: Rewrite) -> Rejects:
    """The callback holds an access token in the place of a code, or a code in its fragment: neither was asked for."""
    client = stage.session()
    await client.land(rewrite(await client.authorize()))
    return rejects(client, before=SESSION)


@scenario(
    requirement=DERIVED("take the answer where it was sent to", RFC6749.section("10.6")),
    risk="an answer that was meant for another server or another app is taken for one's own",
    fix="compare the address that was called with the redirect_uri, all that stands before the query",
    left_to_caller="redirect_uri",
    seeds=("S-CB-15",),
)
async def callback_at_another_path(stage: Stage) -> Rejects:
    """The genuine answer arrives at an address of the application that is not its redirect_uri."""
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect.at("/somewhere/else"))
    return rejects(client, before=TOKEN_REQUEST)


@scenario(
    requirement=DERIVED(
        "send the redirect_uri of the login, wherever its answer arrives", RFC6749.section("10.6"),
        RFC6749.section("4.1.3"),
    ),
    rows=_OTHER_HOSTS,
    risk=_BY_HOST,
    fix=_FROM_A_SETTING,
    seeds=("S-CB-15",),
)
async def callback_under_another_host(stage: Stage, host: str) -> Follows:
    """The genuine answer arrives under another host, or port, than that of its redirect_uri.

    A browser says so in the header Host; elsewhere the URL has it. To refuse is as right as to go on.
    """
    client = stage.session()
    await client.land(await client.authorize(), host=host)
    return follows(client, "redirect_uri_is_repeated", if_any=True)


@scenario(
    requirement=DERIVED("ask for the answer where the application is registered", RFC6749.section("10.6")),
    needs={Capability.HTML},
    rows=_OTHER_HOSTS,
    risk=_BY_HOST,
    fix=_FROM_A_SETTING,
    login_may_fail=True,
    seeds=("S-CB-15", "S-AUTH-06"),
)
async def login_under_another_host(stage: Stage, host: str) -> Follows:
    """A login is begun under another host, or port: the redirect_uri of its request, if there is one, is the same."""
    client = stage.session()
    await client.ask(host=host)
    return follows(client, "redirect_uri_is_as_configured", of="authorization_request")


@scenario(
    requirement=MUST("check and clean what is received", RFC6749.section("10.14"), OAUTH21.section("7.12")),
    rows={
        "escape": "\u001b[2J\u001b]0;owned\u0007",
        "nought": "no\u0000access",
        "right-to-left": "no \u202eelif.exe",
        "lines": "denied\r\nlevel=info user=admin",
        "64-KiB": "x" * 65_536,
    },
    risk="a text of anybody's crashes the login, or reaches a terminal or a log as it is",
    fix="decide by `error` alone, and clean the description before it is shown or logged",
    seeds=("S-CB-11",),
)
async def hostile_text_in_an_error(stage: Stage, text: str) -> Rejects:
    """The error is described in characters that mean something to terminals and logs, or at great length."""
    client = stage.session()
    redirect = await client.authorize()
    await client.land(redirect.with_parameters(code=None, error="access_denied", error_description=text))
    return rejects(client, before=TOKEN_REQUEST, reasons=("authorization_error",))
