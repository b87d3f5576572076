"""The harness's browser towards the authorization server: it opens the authorization URL and follows nothing."""

import asyncio
import base64
import ssl
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from scenarios.drivers.browser import Fetch, target_of
from scenarios.drivers.driver import SessionFailed
from scenarios.drivers.environment import port_of
from scenarios.drivers.fetching import Answer, BadAnswer, Headers, Lost, Target
from scenarios.drivers.kept_connections import KeptConnections

_ERROR_PAGE = "/oauth2/fallbacks/error"
_MOST_OF_A_PAGE = 1024 * 1024
_HEADERS = "User-Agent: oauthspec\r\nAccept: */*\r\n"


class UserAgent:
    """Opens authorization URLs; `origin` is the mock's, and no request goes anywhere else.

    `trust` is what it trusts where that is https: the throw-away authority, and no other.
    """

    def __init__(self, origin: str, timeout: float = 10.0, trust: ssl.SSLContext | None = None) -> None:
        self._origin = origin
        self._timeout = timeout
        parts = urlsplit(origin)
        name = parts.hostname or ""
        self._target = Target(name, port_of(origin), name if parts.scheme == "https" else "")
        self._connections = KeptConnections(trust)
        self._fetch: Fetch = self._connections.fetch

    async def visit(self, authorization_url: str, flow: str) -> str:
        """Open an authorization URL for a flow; the URL of the redirect that comes back.

        `SessionFailed` says why none came: the URL leads elsewhere, or the server refused the request outright.
        """
        parts = _split(authorization_url)
        if parts is None or not _without_user_information(parts).startswith(self._origin + "/"):
            cause = f"The login leads to {authorization_url[:120]!r}, which is not the mock's authorization endpoint."
            raise SessionFailed("LOGIN_ELSEWHERE", cause, f"Configure the application with {self._origin}/oauth2/auth.")
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._fetch(self._target, _request(authorization_url, parts, flow), _whole)
        except (Lost, BadAnswer, TimeoutError) as error:
            why = str(error) or f"no answer within {self._timeout:g} s"
            raise _cannot_be_opened(why) from None
        if answer.cut:
            raise _cannot_be_opened(f"its answer is {answer.cut}")
        return self._redirect(answer)

    def _redirect(self, answer: Answer) -> str:
        location = next((value for name, value in answer.headers if name == "location"), "")
        if not location or location.startswith(f"{self._origin}{_ERROR_PAGE}"):
            cause = f"The server refused the authorization request outright ({answer.status})."
            raise SessionFailed("AUTHORIZATION_REFUSED", cause, "Look at the exchange: client_id and redirect_uri.")
        return location

    async def close(self) -> None:
        """Let go of all connections."""
        await self._connections.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _request(url: str, parts: SplitResult, flow: str) -> bytes:
    user, _, host = parts.netloc.rpartition("@")
    head = f"Host: {host}\r\n{_HEADERS}Oauthspec-Flow: {flow}\r\n"
    if user:
        # What stands before the host becomes Basic credentials, as in browsers.
        head += f"Authorization: Basic {base64.b64encode(unquote(user).encode()).decode()}\r\n"
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (target_of(url), head.encode("latin-1"))


def _whole(_status: int, _headers: Headers) -> tuple[int, float | None]:
    return _MOST_OF_A_PAGE, None


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _without_user_information(parts: SplitResult) -> str:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _cannot_be_opened(why: str) -> SessionFailed:
    cause = f"The authorization URL cannot be opened: {why}."
    return SessionFailed("BAD_AUTHORIZATION_URL", cause, "Compare it with the assignment's endpoint.")
