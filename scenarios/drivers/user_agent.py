"""The harness's browser towards the authorization server: it opens the authorization URL and follows nothing."""

import ssl
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from scenarios.drivers.driver import SessionFailed

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64)
# A connection that was opened under one certificate says nothing of the next.
_TLS_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=0)
_ERROR_PAGE = "/oauth2/fallbacks/error"


class UserAgent:
    """Opens authorization URLs; `origin` is the mock's, and no request goes anywhere else.

    `trust` is what it trusts where that is https: the throw-away authority, and no other.
    """

    def __init__(self, origin: str, timeout: float = 10.0, trust: ssl.SSLContext | None = None) -> None:
        self._origin = origin
        self._client = httpx.AsyncClient(
            verify=True if trust is None else trust,
            timeout=timeout,
            limits=_LIMITS if trust is None else _TLS_LIMITS,
            trust_env=False,
            follow_redirects=False,
        )

    async def visit(self, authorization_url: str, flow: str) -> str:
        """Open an authorization URL for a flow; the URL of the redirect that comes back.

        `SessionFailed` says why none came: the URL leads elsewhere, or the server refused the request outright.
        """
        if not _without_user_information(authorization_url).startswith(self._origin + "/"):
            cause = f"The login leads to {authorization_url[:120]!r}, which is not the mock's authorization endpoint."
            raise SessionFailed("LOGIN_ELSEWHERE", cause, f"Configure the application with {self._origin}/oauth2/auth.")
        try:
            answer = await self._client.get(authorization_url, headers={"Oauthspec-Flow": flow})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            cause = f"The authorization URL cannot be opened: {error}."
            raise SessionFailed("BAD_AUTHORIZATION_URL", cause, "Compare it with the assignment's endpoint.") from None
        location = answer.headers.get("location", "")
        if not location or location.startswith(f"{self._origin}{_ERROR_PAGE}"):
            cause = f"The server refused the authorization request outright ({answer.status_code})."
            raise SessionFailed("AUTHORIZATION_REFUSED", cause, "Look at the exchange: client_id and redirect_uri.")
        return str(location)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _without_user_information(url: str) -> str:
    """The URL as it is opened: what stands before the host becomes Basic credentials, as in browsers."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
