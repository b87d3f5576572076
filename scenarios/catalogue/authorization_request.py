"""The authorization request: what the client says before anybody has agreed to anything.

It travels through a browser, is read by proxies, and is put together from settings that somebody else has chosen. A
client that joins texts instead of encoding parameters works for years, until a tenant, a plus sign or a second
redirection URI comes along.
"""

from mock_server.protocol.resource_owner import Deny
from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Follows
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, PROSE, RECOMMENDED, REQUIRED, SHOULD
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows
from scenarios.specifications import FRAMEIO_GUIDE, OAUTH21, RFC6749, RFC9700

_REQUEST = "authorization_request"

TENANTS = AssignmentKind(authorization_query="tenant=t1&empty=")
TENANTS_AT_THE_TOKEN_ENDPOINT = AssignmentKind(token_query="tenant=t1")
RESERVED = AssignmentKind(client_id="reserved", scope="reserved", redirect_query="app=7&of=a%2Fb")
NO_SCOPE = AssignmentKind(scope="none")
NOT_OFFLINE = AssignmentKind(offline=False)
TWO_REDIRECT_URIS = AssignmentKind(redirect_uris=2)

_TENANT_LOST = "in a deployment with tenants every login fails, or ends at the wrong tenant"
_GUESSED = "whoever knows or guesses the next value can forge a callback for somebody else"


@scenario(
    requirement=RECOMMENDED("send a state", RFC6749.section("4.1.1"), FRAMEIO_GUIDE.section("code flow")),
    risk="a callback cannot be told from a forged one, where the server is not known to check PKCE",
    fix="draw a random state where the login begins, and keep it in the user's session",
    incidents=("CVE-2025-14546",),
    login_may_fail=True,
    seeds=("S-AUTH-01",),
)
async def state_of_the_request(stage: Stage) -> Follows:
    """A login begins: its authorization request has a state."""
    client = stage.session()
    await client.ask()
    return follows(client, "state_is_sent", of=_REQUEST)


@scenario(
    requirement=MUST_NOT("repeat a request parameter", RFC6749.section("3.1")),
    risk="a strict server refuses the request, and two readers of it read two values",
    fix="merge configured parameters with the library's instead of appending them",
    login_may_fail=True,
    seeds=("S-AUTH-01",),
)
async def parameters_once_each(stage: Stage) -> Follows:
    """A login begins: no parameter of its authorization request comes twice."""
    client = stage.session()
    await client.ask()
    return follows(client, "parameters_are_not_repeated", of=_REQUEST)


@scenario(
    requirement=DERIVED("leave out a parameter that has no value", RFC6749.section("3.1"), RFC6749.section("3.3")),
    assignment=NO_SCOPE,
    risk="`scope=`, `scope=None` or `scope=undefined` is refused, or granted in a sense that nobody meant",
    fix="add `scope` only where one is configured",
    login_may_fail=True,
    seeds=("S-AUTH-01",),
)
async def no_scope_configured(stage: Stage) -> Follows:
    """The application is told no scope: its authorization request has nothing empty in it."""
    client = stage.session()
    await client.ask()
    return follows(client, "nothing_is_sent_empty", of=_REQUEST)


@scenario(
    requirement=DERIVED("log in with the server's default scope", RFC6749.section("3.3")),
    assignment=NO_SCOPE,
    risk="an application that needs no scope cannot be built",
    fix="take a missing scope for none, and do not insist on one in the answer",
    control=True,
    seeds=("S-AUTH-01",),
)
async def login_without_a_scope(stage: Stage) -> Accepts:
    """The application is told no scope, and logs in."""
    client = stage.session()
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=SHOULD("ask for no more scope than is needed", RFC6749.section("10.3")),
    assignment=NOT_OFFLINE,
    risk="users are asked for more than the application needs, and it stores a credential that it has no use for",
    fix="send the configured scope, and add nothing to it",
    login_may_fail=True,
    seeds=("S-AUTH-01",),
)
async def scope_without_offline(stage: Stage) -> Follows:
    """The application is told a scope without `offline`: it does not ask for it by itself."""
    client = stage.session()
    await client.ask()
    return follows(client, "offline_is_not_added", of=_REQUEST)


@scenario(
    requirement=MUST("keep a query that the authorization endpoint has", RFC6749.section("3.1")),
    assignment=TENANTS,
    risk=_TENANT_LOST,
    fix="parse the endpoint, add parameters to its query, and write it out again",
    incidents=("python-sdk #3505", "simple-oauth2 #335", "oauth2-client PR #196"),
    login_may_fail=True,
    seeds=("S-AUTH-02",),
)
async def endpoint_with_a_query(stage: Stage) -> Follows:
    """The authorization endpoint is /oauth2/auth?tenant=t1&empty=: the tenant arrives, once and unchanged."""
    client = stage.session()
    await client.ask()
    return follows(client, "authorization_query_is_kept", of=_REQUEST)


@scenario(
    requirement=MUST("add parameters to a query that is there already", RFC6749.section("3.1")),
    assignment=TENANTS,
    risk=_TENANT_LOST,
    fix="join with `&` where there is a query already, and with `?` where there is none",
    control=True,
    seeds=("S-AUTH-02",),
)
async def login_at_an_endpoint_with_a_query(stage: Stage) -> Accepts:
    """The authorization endpoint has a query, and a login works."""
    client = stage.session()
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=MUST("keep a query that the token endpoint has", RFC6749.section("3.2")),
    assignment=TENANTS_AT_THE_TOKEN_ENDPOINT,
    risk=_TENANT_LOST,
    fix="post to the endpoint as it is configured, and keep the parameters in the body",
    seeds=("S-AUTH-03",),
)
async def token_endpoint_with_a_query(stage: Stage) -> Follows:
    """The token endpoint is /oauth2/token?tenant=t1: the code is posted there, tenant and all."""
    client = stage.session()
    await client.log_in()
    return follows(client, "token_query_is_kept")


