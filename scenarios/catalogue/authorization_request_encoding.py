"""Reserved characters in what the application was told: client_id, scope and redirect_uri.

Settings are somebody else's text. A client that encodes them not at all, or twice, works until the day when one of them
has a plus, an ampersand or a percent sign in it; and then nobody finds out why.
"""

from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Follows, Sent
from scenarios.model.requirement import MUST, PROSE, REQUIRED
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, accepts, follows
from scenarios.specifications import FRAMEIO_GUIDE, RFC6749

_REQUEST: Sent = "authorization_request"

RESERVED = AssignmentKind(client_id="reserved", scope="reserved", redirect_query="app=7&of=a%2Fb")


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
    needs={Capability.SCOPE},
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
    needs={Capability.REDIRECT_URI},
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
    needs={Capability.REDIRECT_URI},
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
