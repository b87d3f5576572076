"""The token request: who sends it, and what is in it.

A client that authenticates wrongly works with lax servers for years, and stops working on the day when the server is
strict. A secret in the wrong place is in somebody's log by then.
"""

from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import Follows
from scenarios.model.requirement import DOC, MUST, MUST_NOT, PROSE, REQUIRED, Level, Requirement
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, follows
from scenarios.specifications import FRAMEIO_GUIDE, RFC6749

RESERVED = AssignmentKind(secret="reserved")

_DENIED = "the server denies the request: nobody can log in"


@scenario(
    requirement=MUST("authenticate on the token request", RFC6749.section("3.2.1"), RFC6749.section("4.1.3")),
    app_kinds=("basic",),
    risk=_DENIED + "; one that does not deny it lets anybody redeem a stolen code",
    fix="send Authorization: Basic with client_id and client_secret",
    seeds=("S-TOK-01",),
)
async def basic_authentication(stage: Stage) -> Follows:
    """An app with a secret logs in: the token request authenticates with Basic."""
    client = stage.session()
    await client.log_in()
    return follows(client, "basic_app_authenticates")


@scenario(
    requirement=Requirement(
        Level.NOT_RECOMMENDED, "put the secret into the body where Basic is on offer", (RFC6749.section("2.3.1"),)
    ),
    app_kinds=("basic",),
    risk="Frame.io denies a request that has it there alone; everywhere it is kept with the bodies that are logged",
    fix="take client_secret out of the body and send Authorization: Basic",
    seeds=("S-TOK-01",),
)
async def secret_in_the_header_alone(stage: Stage) -> Follows:
    """An app with a secret logs in: the body does not hold the secret."""
    client = stage.session()
    await client.log_in()
    return follows(client, "secret_is_not_in_the_body")


@scenario(
    requirement=MUST_NOT("authenticate in more than one way", RFC6749.section("2.3")),
    app_kinds=("basic",),
    risk="a strict server denies the request, and the secret is kept with the bodies that are logged",
    fix="send one: the Authorization header",
    seeds=("S-TOK-01",),
)
async def one_way_to_authenticate(stage: Stage) -> Follows:
    """An app with a secret logs in: it does not send its secret twice."""
    client = stage.session()
    await client.log_in()
    return follows(client, "one_authentication_method")


@scenario(
    requirement=PROSE("send the token request as a form", RFC6749.section("4.1.3"), RFC6749.section("B")),
    risk="a JSON body, or parameters in the query, are an empty request to the server",
    fix="POST application/x-www-form-urlencoded",
    login_may_fail=True,
    seeds=("S-TOK-01",),
)
async def form_post(stage: Stage) -> Follows:
    """A plain login: the token request is a POST with a form body."""
    client = stage.session()
    await client.log_in()
    return follows(client, "token_request_is_a_form_post")


@scenario(
    requirement=REQUIRED("repeat the redirect_uri", RFC6749.section("4.1.3")),
    risk="the server refuses the code",
    fix="send the same string in both requests, from one setting",
    incidents=("omniauth-frameio strips its query",),
    seeds=("S-TOK-01",),
)
async def redirect_uri_repeated(stage: Stage) -> Follows:
    """A plain login: both requests have the same redirect_uri."""
    client = stage.session()
    await client.log_in()
    return follows(client, "redirect_uri_is_repeated")


@scenario(
    requirement=REQUIRED("send the code as it was received", RFC6749.section("4.1.3")),
    risk="some logins fail, by chance of the code's characters",
    fix="take the code from the decoded query, and encode it once",
    login_may_fail=True,
    seeds=("S-TOK-01",),
)
async def code_unchanged(stage: Stage) -> Follows:
    """A plain login: the code of the redirect is the code of the token request."""
    client = stage.session()
    await client.log_in()
    return follows(client, "code_is_unchanged")


@scenario(
    requirement=MUST_NOT("use an authorization code more than once", RFC6749.section("4.1.2")),
    risk="the server revokes what the code bought: the user is logged out at random",
    fix="never send a code again, whatever became of the first request",
    incidents=("golang/oauth2 #373", "react-oauth2-pkce #39"),
    seeds=("S-TOK-01",),
)
async def code_sent_once(stage: Stage) -> Follows:
    """A plain login: one token request carries the code."""
    client = stage.session()
    await client.log_in()
    return follows(client, "code_is_sent_once")


