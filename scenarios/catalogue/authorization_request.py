"""The authorization request: what the client says before anybody has agreed to anything.

It travels through a browser, is read by proxies, and is put together from settings that somebody else has chosen. A
client that joins texts instead of writing a query works for years, until a tenant or a second redirection URI comes
along.
"""

from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Follows, Sent
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, RECOMMENDED, REQUIRED, SHOULD
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, accepts, follows
from scenarios.specifications import FRAMEIO_GUIDE, RFC6749, RFC9110

_REQUEST: Sent = "authorization_request"

TENANTS = AssignmentKind(authorization_query="tenant=t1&empty=")
FRAGMENT = AssignmentKind(authorization_fragment="top")
TENANTS_AT_THE_TOKEN_ENDPOINT = AssignmentKind(token_query="tenant=t1")
NO_SCOPE = AssignmentKind(scope="none")
NOT_OFFLINE = AssignmentKind(offline=False)
TWO_REDIRECT_URIS = AssignmentKind(redirect_uris=2)

_TENANT_LOST = "in a deployment with tenants every login fails, or ends at the wrong tenant"


@scenario(
    requirement=REQUIRED("ask for response_type code", RFC6749.section("3.1.1"), RFC6749.section("4.1.1")),
    risk="a server refuses the request, or answers with a token in the address of a page",
    fix="send response_type=code, in small letters",
    login_may_fail=True,
    seeds=("S-AUTH-01",),
)
async def response_type_of_the_request(stage: Stage) -> Follows:
    """A login begins: its authorization request asks for a code, and for nothing else."""
    client = stage.session()
    await client.ask()
    return follows(client, "response_type_is_code", of=_REQUEST)


@scenario(
    requirement=RECOMMENDED("send a state", RFC6749.section("4.1.1"), FRAMEIO_GUIDE.section("code flow")),
    risk="a callback cannot be told from a forged one, where the server is not known to check PKCE",
    fix="draw a random state where the login begins, and keep it in the user's session",
    incidents=("CVE-2025-14546", "claude-code #17733"),
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
    requirement=MUST_NOT("put user information into an address", RFC9110.section("4.2.4")),
    risk="credentials are in the history and in logs; or a user takes what stands before the @ for the host",
    fix="name the client by client_id, in the query",
    login_may_fail=True,
    seeds=("S-URI-01",),
)
async def user_information_in_the_address(stage: Stage) -> Follows:
    """A login begins: the address that the browser is sent to has nothing before its host."""
    client = stage.session()
    await client.ask()
    return follows(client, "address_has_no_user_information", of=_REQUEST)


@scenario(
    requirement=DERIVED("leave out a parameter that has no value", RFC6749.section("3.1"), RFC6749.section("3.3")),
    needs={Capability.SCOPE},
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
    needs={Capability.SCOPE},
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
    needs={Capability.SCOPE},
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
    requirement=DERIVED("put nothing behind the fragment of an endpoint that has one", RFC6749.section("3.1")),
    assignment=FRAGMENT,
    risk="every parameter stands behind the #, which browsers keep to themselves: the request arrives empty",
    fix="refuse such a setting, or drop its fragment before parameters are added",
    login_may_fail=True,
    settings_may_be_refused=True,
    seeds=("S-AUTH-02",),
)
async def endpoint_with_a_fragment(stage: Stage) -> Follows:
    """The authorization endpoint is /oauth2/auth#top: the application refuses that, or its parameters arrive.

    The mistake is that of whoever named the endpoint, for none may have a fragment.
    """
    client = stage.session()
    await client.ask()
    return follows(client, "parameters_are_in_the_query", of=_REQUEST)


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
    """The token endpoint has a query: each of two refreshes is posted there too, tenant and all."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "token_query_is_kept", of="refresh")


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
