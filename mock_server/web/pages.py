"""The pages for people and the control API, behind one door.

This module and what it imports is loaded when somebody first asks for a page: a test server never pays for it.
"""

from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.authorization_server import AuthorizationServer
from mock_server.web import apps_page, error_page
from mock_server.web.access import COOKIE, Access
from mock_server.web.control.api import PREFIX, Control
from mock_server.web.control.problems import Problem
from mock_server.web.endpoints import Endpoint
from mock_server.web.forms import read_form
from mock_server.web.journal_page import Journal
from mock_server.web.live import Live
from mock_server.web.login import Login, stale_form
from mock_server.web.rendering import headers, html, static
from mock_server.web.sending import Receive, Scope, Send

_STATIC = f"{PREFIX}static/"
_SIGN_IN = f"{PREFIX}sign-in"


def pages(core: AuthorizationServer, access: Access) -> Endpoint:
    """Pages and control API as one ASGI application."""
    return Door(core, access)


class Door:
    """Lets in whom `Access` lets in, and says to everybody else why not."""

    def __init__(self, core: AuthorizationServer, access: Access) -> None:
        self._core, self._access = core, access
        live = Live(core.transcript)
        self._control = Control(core, access, live)
        self._pages = Starlette(
            routes=[
                Route(error_page.PATH, self._error_page, methods=["GET"]),
                Route(f"{_STATIC}{{name}}", _static, methods=["GET"]),
                Route(_SIGN_IN, self._sign_in, methods=["POST"]),
                *Login(core, access).routes(),
                *apps_page.Apps(core, access).routes(),
                *Journal(core, access, live).routes(),
            ],
            exception_handlers={HTTPException: _failed},
        )
        # A slash too many is a page that is not there, not a redirect to an address that somebody else chose.
        self._pages.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        path, request = scope["path"], Request(scope, receive)
        is_page = not path.startswith(PREFIX) or path.startswith(_STATIC) or path == _SIGN_IN
        if path == error_page.PATH:
            await self._pages(scope, receive, send)
        elif (refused := self._refusal(request, is_page=is_page)) is not None:
            await refused(scope, receive, send)
        elif is_page:
            await self._pages(scope, receive, send)
        else:
            await self._control(scope, receive, send)

    def _refusal(self, request: Request, *, is_page: bool) -> Response | None:
        path = request.url.path
        if not self._access.knows_host(request.headers.get("host", "")):
            return _other_host() if is_page else Problem("foreign_host").response()
        # A page may be come to from anywhere, as from an app; what it does, it does for forms of ours alone.
        is_safe = is_page and request.method in ("GET", "HEAD")
        if not is_safe and self._access.is_foreign(request.method, request.headers):
            return _other_origin() if is_page else Problem("foreign_origin").response()
        if path.startswith(_STATIC) or path == _SIGN_IN:
            return None
        if not self._access.is_authorized(request.headers, request.cookies):
            return self._ask_for_token(_address(request)) if is_page else Problem("no_control_token").response()
        return None

    def _trusts(self, headers: Headers, request: Request) -> bool:
        known = self._access.knows_host(headers.get("host", ""))
        return known and self._access.is_authorized(headers, request.cookies)

    async def _error_page(self, request: Request) -> Response:
        return error_page.error_page(
            self._core, self._access, request, trusted=self._trusts(request.headers, request)
        )

    def _ask_for_token(self, then: str, error: str = "") -> Response:
        page = html(
            "sign_in.html",
            status=401,
            then=then,
            error=error,
            action=_SIGN_IN,
            form_token=self._access.form_token("sign-in"),
        )
        page.headers["www-authenticate"] = 'Bearer realm="oauthspec"'
        return page

    async def _sign_in(self, request: Request) -> Response:
        sent = (await read_form(request)).parameters
        then = sent.get("then")
        # Only to a page of ours: "//host" and "/\host" are other hosts to a browser.
        then = then if then.startswith("/") and then[1:2] not in ("/", "\\") and then.isprintable() else "/"
        if not self._access.is_form_token(sent.get("form_token"), "sign-in"):
            return stale_form(then)
        if not self._access.is_control_token(sent.get("control_token").strip()):
            return self._ask_for_token(then, "That is not the control token that the mock printed when it started.")
        response = Response(b"", 303, headers() | {"location": then})
        response.set_cookie(COOKIE, self._access.cookie(), httponly=True, samesite="strict", path="/")
        return response


def _address(request: Request) -> str:
    """Where somebody wanted to go; a form that was sent is not sent again."""
    if request.method != "GET":
        return "/"
    query = urlencode(request.query_params.multi_items())
    return request.url.path + (f"?{query}" if query else "")


async def _static(request: Request) -> Response:
    found = static(request.path_params["name"])
    if found is None:
        raise HTTPException(404, "There is no such file.")
    body, media_type = found
    return Response(body, 200, headers() | {"cache-control": "no-cache"}, f"{media_type}; charset=utf-8")


async def _failed(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    title = {404: "There is no such page", 405: "Not this way", 413: "Too large", 415: "Not a form"}
    sentence = detail if detail.endswith(".") else "The journal and the apps are where they always are."
    page = html(
        "message.html",
        status=status,
        title=title.get(status, "That did not work"),
        paragraphs=(sentence,),
        link=("/", "To the journal"),
    )
    if isinstance(error, HTTPException) and error.headers:
        page.headers.update(error.headers)
    return page


def _other_host() -> Response:
    paragraphs = (
        "These pages answer to the names of this machine alone (localhost, 127.0.0.1), so that no website can read "
        "them by giving itself this machine's address.",
        "Behind another name? Start the mock with --public-url.",
    )
    return html("message.html", status=421, title="Not under this name", paragraphs=paragraphs, link=None)


def _other_origin() -> Response:
    paragraphs = ("It was sent by a page of another origin. The forms of this mock count from its own pages alone.",)
    link = ("/", "To the journal")
    return html("message.html", status=403, title="This form is not from here", paragraphs=paragraphs, link=link)
