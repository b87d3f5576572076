"""Addresses: no secret in any of them.

Addresses are written into logs by every server and proxy on the way, kept in histories, and sent on as Referer. What
stands in one is public.
"""

from scenarios.model.capability import Capability
from scenarios.model.expectation import Follows
from scenarios.model.requirement import MUST_NOT
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, follows
from scenarios.specifications import OAUTH21, RFC6749, RFC9700

_PUBLIC = "whoever reads a log has the secret"


@scenario(
    requirement=MUST_NOT("put credentials into a request URI", RFC6749.section("2.3.1"), RFC9700.section("4.3.2")),
    risk=_PUBLIC,
    fix="post the parameters of a token request in its body alone, and send none of them before",
    seeds=("S-URI-01",),
)
async def addresses_of_a_login(stage: Stage) -> Follows:
    """A plain login: no address of a request holds secret, verifier or token."""
    client = stage.session()
    await client.log_in()
    return follows(client, "no_secret_in_a_url")


@scenario(
    requirement=MUST_NOT("put credentials into a request URI, also when refreshing", RFC6749.section("2.3.1")),
    needs={Capability.REFRESH},
    risk=_PUBLIC,
    fix="post the parameters of a refresh in its body alone: `data=`, not `params=`",
    seeds=("S-URI-01",),
)
async def addresses_of_a_refresh(stage: Stage) -> Follows:
    """Two refreshes: no address of a request holds secret or token."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "no_secret_in_a_url", of="refresh")


@scenario(
    requirement=MUST_NOT("put an access token into a query", RFC9700.section("4.3.2"), OAUTH21.section("5.1")),
    needs={Capability.CALL_API},
    risk=_PUBLIC,
    fix="send the access token in the Authorization header",
    seeds=("S-URI-01",),
)
async def addresses_of_a_call(stage: Stage) -> Follows:
    """A call of the API: its address holds no token."""
    client = stage.session()
    await client.log_in()
    await client.call_api()
    return follows(client, "no_secret_in_a_url", of="resource_request")
