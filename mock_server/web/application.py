"""The ASGI application: a table of paths before everything else, with the recorded router's manners.

The two hot endpoints are found by one look into a dictionary. Pages and the control API are a Starlette application
that is loaded when somebody first asks for it, so that a test server starts without templates.
"""

from collections.abc import Mapping

from mock_server.answering import Outcome
from mock_server.authorization_server import AuthorizationServer
from mock_server.encoding import encode, plain, redirect
from mock_server.protocol import metadata
from mock_server.protocol.resource import refusal
from mock_server.protocol.vocabulary import Endpoint as EndpointName
from mock_server.transcript import Answer, Headers
from mock_server.web.access import Access
from mock_server.web.endpoints import Decide, Endpoint, decided, endpoint, received
from mock_server.web.sending import Receive, Scope, Send, send_answer

# Methods that each path is routed for, as the router lists them in an Allow header.
_AUTHORIZATION = ("GET", "POST")
_POST_ONLY = ("POST",)
_GET_ONLY = ("GET",)

_NOT_FOUND = plain(404, "Error 404 - The requested route does not exist. Make sure you are using the right path.\n")


class Application:
    """The mock server as an ASGI application; `server` is what it asks, `access` says who sees the pages."""

    def __init__(self, server: AuthorizationServer, access: Access | None = None) -> None:
        self.server = server
        self.access = access or Access()
        decides: Mapping[str, tuple[tuple[str, ...], Decide]] = {
            "/oauth2/auth": (_AUTHORIZATION, server.authorize),
            "/oauth2/token": (_POST_ONLY, server.token),
            "/oauth2/revoke": (_POST_ONLY, server.revocation),
            "/v2/me": (_GET_ONLY, server.resource),
            metadata.PATH: (_GET_ONLY, server.metadata),
        }
        self._routes: Mapping[str, tuple[tuple[str, ...], Endpoint]] = {
            path: (methods, endpoint(server, decide)) for path, (methods, decide) in decides.items()
        }
        # By method and path, for whoever has a whole request at hand (see `connection`): the same that is behind ASGI.
        self.decides: Mapping[tuple[str, str], Decide] = {
            (method, path): decide for path, (methods, decide) in decides.items() for method in methods
        }
        self._pages: Endpoint | None = None

    def sends(self, outcome: Outcome) -> Endpoint:
        """What has been decided, as an ASGI callable: for answers that take their time or break the connection."""
        return decided(self.server, outcome)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; lifespan events need nothing."""
        if scope["type"] != "http":
            await _lifespan(scope, receive, send)
            return
        route = self._routes.get(scope["path"])
        if route is None:
            await self._elsewhere(scope, receive, send)
        elif scope["method"] in route[0]:
            await route[1](scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await send_answer(self._options(scope, route[0]), send)
        else:
            await self._turn_away(scope["path"], _other_method(route[0]), scope, receive, send)

    async def _turn_away(self, path: str, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the router does, and keep it as evidence: a token request by GET is a token request."""
        name = _ENDPOINTS[path]
        ask = endpoint(self.server, lambda request: self.server.turned_away(request, name, answer))
        await ask(scope, receive, send)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/elsewhere/"):
            ticket = path.removeprefix("/elsewhere/")
            await endpoint(self.server, lambda request: self.server.second_hop(ticket, request))(scope, receive, send)
        elif scope["method"] == "GET" and path.removeprefix(f"{metadata.PATH}/") in self.server.flows:
            await self._routes[metadata.PATH][1](scope, receive, send)
        elif (canonical := self._canonical(path)) is not None:
            await self._turn_away(canonical, _to_canonical(canonical, scope), scope, receive, send)
        elif path.startswith("/v2/"):
            await send_answer(self._no_such_resource(), send)
        elif path.startswith(_PAGES) or path == "/":
            await self._page(scope, receive, send)
        else:
            self.server.misdirected.append((scope["method"], path))
            await send_answer(_NOT_FOUND, send)

    def _canonical(self, path: str) -> str | None:
        """The router redirects a wrong case and a trailing slash to the path that it knows."""
        wanted = path.rstrip("/").lower()
        return wanted if wanted in self._routes and wanted.startswith("/oauth2/") else None

    def _options(self, scope: Scope, methods: tuple[str, ...]) -> Answer:
        # A routed OPTIONS (the token endpoint's, for CORS) has no Allow header; the router's own answer has one.
        own = () if scope["path"] == "/oauth2/token" else _allow(methods)
        return Answer(200, self._preflight(scope) or own)

    def _preflight(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        request = received(scope, b"")
        origin, origins = request.header("origin"), self.server.provider.cors_origins
        if not origin or not ("*" in origins or origin in origins):
            return ()
        return (
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", "POST"),
            ("access-control-allow-headers", "Authorization, Content-Type"),
            ("vary", "Origin"),
        )

    def _no_such_resource(self) -> Answer:
        provider = self.server.provider
        return encode(refusal(404, "The resource does not exist", "Not Found", provider), provider)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._pages is None:
            from mock_server.web.pages import pages

            self._pages = pages(self.server, self.access)
        await self._pages(scope, receive, send)


_PAGES = ("/oauth2/fallbacks/", "/login", "/apps", "/flows/", "/exchanges/", "/journal/", "/_oauthspec/")


_ENDPOINTS: Mapping[str, EndpointName] = {
    "/oauth2/auth": "authorization",
    "/oauth2/token": "token",
    "/oauth2/revoke": "revocation",
    "/v2/me": "resource",
    metadata.PATH: "metadata",
}


def _allow(methods: tuple[str, ...]) -> Headers:
    return (("allow", ", ".join(sorted((*methods, "OPTIONS")))),)


def _other_method(methods: tuple[str, ...]) -> Answer:
    return plain(405, "Method Not Allowed\n", _allow(methods))


def _to_canonical(path: str, scope: Scope) -> Answer:
    query = scope.get("query_string", b"").decode("utf-8", "surrogateescape")
    location = f"{path}?{query}" if query else path
    is_get = scope["method"] == "GET"
    return redirect(location, 301 if is_get else 307, scope["method"])


async def _lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        await send({"type": "websocket.close", "code": 1000})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
