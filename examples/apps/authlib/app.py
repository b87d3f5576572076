"""A Starlette application on Authlib's Starlette integration, put together as its documentation does it."""

import html
import os
import secrets
import ssl

import uvicorn
from authlib.integrations.starlette_client import OAuth, OAuthError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

API_URL = os.environ["API_URL"]
REDIRECT_URI = os.environ["REDIRECT_URI"]

# Tokens by user, as the documentation keeps them in a table of a database.
tokens: dict[str, dict] = {}


async def update_token(token: dict, refresh_token: str | None = None, access_token: str | None = None) -> None:
    """Store what a refresh brought, in the place of the token that it was made with."""
    for user, stored in tokens.items():
        old = stored.get("refresh_token") if refresh_token else stored.get("access_token")
        if old == (refresh_token or access_token):
            tokens[user] = dict(token)
            return


oauth = OAuth()
oauth.register(
    name="frameio",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ.get("CLIENT_SECRET"),
    authorize_url=os.environ["AUTHORIZE_URL"],
    access_token_url=os.environ["TOKEN_URL"],
    api_base_url=f"{API_URL}/",
    update_token=update_token,
    client_kwargs={
        "scope": os.environ["SCOPE"],
        # One for all requests: to read the machine's certificates takes longer than a login does.
        "verify": ssl.create_default_context(),
        # The documentation's way to PKCE; without a secret, Authlib sends client_id in the body by itself.
        **({} if os.environ.get("CLIENT_SECRET") else {"code_challenge_method": "S256"}),
    },
)


async def home(request: Request) -> Response:
    """Say who is logged in."""
    if "user" in request.session:
        return HTMLResponse('<p>Logged in.</p><a href="/me">Who am I?</a> <a href="/refresh">Refresh</a>')
    return HTMLResponse('<a href="/login">Log in</a>')


async def login(request: Request) -> Response:
    """Send the browser to the authorization endpoint."""
    return await oauth.frameio.authorize_redirect(request, REDIRECT_URI)


async def callback(request: Request) -> Response:
    """Take the token, and log the user in."""
    try:
        token = await oauth.frameio.authorize_access_token(request)
    except OAuthError as error:
        return HTMLResponse(f"<h1>{html.escape(str(error.error))}</h1>")
    user = secrets.token_urlsafe(16)
    tokens[user] = dict(token)
    request.session["user"] = user
    return RedirectResponse("/", 303)


async def me(request: Request) -> Response:
    """Ask the API who this is."""
    token = tokens.get(request.session.get("user", ""))
    if token is None:
        return HTMLResponse("<p>Nobody is logged in.</p>", 401)
    answer = await oauth.frameio.get("me", token=token)
    answer.raise_for_status()
    return HTMLResponse(f"<p>Logged in as {html.escape(answer.json()['name'])}.</p>")


async def refresh(request: Request) -> Response:
    """Have Authlib refresh by itself: it does so before an API call where a token's time is up."""
    token = tokens.get(request.session.get("user", ""))
    if token is None:
        return HTMLResponse("<p>Nobody is logged in.</p>", 401)
    answer = await oauth.frameio.get("me", token={**token, "expires_at": 1})
    answer.raise_for_status()
    return RedirectResponse("/", 303)


app = Starlette(
    routes=[
        Route("/", home),
        Route("/login", login),
        Route("/callback", callback),
        Route("/me", me),
        Route("/refresh", refresh),
    ],
    middleware=[Middleware(SessionMiddleware, secret_key=secrets.token_urlsafe(32))],
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
