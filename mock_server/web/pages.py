"""The pages for people."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mock_server.authorization_server import AuthorizationServer
from mock_server.encoding import html_text
from mock_server.web.endpoints import Endpoint

_SAFE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

_ERROR_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Authorization error</title>
<h1>This request cannot go back to the application</h1>
<p>The authorization server refused it before it was sure of the redirect URI, so it does not redirect.</p>
<dl><dt>error</dt><dd>{error}</dd><dt>error_description</dt><dd>{description}</dd>{hint}</dl>
<p>This is a mock of an authorization server.</p>
</html>
"""


def pages(_server: AuthorizationServer) -> Endpoint:
    """The pages as an ASGI application."""
    return Starlette(routes=[Route("/oauth2/fallbacks/error", _error_page, methods=["GET"])])


async def _error_page(request: Request) -> Response:
    query = request.query_params
    hint = query.get("error_hint", "")
    text = _ERROR_PAGE.format(
        error=html_text(query.get("error", "")),
        description=html_text(query.get("error_description", "")),
        hint=f"<dt>error_hint</dt><dd>{html_text(hint)}</dd>" if hint else "",
    )
    return HTMLResponse(text, status_code=400, headers=_SAFE)
