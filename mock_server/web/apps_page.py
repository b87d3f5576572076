"""The apps page, as Frame.io's developer page: what is registered, the lines for its `.env`, and a form for another."""

import shlex

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.apps import SCOPES, SettingsError, app_named, with_overrides
from mock_server.authorization_server import AuthorizationServer
from mock_server.environment import env_lines, environment
from mock_server.protocol.form import Parameters
from mock_server.protocol.records import App
from mock_server.web.access import Access
from mock_server.web.forms import read_form
from mock_server.web.login import stale_form
from mock_server.web.rendering import html, redirect
from mock_server.web.scope_words import in_words

PATH = "/apps"
_LONGEST_NAME = 100


class AppExists(SettingsError):
    """An app of that name and kind is there already."""


def create(core: AuthorizationServer, made: App) -> App:
    """Register an app; `AppExists` where it would take the place of another."""
    if made.client_id in core.store.apps:
        cause = f"There is an app with the client_id {made.client_id} already."
        raise AppExists("APP_EXISTS", cause, "Choose another name, or change that one.")
    core.store.register(made)
    return made


class Apps:
    """The apps of one authorization server."""

    def __init__(self, core: AuthorizationServer, access: Access) -> None:
        self._core, self._access = core, access

    def routes(self) -> list[Route]:
        """Where the page and its forms are."""
        return [
            Route(PATH, self._page, methods=["GET"]),
            Route(PATH, self._create, methods=["POST"]),
            Route("/apps/{client_id:path}/redirect-uris", self._add_redirect_uri, methods=["POST"]),
            Route("/apps/{client_id:path}/delete", self._delete, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        return self._shown(created=request.query_params.get("created", ""))

    def _shown(self, *, created: str = "", error: str = "", sent: Parameters | None = None) -> Response:
        apps = tuple(self._core.store.apps.values())
        return html(
            "apps.html",
            status=400 if error else 200,
            apps=[(app, env_lines(environment(self._core.issuer, app)), self._flags(app)) for app in apps],
            tokens={app.client_id: self._access.form_token(f"redirect-uri {app.client_id}") for app in apps},
            created=created,
            error=error,
            sent=sent,
            chosen=set(SCOPES if sent is None else sent.all("scope")),
            scopes=[(scope, in_words(scope)) for scope in SCOPES],
            form_token=self._access.form_token("apps"),
        )

    def _flags(self, app: App) -> str:
        """The command that has the app from the start; nothing for those that it would have another id for."""
        if app_named(app.name, pkce=app.is_public).client_id != app.client_id:
            return ""
        words = ["oauthspec", "serve", "--app", app.name, *(["--pkce"] if app.is_public else [])]
        for uri in app.redirect_uris:
            words += ["--redirect-uri", uri]
        if app.scopes != SCOPES:
            for scope in app.scopes:
                words += ["--scope", scope]
        return shlex.join(words)

    async def _create(self, request: Request) -> Response:
        sent = (await read_form(request)).parameters
        if not self._access.is_form_token(sent.get("form_token"), "apps"):
            return stale_form(PATH)
        try:
            app = create(self._core, app_of(sent))
        except SettingsError as error:
            return self._shown(error=f"{error.cause} {error.next_step}", sent=sent)
        return redirect(f"{PATH}?created={app.client_id}#app-{app.client_id}")

    async def _add_redirect_uri(self, request: Request) -> Response:
        sent = (await read_form(request)).parameters
        client_id = request.path_params["client_id"]
        app = self._core.store.apps.get(client_id)
        if app is None:
            raise HTTPException(404, "There is no such app.")
        if not self._access.is_form_token(sent.get("form_token"), f"redirect-uri {client_id}"):
            return stale_form(PATH)
        uri = sent.get("redirect_uri").strip()
        try:
            uris = tuple(dict.fromkeys((*app.redirect_uris, uri)))
            self._core.store.register(with_overrides((app,), uris, ())[0])
        except SettingsError as error:
            return self._shown(error=f"{error.cause} {error.next_step}")
        return redirect(f"{PATH}#app-{client_id}")

    async def _delete(self, request: Request) -> Response:
        sent = (await read_form(request)).parameters
        client_id = request.path_params["client_id"]
        if not self._access.is_form_token(sent.get("form_token"), f"redirect-uri {client_id}"):
            return stale_form(PATH)
        try:
            self._core.store.unregister(client_id)
        except KeyError:
            raise HTTPException(404, "There is no such app.") from None
        return redirect(PATH)


def app_of(sent: Parameters) -> App:
    """The app that a form describes; `SettingsError` says what is wrong with it."""
    name = sent.get("name").strip()
    if not name or len(name) > _LONGEST_NAME:
        cause = "The app has no name." if not name else f"The name is longer than {_LONGEST_NAME} characters."
        raise SettingsError("BAD_NAME", cause, "Give it one that the consent page can show.")
    redirect_uris = tuple(dict.fromkeys(sent.get("redirect_uris").split()))
    if not redirect_uris:
        cause = "The app has no redirect URI."
        raise SettingsError("BAD_REDIRECT_URI", cause, "Give at least one, as in http://localhost:5050/callback.")
    scopes = tuple(dict.fromkeys((*sent.all("scope"), *sent.get("other_scopes").split())))
    if not scopes:
        raise SettingsError("BAD_SCOPE", "The app may ask for no scope at all.", "Choose at least one.")
    return app_named(name, redirect_uris=redirect_uris, scopes=scopes, pkce=sent.get("kind") == "pkce")