@scenario(
    requirement=REQUIRED("use the authorization code grant", RFC6749.section("4.1.3")),
    risk="a token of another kind, for another user, or none",
    fix="send grant_type=authorization_code",
    login_may_fail=True,
    seeds=("S-TOK-01",),
)
async def authorization_code_grant(stage: Stage) -> Follows:
    """A plain login: grant_type is authorization_code."""
    client = stage.session()
    await client.log_in()
    return follows(client, "no_other_grant_is_tried")


@scenario(
    requirement=PROSE("form-encode id and secret before Basic", RFC6749.section("2.3.1"), RFC6749.section("B")),
    app_kinds=("basic",),
    assignment=RESERVED,
    risk="a secret with `%`, `+` or `:` in it never works, and nobody knows why (Frame.io's own secrets hold none)",
    fix="form-encode client_id and client_secret, each by itself, before they are joined and base64-encoded",
    incidents=(
        "requests-oauthlib PR #568", "oauth2-client #128", "openid-client #161", "golang/oauth2 #237",
        "oauth2-rs PR #41",
    ),
    seeds=("S-TOK-02",),
)
async def basic_with_reserved_characters(stage: Stage) -> Follows:
    """The app's id and secret hold characters that the form encoding escapes."""
    client = stage.session()
    await client.log_in()
    return follows(client, "basic_credentials_are_form_encoded")


@scenario(
    requirement=PROSE(
        "form-encode id and secret before Basic, also when refreshing",
        RFC6749.section("2.3.1"), RFC6749.section("B"),
    ),
    needs={Capability.REFRESH},
    app_kinds=("basic",),
    assignment=RESERVED,
    risk="logins work and refreshes fail: users are logged out after an hour",
    fix="authenticate a refresh by the same function as the exchange of the code",
    seeds=("S-TOK-02",),
)
async def refresh_with_reserved_characters(stage: Stage) -> Follows:
    """The app's id and secret hold characters that the form encoding escapes; the client refreshes, twice."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "basic_credentials_are_form_encoded", of="refresh")


@scenario(
    requirement=DOC("send no Authorization header as a PKCE app", FRAMEIO_GUIDE.section("code flow"), refused=True),
    app_kinds=("pkce",),
    risk="Frame.io denies it: nobody can log in",
    fix="leave the header out where there is no secret, also the empty `client_id:`",
    incidents=("requests-oauthlib #330", "client-oauth2 #196", "oauth2-client #128"),
    seeds=("S-TOK-03",),
)
async def no_authorization_of_a_pkce_app(stage: Stage) -> Follows:
    """A PKCE app logs in: there is no Authorization header."""
    client = stage.session()
    await client.log_in()
    return follows(client, "pkce_app_sends_no_authorization")


@scenario(
    requirement=MUST("send client_id when not authenticating", RFC6749.section("3.2.1"), RFC6749.section("4.1.3")),
    app_kinds=("pkce",),
    risk=_DENIED,
    fix="add client_id to the body of the token request",
    incidents=("requests-oauthlib #330",),
    seeds=("S-TOK-03",),
)
async def client_id_of_a_pkce_app(stage: Stage) -> Follows:
    """A PKCE app logs in: it names itself in the body."""
    client = stage.session()
    await client.log_in()
    return follows(client, "pkce_app_sends_its_client_id")


@scenario(
    requirement=DOC("have no secret as a PKCE app", FRAMEIO_GUIDE.section("building an app"), refused=True),
    app_kinds=("pkce",),
    risk="the server denies a secret that it never issued; an empty one is a parameter without a value",
    fix="leave client_secret out of the body, also an empty one",
    seeds=("S-TOK-03",),
)
async def no_secret_of_a_pkce_app(stage: Stage) -> Follows:
    """A PKCE app logs in: it sends no client_secret, not even an empty one."""
    client = stage.session()
    await client.log_in()
    return follows(client, "pkce_app_sends_no_secret")


@scenario(
    requirement=MUST_NOT("repeat a request parameter", RFC6749.section("3.2"), RFC6749.section("3.1")),
    risk="a strict server refuses the request, and two lax ones read two different values",
    fix="merge configured parameters with the library's instead of appending them",
    seeds=("S-TOK-09",),
)
async def each_parameter_once(stage: Stage) -> Follows:
    """A plain login: neither the authorization request nor the token request has a parameter twice."""
    client = stage.session()
    await client.log_in()
    return follows(client, "parameters_are_not_repeated")
