"""The server's metadata: a client that reads them believes nobody else's, and is talked out of nothing by them.

Metadata save everybody the copying of addresses. But they come over the wire like any answer: whoever can put others in
their place names endpoints, and says which protection nobody needs. A client that reads none is right as well; of one
that does, the document is all that is changed here, before its first login.
"""

from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Follows
from scenarios.model.requirement import MUST, MUST_NOT, RECOMMENDED
from scenarios.model.scenario import scenario
from scenarios.model.stage import Stage, accepts, follows
from scenarios.specifications import OAUTH21, RFC7636, RFC8414, RFC9700

_DISCOVERY = {Capability.DISCOVERY}
_OTHERWISE = {
    "plain-alone": AssignmentKind(metadata="plain_alone"),
    "empty": AssignmentKind(metadata="no_methods"),
    "absent": AssignmentKind(metadata="silent"),
}
_INSIST = "send S256 on every authorization request, or refuse such a server; metadata are no reason for less"


@scenario(
    requirement=RECOMMENDED("make use of the server's metadata", RFC9700.section("2.6"), RFC8414.section("3")),
    needs=_DISCOVERY,
    assignment=AssignmentKind(metadata="right"),
    risk="an endpoint that has moved takes the application down",
    fix="take the endpoints from the document at the address that was told, for the issuer that was told",
    control=True,
    seeds=("S-PKCE-02", "S-MIX-02"),
)
async def login_by_metadata(stage: Stage) -> Accepts:
    """The application is told where the server's metadata are, and they are right: it logs in."""
    client = stage.session()
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=MUST_NOT("use metadata that name another issuer than the one that was asked", RFC8414.section("3.3")),
    needs=_DISCOVERY,
    assignment=AssignmentKind(metadata="of_another"),
    risk="whoever answers in the server's place once is sent the codes and the secret of every later login",
    fix="compare `issuer` in the document with the configured one, with `==`, and use nothing of it where they differ",
    settings_may_be_refused=True,
    login_may_fail=True,
    seeds=("S-MIX-02",),
)
async def issuer_of_another(stage: Stage) -> Follows:
    """The metadata at the server's address name another issuer: no login begins at the endpoint that they name."""
    client = stage.session()
    await client.log_in()
    return follows(client, "metadata_of_another_issuer_are_not_used", of="authorization_request", if_any=True)


@scenario(
    requirement=MUST("use S256 where the client can, whatever the server offers beside it", RFC7636.section("4.2")),
    needs=_DISCOVERY,
    rows={"plain-first": AssignmentKind(metadata="plain_first"), **_OTHERWISE},
    risk="whoever can change the document reads the verifier in the address of the next login",
    fix=_INSIST,
    settings_may_be_refused=True,
    login_may_fail=True,
    seeds=("S-PKCE-02",),
)
async def method_s256(stage: Stage) -> Follows:
    """The metadata name `plain` first, or alone, or no method at all: a challenge is S256 all the same."""
    client = stage.session()
    await client.log_in()
    return follows(client, "challenge_method_is_s256", of="authorization_request", if_any=True)


@scenario(
    requirement=MUST("use PKCE as a public client", RFC9700.section("2.1.1"), OAUTH21.section("4.1.1")),
    needs=_DISCOVERY,
    rows=_OTHERWISE,
    app_kinds=("pkce",),
    risk="whoever can change the document turns PKCE off, and a stolen code can be redeemed",
    fix=_INSIST,
    settings_may_be_refused=True,
    login_may_fail=True,
    seeds=("S-PKCE-02",),
)
async def challenge_of_a_pkce_app(stage: Stage) -> Follows:
    """The metadata do not say that the server knows S256: a PKCE app sends its challenge, or does not log in there."""
    client = stage.session()
    await client.log_in()
    return follows(client, "challenge_is_sent", of="authorization_request", if_any=True)
