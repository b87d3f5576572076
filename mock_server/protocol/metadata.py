"""The metadata document (RFC 8414), for providers that have one: it promises what the code does and nothing else."""

from mock_server.protocol.messages import Members
from mock_server.protocol.provider import Provider

PATH = "/.well-known/oauth-authorization-server"
"""Where a document is (RFC 8414 3.1): between the host of an issuer and its path, if it has one."""


def issuer_of(origin: str, flow: str) -> str:
    """A name of the server that is one flow's own: its metadata are what the flow's changes make of them."""
    return f"{origin}/{flow}"


def url_of(origin: str, flow: str) -> str:
    """Where the metadata of that issuer are (RFC 8414 3.1)."""
    return f"{origin}{PATH}/{flow}"


def metadata(provider: Provider, origin: str, flow: str = "") -> Members:
    """The document of a provider at an origin, or of the issuer there that is a flow's own."""
    members: Members = (
        ("issuer", issuer_of(origin, flow) if flow else origin),
        ("authorization_endpoint", f"{origin}/oauth2/auth"),
        ("token_endpoint", f"{origin}/oauth2/token"),
        ("revocation_endpoint", f"{origin}/oauth2/revoke"),
        ("response_types_supported", ["code"]),
        ("response_modes_supported", list(provider.response_modes) or ["query"]),
        ("grant_types_supported", ["authorization_code", "refresh_token"]),
        ("token_endpoint_auth_methods_supported", ["client_secret_basic", "none"]),
        ("revocation_endpoint_auth_methods_supported", ["client_secret_basic", "none"]),
        ("authorization_response_iss_parameter_supported", provider.issuer_in_response),
    )
    if not provider.pkce_supported:
        return members
    methods = ["S256", "plain"] if provider.pkce_plain_allowed else ["S256"]
    return (*members, ("code_challenge_methods_supported", methods))
