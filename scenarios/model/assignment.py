"""What an application is told before its first login."""

from typing import Literal

import msgspec

AppKind = Literal["basic", "pkce"]
Metadata = Literal["", "right", "plain_first", "plain_alone", "no_methods", "silent", "of_another"]


class AssignmentKind(msgspec.Struct, frozen=True):
    """What is special about an assignment; scenarios of one kind share one application."""

    # "reserved" has characters in it that RFC 6749 2.3.1 wants form-encoded.
    secret: Literal["plain", "reserved"] = "plain"
    offline: bool = True
    authorization_query: str = ""
    token_query: str = ""
    # An authorization endpoint that is no endpoint: RFC 6749 3.1 allows none in it.
    authorization_fragment: str = ""
    # What the metadata are like that the application is told of (RFC 8414); it is told of none in every other case.
    metadata: Metadata = ""
    # The server names itself in the authorization response, and the application is told how it is called.
    issuer: bool = False
    # "reserved" has characters in it that a form encodes.
    client_id: Literal["plain", "reserved"] = "plain"
    scope: Literal["usual", "none", "reserved"] = "usual"
    redirect_query: str = ""
    # What is told as http at a name that is not this machine's; or all of it at one that is.
    cleartext: Literal["", "token", "api", "within"] = ""
    # How many redirection URIs are registered; the application is told the first.
    redirect_uris: int = 1

    def __str__(self) -> str:
        words = [] if self.secret == "plain" else ["a secret with reserved characters"]
        words += [] if self.offline else ["no offline scope"]
        words += [f"an authorization endpoint with ?{self.authorization_query}"] if self.authorization_query else []
        fragment = self.authorization_fragment
        words += [f"an authorization endpoint with #{fragment}"] if fragment else []
        words += [f"a token endpoint with ?{self.token_query}"] if self.token_query else []
        words += ["a server that names itself"] if self.issuer else []
        words += [_METADATA[self.metadata]] if self.metadata else []
        words += ["a client_id with reserved characters"] if self.client_id == "reserved" else []
        words += {"none": ["no scope"], "reserved": ["scopes with reserved characters"]}.get(self.scope, [])
        words += [f"a redirect_uri with ?{self.redirect_query}"] if self.redirect_query else []
        words += [f"{self.redirect_uris} redirection URIs"] if self.redirect_uris > 1 else []
        words += [f"http, at {_CLEARTEXT[self.cleartext]}"] if self.cleartext else []
        return ", ".join(words) or "plain"


_CLEARTEXT = {
    "token": "the token endpoint of another machine",
    "api": "the API of another machine",
    "within": "token endpoint and API by the name localhost",
}
_METADATA = {
    "right": "the server's metadata",
    "plain_first": "metadata that name the method plain before S256",
    "plain_alone": "metadata that name the method plain alone",
    "no_methods": "metadata that name no method of PKCE",
    "silent": "metadata that do not speak of PKCE",
    "of_another": "metadata that name another issuer",
}
PLAIN = AssignmentKind()


class Assignment(msgspec.Struct, frozen=True):
    """Endpoints, registration, scopes and redirection URI; `client_secret` is nothing for a PKCE app."""

    app_kind: AppKind
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str | None
    api_url: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    scope: str
    # The server's name for itself: its metadata have it, or its responses, where there are no metadata.
    issuer: str | None = None
    metadata_url: str | None = None
    kind: AssignmentKind = PLAIN
    # What to trust where the endpoints are https: a file of certificates, as PEM.
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"Assignment({self.app_kind}, {self.client_id!r}, {self.redirect_uri!r}, {self.kind})"
