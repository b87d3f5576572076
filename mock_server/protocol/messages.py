"""The messages of RFC 6749 as values: what came in, and what goes out before anybody encodes it."""

from typing import Any, Literal, NamedTuple

from mock_server.protocol.errors import OAuthError
from mock_server.protocol.form import Pairs, Parameters
from mock_server.protocol.vocabulary import ResponseMode


class AuthorizationRequest(NamedTuple):
    """RFC 6749 4.1.1, with whatever else came in query and body; the body's values stand before the query's."""

    parameters: Parameters
    readable: bool = True


class AuthorizationResponse(NamedTuple):
    """RFC 6749 4.1.2 and 4.1.2.1: what the user agent carries to the redirection endpoint."""

    redirect_uri: str
    parameters: Pairs
    response_mode: ResponseMode = "query"
    space: Literal["+", "%20"] = "+"
    # As the engine writes it; a deviation may have to keep its own order.
    sorted_by_name: bool = True


class ErrorPage(NamedTuple):
    """An authorization error that must not be redirected to the client (RFC 6749 4.1.2.1)."""

    parameters: Pairs


class TokenRequest(NamedTuple):
    """RFC 6749 4.1.3 and 6, and RFC 7009 2.1: the body's parameters and the Authorization header."""

    form: Parameters
    authorization: str = ""
    readable: bool = True


Members = tuple[tuple[str, Any], ...]


class TokenResponse(NamedTuple):
    """RFC 6749 5.1: the members in wire order."""

    members: Members
    status: int = 200

    def __repr__(self) -> str:
        return f"TokenResponse({', '.join(name for name, _ in self.members)}, status={self.status})"


class TokenErrorResponse(NamedTuple):
    """RFC 6749 5.2: the members in wire order, and the error that they come from."""

    members: Members
    status: int
    error: OAuthError


class RevocationResponse(NamedTuple):
    """RFC 7009 2.2: nothing but the status."""

    status: int = 200


class MetadataResponse(NamedTuple):
    """RFC 8414 3.2: the members in wire order."""

    members: Members
    status: int = 200


class ResourceResponse(NamedTuple):
    """An answer of the API."""

    status: int
    members: Members
    headers: Pairs = ()
