"""https: certificates that nobody may take, and a way that leads back into the clear.

TLS without a look at the certificate keeps a secret with whoever answers. A test system has no certificate that anybody
trusts, somebody turns verification off, and the line goes live with the rest. So they run over https alone (`--tls`),
where the application is told of an authority that is made for the run.
"""

from typing import Literal

from mock_server.delivery import Delivery, Redirect
from mock_server.protocol.vocabulary import Certificate
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, BreaksOff, Follows
from scenarios.model.requirement import MUST, PROSE
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, breaks_off, follows
from scenarios.specifications import OAUTH21, RFC6749, RFC6750, RFC9110

_BAD: dict[str, Certificate] = {
    "self-signed": "self_signed",
    "expired": "expired",
    "wrong-name": "wrong_name",
    "unknown-authority": "unknown_authority",
}
_VERIFY = (
    "leave the HTTP client's verification on, at every call: for a test system, give it the authority in the place of "
    "turning it off (docs/tls.md)"
)
_NO_WAY_BACK = "follow no redirect of the token request, and from https to http none at all"
_CERTIFICATES = (RFC6749.section("10.9"), RFC9110.section("4.3.4"), OAUTH21.section("1.5"))


def _to_cleartext(status: Literal[302, 303, 307, 308], endpoint: Literal["token", "resource"]) -> Delivery:
    return Delivery(Redirect(status, "cleartext"), endpoint)


@scenario(
    requirement=MUST("validate the certificate of the authorization server", *_CERTIFICATES),
    rows=_BAD,
    tls=True,
    exclusive=True,
    risk="whoever is on the way (a wireless network, a proxy, a name server) takes codes, secrets and tokens",
    fix=_VERIFY,
    seeds=("S-TLS-01",),
)
async def bad_certificate_of_the_token_endpoint(stage: Stage, certificate: Certificate) -> BreaksOff:
    """When the code is to be redeemed, who answers has a certificate that nobody may take. Nothing is sent to it."""
    client = stage.session()
    redirect = await client.authorize()
    await stage.present(certificate)
    await client.land(redirect)
    await stage.present("trusted")
    return breaks_off(client)


@scenario(
    requirement=MUST("validate the certificate of the authorization server", *_CERTIFICATES),
    needs={Capability.REFRESH},
    rows=_BAD,
    tls=True,
    exclusive=True,
    risk="whoever is on the way takes a refresh token, which is a login for as long as it lives",
    fix=_VERIFY,
    seeds=("S-TLS-01",),
)
async def bad_certificate_at_a_refresh(stage: Stage, certificate: Certificate) -> BreaksOff:
    """The login was good; when it refreshes, who answers has a certificate that nobody may take."""
    client = stage.session()
    await client.log_in()
    await stage.present(certificate)
    await client.refresh()
    await stage.present("trusted")
    return breaks_off(client, step="refresh")


@scenario(
    requirement=MUST("validate the certificate of the API", RFC6750.section("5.3"), *_CERTIFICATES[1:]),
    needs={Capability.CALL_API},
    rows=_BAD,
    tls=True,
    exclusive=True,
    risk="whoever is on the way takes the access token: it is often another HTTP client, with other settings",
    fix=_VERIFY,
    seeds=("S-TLS-01",),
)
async def bad_certificate_of_the_api(stage: Stage, certificate: Certificate) -> BreaksOff:
    """The login was good; when the API is called, who answers has a certificate that nobody may take."""
    client = stage.session()
    await client.log_in()
    await stage.present(certificate)
    await client.call_api()
    await stage.present("trusted")
    return breaks_off(client, step="call_api")


@scenario(
    requirement=PROSE("take a certificate that is valid for the name", RFC9110.section("4.3.4")),
    tls=True,
    exclusive=True,
    risk="the login breaks when the server renews its certificate, as it does every few weeks",
    fix="trust authorities, and no single certificate",
    control=True,
    seeds=("S-TLS-01",),
)
async def renewed_certificate(stage: Stage) -> Accepts:
    """The server has a new certificate, of the same authority and for the same names."""
    client = stage.session()
    redirect = await client.authorize()
    await stage.present("renewed")
    await client.land(redirect)
    await stage.present("trusted")
    return accepts(client)


@scenario(
    requirement=MUST("share tokens, codes and secrets over TLS alone", RFC6749.section("10.4"), OAUTH21.section("1.5")),
    rows={
        "302": _to_cleartext(302, "token"),
        "303": _to_cleartext(303, "token"),
        "307": _to_cleartext(307, "token"),
        "308": _to_cleartext(308, "token"),
    },
    tls=True,
    risk="one redirect, of a load balancer that is set up wrongly for instance, and everybody on the way reads along",
    fix=_NO_WAY_BACK,
    seeds=("S-TOK-06",),
)
async def token_request_redirected_to_cleartext(stage: Stage, change: Delivery) -> Follows:
    """The token endpoint, at https, redirects the request to an address at http."""
    client = stage.session()
    await client.log_in(changed(change))
    return follows(client, "no_secret_at_another_origin")


@scenario(
    requirement=MUST("use TLS with every access token", RFC6750.section("5.3"), RFC6749.section("10.3")),
    needs={Capability.CALL_API},
    rows={
        "302": _to_cleartext(302, "resource"),
        "307": _to_cleartext(307, "resource"),
        "308": _to_cleartext(308, "resource"),
    },
    tls=True,
    risk="one redirect, of a load balancer that is set up wrongly for instance, and everybody on the way has the token",
    fix="drop the Authorization header when a redirect leads to another scheme, host or port",
    seeds=("S-RES-02",),
)
async def api_call_redirected_to_cleartext(stage: Stage, change: Delivery) -> Follows:
    """The API, at https, redirects the call to an address at http. The token does not go there."""
    client = stage.session()
    await client.log_in(changed(change))
    await client.call_api()
    return follows(client, "no_secret_at_another_origin", of="resource_request")