@scenario(
    requirement=MUST("keep a query that the token endpoint has, also when refreshing", RFC6749.section("3.2")),
    needs={Capability.REFRESH},
    assignment=TENANTS_AT_THE_TOKEN_ENDPOINT,
    risk="logins work and refreshes fail: users are logged out after an hour",
    fix="send the refresh to the same address as the code",
    seeds=("S-AUTH-03",),
)
async def refresh_at_an_endpoint_with_a_query(stage: Stage) -> Follows:
    """The token endpoint has a query: a refresh is posted there too, tenant and all."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "token_query_is_kept", of="refresh")


@scenario(
    requirement=REQUIRED("send the client_id, form-encoded", RFC6749.section("4.1.1"), RFC6749.section("B")),
    assignment=RESERVED,
    risk="an app whose id has a plus or an ampersand in it cannot log anybody in",
    fix="encode every parameter once, where the query is written, and nowhere before",
    login_may_fail=True,
    seeds=("S-AUTH-04",),
)
async def client_id_with_reserved_characters(stage: Stage) -> Follows:
    """The client_id holds `+`, `&`, `=`, `%` and `/`: after one decoding it is what was assigned."""
    client = stage.session()
    await client.ask()
    return follows(client, "client_id_is_as_configured", of=_REQUEST)


@scenario(
    requirement=PROSE("send scope as tokens joined by spaces, form-encoded", RFC6749.section("3.3")),
    assignment=RESERVED,
    risk="a scope is refused or granted in part, and nobody knows why the API says no",
    fix="join scope tokens with one space, and encode the whole once",
    login_may_fail=True,
    seeds=("S-AUTH-04",),
)
async def scope_with_reserved_characters(stage: Stage) -> Follows:
    """Scope tokens hold `+`, `&`, `=`, `:`, `%` and `/`: after one decoding they are what was assigned."""
    client = stage.session()
    await client.ask()
    return follows(client, "scope_tokens_are_as_configured", of=_REQUEST)


@scenario(
    requirement=PROSE("join scope tokens with spaces", RFC6749.section("3.3"), FRAMEIO_GUIDE.section("code flow")),
    risk="the server takes the list for one token that it has never heard of",
    fix="join scope tokens with one space: no commas, no pluses of your own",
    login_may_fail=True,
    seeds=("S-AUTH-04",),
)
async def scope_of_the_request(stage: Stage) -> Follows:
    """The application is told several scopes: they arrive as a list that is joined by spaces."""
    client = stage.session()
    await client.ask()
    return follows(client, "scope_tokens_are_as_configured", of=_REQUEST)


@scenario(
    requirement=MUST("keep a query that the redirection URI has", RFC6749.section("3.1.2")),
    assignment=RESERVED,
    risk="the answer goes to another page of the application, or the server refuses the request",
    fix="send the redirect_uri as it is registered, and never build it from a path",
    login_may_fail=True,
    seeds=("S-AUTH-04",),
)
async def redirect_uri_with_a_query(stage: Stage) -> Follows:
    """The redirect_uri has a query of its own: it is sent as it was assigned."""
    client = stage.session()
    await client.ask()
    return follows(client, "redirect_uri_is_as_configured", of=_REQUEST)


@scenario(
    requirement=REQUIRED("repeat the redirect_uri in the token request, query and all", RFC6749.section("4.1.3")),
    assignment=RESERVED,
    risk="every login fails at its last step",
    fix="keep one setting for the redirect_uri, and send that in both requests",
    seeds=("S-AUTH-04",),
)
async def redirect_uri_with_a_query_is_repeated(stage: Stage) -> Follows:
    """The redirect_uri has a query of its own: it is the same in both requests."""
    client = stage.session()
    await client.log_in()
    return follows(client, "redirect_uri_is_repeated")


@scenario(
    requirement=PROSE("form-encode what is sent, and decode what comes", RFC6749.section("B")),
    assignment=RESERVED,
    risk="nobody can log in at an app whose settings hold reserved characters",
    fix="leave encoding and decoding to a library, once each",
    control=True,
    seeds=("S-AUTH-04",),
)
async def login_with_reserved_characters(stage: Stage) -> Accepts:
    """client_id, scope and redirect_uri hold reserved characters, and a login works."""
    client = stage.session()
    await client.log_in()
    return accepts(client)


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


@scenario(
    requirement=MUST("send redirect_uri where several are registered", RFC6749.section("3.1.2.3")),
    assignment=TWO_REDIRECT_URIS,
    risk="on the day when a second redirection URI is registered, every login fails",
    fix="always send redirect_uri",
    login_may_fail=True,
    seeds=("S-AUTH-06",),
)
async def two_redirect_uris(stage: Stage) -> Follows:
    """Two redirection URIs are registered: the request says which one it wants."""
    client = stage.session()
    await client.ask()
    return follows(client, "redirect_uri_is_sent", of=_REQUEST)


@scenario(
    requirement=MUST("log in where several redirection URIs are registered", RFC6749.section("3.1.2.3")),
    assignment=TWO_REDIRECT_URIS,
    risk="one app for test and production cannot be had",
    fix="send the redirect_uri that you were told",
    control=True,
    seeds=("S-AUTH-06",),
)
async def login_with_two_redirect_uris(stage: Stage) -> Accepts:
    """Two redirection URIs are registered, and a login works at the one that the application was told."""
    client = stage.session()
    await client.log_in()
    return accepts(client)
