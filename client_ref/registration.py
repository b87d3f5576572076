"""What the authorization server knows of this client, and what the client has to know of the server."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urlsplit

from client_ref.errors import ConfigurationError
from client_ref.redaction import legible

PRINTABLE = re.compile(r"[\x21-\x7e]+")
VSCHAR = re.compile(r"[\x20-\x7e]+")
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

ADDRESSES = (
    *("authorization_endpoint", "token_endpoint", "revocation_endpoint", "metadata_url", "api_url", "redirect_uri"),
)
RESERVED = {"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"}


@dataclass(frozen=True, slots=True)
class Registration:
    """One client at one authorization server.

    `client_secret` is None for a public client (at Frame.io: a PKCE app). `issuer` is set only for a server that
    is known to send `iss`; it is then demanded. `api_url` is the base of the API that the tokens are for. With a
    `metadata_url` the server is asked first (`discovery.py`): its metadata are those of `issuer`, and then they say
    what it sends. `code_challenge_methods` are what they promise; None where they were not asked for.
    """

    authorization_endpoint: str
    token_endpoint: str
    client_id: str
    redirect_uri: str
    client_secret: str | None = field(default=None, repr=False)
    scope: tuple[str, ...] = ()
    revocation_endpoint: str | None = None
    issuer: str | None = None
    api_url: str | None = None
    metadata_url: str | None = None
    code_challenge_methods: tuple[str, ...] | None = None

    def secrets(self) -> tuple[str, ...]:
        """Everything in here that no stranger may read."""
        return (self.client_secret,) if self.client_secret else ()


def check_registration(registration: Registration) -> None:
    """Refuse a configuration that would send credentials in clear, or to nowhere (RFC 6749 section 3.1.2)."""
    for name in ADDRESSES:
        url = getattr(registration, name)
        if url is not None:
            _check_address(name, url, native=name == "redirect_uri")
    _check_query(registration.authorization_endpoint)
    if registration.metadata_url is not None and registration.issuer is None:
        raise ConfigurationError(
            "issuer_missing",
            "There is a metadata_url and no issuer, so nobody could tell whose the metadata are (RFC 8414 section 3.3)",
            "Name the issuer.",
        )
    if not VSCHAR.fullmatch(registration.client_id):
        raise ConfigurationError(
            "client_id_malformed",
            "client_id is not printable ASCII (RFC 6749 appendix A.1)",
            "Copy it from the page of your app.",
        )
    if registration.client_secret is not None and not VSCHAR.fullmatch(registration.client_secret):
        raise ConfigurationError(
            "client_secret_malformed",
            "client_secret is empty or not printable ASCII (RFC 6749 appendix A.2)",
            "Copy it from the page of your app; leave it out altogether for a PKCE app.",
        )
    if not all(SCOPE_TOKEN.fullmatch(token) for token in registration.scope):
        raise ConfigurationError(
            "scope_malformed",
            "scope is not a list of scope tokens (RFC 6749 section 3.3)",
            "Separate them with single spaces.",
        )


def _check_address(name: str, url: str, *, native: bool) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), ""
    # A native app's redirect_uri may have a scheme of its own (RFC 8252 section 7.1), and then it has no host.
    own_scheme = native and "." in parts.scheme
    if not PRINTABLE.fullmatch(url) or (not own_scheme and (parts.scheme not in ("http", "https") or not host)):
        raise ConfigurationError(
            "url_malformed",
            f"{name} is not an absolute http(s) URL: {legible(url)}",
            "Write it out, with its scheme and host.",
        )
    if parts.fragment or "#" in url or "@" in parts.netloc:
        raise ConfigurationError(
            "url_malformed",
            f"{name} has a fragment or user information (RFC 6749 section 3.1, RFC 9110 section 4.2.4)",
            "Leave out the part behind '#', and any 'user:password@'.",
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            "cleartext",
            f"{name} is http on a host that is not this machine (RFC 6749 sections 3.1.2.1 and 10.3): {legible(url)}",
            "Use https.",
        )


def _check_query(authorization_endpoint: str) -> None:
    repeated = RESERVED.intersection(name for name, _ in parse_qsl(urlsplit(authorization_endpoint).query))
    if repeated:
        raise ConfigurationError(
            "parameter_reserved",
            f"authorization_endpoint already has {', '.join(sorted(repeated))}, which this client sends itself, and no "
            "parameter may occur twice (RFC 6749 section 3.1)",
            "Take it out of the query.",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 section 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
