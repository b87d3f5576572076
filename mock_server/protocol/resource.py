"""The API beside the server: who a bearer token stands for, in Frame.io's words (RFC 6750 2.1 and 3)."""

import uuid
from dataclasses import dataclass

from mock_server.protocol.messages import Members, ResourceResponse
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import Grant
from mock_server.protocol.token_endpoint import Situation

_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


@dataclass(frozen=True, slots=True)
class User:
    """Whoever signed in at the login page."""

    email: str = "jane@frame.io"
    name: str = "Jane Doe"


def bearer_token(authorization: str) -> str:
    """The token of an Authorization header, or nothing; the scheme's name ignores case (RFC 9110 11.1)."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def me(token: str, user: User, situation: Situation) -> tuple[ResourceResponse, Grant | None]:
    """`GET /v2/me`, and the grant that the token belongs to."""
    provider = situation.provider
    grant = situation.grants.by_access_token(token) if token else None
    access = None if grant is None else grant.access_token
    if grant is None or access is None or access.value != token or not access.is_usable(situation.now):
        return refusal(401, "You are not allowed to access that resource", "Not Authorized", provider), grant
    user = signed_in(grant.email) if grant.email and grant.email != user.email else user
    members: Members = (
        ("_type", "user"),
        ("account_id", str(uuid.uuid5(_NAMESPACE, f"account:{user.email}"))),
        ("email", user.email),
        ("id", str(uuid.uuid5(_NAMESPACE, f"user:{user.email}"))),
        ("name", user.name),
    )
    return ResourceResponse(200, members, rate_headers(provider)), grant


def signed_in(email: str) -> User:
    """The user of an e-mail, named after what stands before the @."""
    words = email.partition("@")[0].replace(".", " ").replace("_", " ").replace("-", " ").split()
    return User(email, " ".join(word.capitalize() for word in words) or email)


def refusal(status: int, detail: str, title: str, provider: Provider) -> ResourceResponse:
    """Frame.io's error body."""
    error = {"code": status, "detail": detail, "status": status, "title": title}
    members: Members = (("code", status), ("errors", [error]), ("message", title))
    return ResourceResponse(status, members, rate_headers(provider))


def rate_headers(provider: Provider) -> tuple[tuple[str, str], ...]:
    """The three headers of every API answer; the window is in milliseconds."""
    limit = provider.api_rate_limit
    return (
        ("x-ratelimit-limit", str(limit)),
        ("x-ratelimit-remaining", str(max(limit - 1, 0))),
        ("x-ratelimit-window", str(provider.api_rate_window)),
    )
