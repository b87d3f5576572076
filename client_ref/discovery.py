"""What a server says of itself (RFC 8414), in the place of settings that somebody has copied.

It is asked once, before the first login. What it promises of PKCE is noted and changes nothing: S256 goes to every
server, for one that does not know it ignores it (RFC 7636 section 5), and nobody is to talk us out of it.
"""

from __future__ import annotations

from dataclasses import replace

from client_ref.errors import ConfigurationError, MetadataMalformed
from client_ref.messages import Flow, Get
from client_ref.policy import STRICT, Members, Policy
from client_ref.registration import Registration, check_registration


def discover(registration: Registration, policy: Policy = STRICT) -> Flow[Registration]:
    """Ask for the metadata that a registration names: the same registration, with what they say."""
    response = yield from policy.send(Get(registration.metadata_url or ""))
    policy.not_redirected(response)
    policy.status(response, ())
    members = policy.json_object(response)
    policy.metadata_issuer(registration.issuer, members)
    found = described(registration, members)
    try:
        check_registration(found)
    except ConfigurationError as error:
        raise MetadataMalformed(problem=error.cause) from None
    return found


def described(registration: Registration, members: Members) -> Registration:
    """The registration at the server that these metadata describe; `iss` is expected if they promise it (RFC 9207)."""

    def named(endpoint: str) -> str | None:
        url = members.get(endpoint)
        if url is not None and not isinstance(url, str):
            raise MetadataMalformed(problem=f"{endpoint} is no text")
        return url

    authorization_endpoint, token_endpoint = named("authorization_endpoint"), named("token_endpoint")
    if not authorization_endpoint or not token_endpoint:
        raise MetadataMalformed(problem="authorization_endpoint or token_endpoint is missing")
    methods = members.get("code_challenge_methods_supported")
    sends_iss = members.get("authorization_response_iss_parameter_supported") is True
    return replace(
        registration,
        authorization_endpoint=authorization_endpoint,
        token_endpoint=token_endpoint,
        revocation_endpoint=named("revocation_endpoint"),
        metadata_url=None,
        issuer=registration.issuer if sends_iss else None,
        code_challenge_methods=tuple(map(str, methods)) if isinstance(methods, list) else (),
    )
