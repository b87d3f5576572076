"""A Django site in one file, on Authlib's Django integration, put together as its documentation does it."""

import os
import secrets

import django
from authlib.integrations.django_client import OAuth, OAuthError, token_update
from django.conf import settings
from django.core.management import execute_from_command_line
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import path

CLIENT_SECRET = os.environ.get("CLIENT_SECRET")

settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY=secrets.token_urlsafe(32),
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    AUTHLIB_OAUTH_CLIENTS={
        "frameio": {
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": CLIENT_SECRET,
            "authorize_url": os.environ["AUTHORIZE_URL"],
            "access_token_url": os.environ["TOKEN_URL"],
            "api_base_url": f"{os.environ['API_URL']}/",
            # The documentation's way to PKCE, where there is no secret.
            "client_kwargs": {
                "scope": os.environ["SCOPE"],
                **({} if CLIENT_SECRET else {"code_challenge_method": "S256"}),
            },
        }
    },
    LOGGING_CONFIG=None,
)
django.setup()

oauth = OAuth()
oauth.register(name="frameio")

# Tokens by user, as the documentation keeps them in a table of a database.
tokens: dict[str, dict] = {}


@receiver(token_update)
def on_token_update(token, refresh_token=None, access_token=None, **_):
    """Store what a refresh brought, in the place of the token that it was made with."""
    for user, stored in tokens.items():
        old = stored.get("refresh_token") if refresh_token else stored.get("access_token")
        if old == (refresh_token or access_token):
            tokens[user] = dict(token)
            return


def login(request: HttpRequest) -> HttpResponse:
    """Send the browser to the authorization endpoint."""
    return oauth.frameio.authorize_redirect(request, os.environ["REDIRECT_URI"])


def callback(request: HttpRequest) -> HttpResponse:
    """Take the token, and log the user in."""
    try:
        token = oauth.frameio.authorize_access_token(request)
    except OAuthError:
        return HttpResponse("<p>The login did not work.</p>", status=400)
    user = secrets.token_urlsafe(16)
    tokens[user] = dict(token)
    request.session["user"] = user
    return redirect("/me")


def me(request: HttpRequest) -> HttpResponse:
    """Ask the API who this is."""
    return call(request, {})


def refresh(request: HttpRequest) -> HttpResponse:
    """Have Authlib refresh by itself: it does so before an API call where a token's time is up."""
    return call(request, {"expires_at": 1})


def call(request: HttpRequest, changed: dict) -> HttpResponse:
    """Call the API with the user's token."""
    token = tokens.get(request.session.get("user", ""))
    if token is None:
        return HttpResponse("<p>Nobody is logged in.</p>", status=401)
    answer = oauth.frameio.get("me", token={**token, **changed})
    answer.raise_for_status()
    return JsonResponse(answer.json())


urlpatterns = [path("login", login), path("callback", callback), path("me", me), path("refresh", refresh)]

if __name__ == "__main__":
    execute_from_command_line(["app.py", "runserver", "--noreload", "--skip-checks", f"127.0.0.1:{os.environ['PORT']}"])
