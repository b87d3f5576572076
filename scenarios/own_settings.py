"""What a web application has settled for itself, whatever its environment says: its redirect URI and its scopes.

Frameworks build the one from a route, and the other stands in the code: that is how most documentation has it, and
nothing is wrong with it. Such an application is registered as its maker would register it, and is not judged by what
it was told and never had to hear.
"""

from dataclasses import replace
from typing import NamedTuple

from mock_server.apps import SCOPES
from mock_server.protocol.records import App
from mock_server.transcript import Exchange
from scenarios.checks.login import query
from scenarios.model.assignment import Assignment
from scenarios.model.capability import Capability


class OwnSettings(NamedTuple):
    """What is the application's own: a redirect URI without the query that it was told, and scopes."""

    redirect_uri: bool = False
    scopes: tuple[str, ...] = ()

    @property
    def lacking(self) -> dict[Capability, str]:
        """What it can therefore not be told, and what would have to be done about it."""
        found = {}
        if self.redirect_uri:
            found[Capability.REDIRECT_URI] = (
                "It sends a redirect URI of its own, without the query in REDIRECT_URI: let it take it from there."
            )
        if self.scopes:
            asked = " ".join(self.scopes)
            found[Capability.SCOPE] = f"It asks for {asked!r}, whatever SCOPE says: let it take its scopes from there."
        return found

    def registered(self, app: App) -> App:
        """The registration that lets such an application in."""
        uri = app.redirect_uris[0].partition("?")[0]
        uris = (uri,) if self.redirect_uri and uri not in app.redirect_uris else ()
        scopes = tuple(scope for scope in self.scopes if scope not in app.scopes)
        return replace(app, redirect_uris=app.redirect_uris + uris, scopes=app.scopes + scopes)


def own_settings(request: Exchange, told: Assignment) -> OwnSettings:
    """What an authorization request shows to be the application's own.

    Scopes are its own if Frame.io has each of them: what is told and then garbled is none of Frame.io's. To ask for
    `offline` beside what was told is no setting, but a habit.
    """
    sent = query(request)
    uri, _, told_query = told.redirect_uri.partition("?")
    asked, wanted = set(sent.get("scope").split(" ")), set(told.scope.split())
    own = asked <= set(SCOPES) and asked not in (wanted, wanted | {"offline"})
    scopes = tuple(sent.get("scope").split(" ")) if own else ()
    return OwnSettings(bool(told_query) and sent.get("redirect_uri") == uri, scopes)
